import { Broker, type RpcClient, rpcClient } from '@stepwire/messaging';
import { createLogger } from '@stepwire/observability';
import type { Plan } from '@stepwire/protocol';
import {
  type BrokerForTest,
  type DatabaseForTest,
  type StackForTest,
  startStack,
  waitFor,
  withBroker,
  withDatabase,
} from '@stepwire/testing';

const caller = { userId: 'u', operator: true };

interface Logged {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}
const isLogged = (event: unknown): event is Logged =>
  typeof event === 'object' && event !== null && 'type' in event && 'data' in event;

/** Coordinator, planner and executors as processes on a real broker; asked as a gateway asks. */
export class Agents {
  readonly stack: StackForTest;
  readonly rpc: RpcClient;
  readonly #broker: BrokerForTest;
  readonly #database: DatabaseForTest;
  readonly #connection: Broker;

  private constructor(stack: StackForTest, broker: BrokerForTest, database: DatabaseForTest) {
    this.stack = stack;
    this.#broker = broker;
    this.#database = database;
    this.#connection = Broker.open({ url: broker.url, name: 'test', logger: createLogger('test', 'fatal', false) });
    this.rpc = rpcClient(this.#connection);
  }

  static async start(executors: number, env: Readonly<Record<string, string>> = {}): Promise<Agents> {
    const [broker, database] = await Promise.all([withBroker(), withDatabase('pglite')]);
    const stack = await startStack({
      broker,
      database,
      services: { gateway: 0, executor: executors },
      env: { ...env, TMPDIR: database.dataDir },
    });
    const agents = new Agents(stack, broker, database);
    const complete = async () => {
      const { agents: living } = await agents.rpc.call('health', {}, { timeoutMs: 1_000 });
      return living.planner === 1 && living.executor === executors;
    };
    try {
      await waitFor(complete, { timeoutMs: 60_000, what: 'coordinator, planner and executors' });
      return agents;
    } catch (error) {
      await agents.stop();
      throw error;
    }
  }

  /** of this stack alone: data, logs and what its processes think is the temporary folder */
  get folder(): string {
    return this.#database.dataDir;
  }

  async stop(): Promise<void> {
    await this.rpc.close();
    await this.#connection.close();
    await this.stack.stop();
    await Promise.all([this.#broker.close(), this.#database.close()]);
  }

  start(requestId: string, userQuery: string, context: object = {}) {
    return this.rpc.call('start', { requestId, caller, userQuery, context });
  }

  /** Starts a request with a plan of our own. */
  startPlan(requestId: string, steps: Plan['steps']) {
    return this.start(requestId, 'a plan of our own', { plan: { goal: 'test', steps } });
  }

  async events(requestId: string): Promise<Logged[]> {
    const { events } = await this.rpc.call('events', { requestId, caller, after: 0 });
    return events.filter(isLogged);
  }

  /** Waits until an event of that type, with those data, is in the log. */
  async until(requestId: string, type: string, data: Readonly<Record<string, unknown>> = {}): Promise<Logged> {
    const matches = (event: Logged) =>
      event.type === type && Object.entries(data).every(([key, value]) => event.data[key] === value);
    const find = async () => (await this.events(requestId)).find(matches);
    return waitFor(find, { timeoutMs: 20_000, what: `${type} ${JSON.stringify(data)} of ${requestId}` });
  }

  /** The instance that runs a step, as a process of the stack. */
  executorOf(instance: unknown): 'executor' | 'executor 2' {
    const names = ['executor', 'executor 2'] as const;
    const found = names.find((name) => this.stack.logEntries(name).some((entry) => entry.instance === instance));
    if (found === undefined) throw new Error(`no executor is ${instance}`);
    return found;
  }

  cancel(requestId: string) {
    return this.rpc.call('cancel', { requestId, caller });
  }

  answer(requestId: string, questionId: string, answer: unknown) {
    return this.rpc.call('feedback', { requestId, caller, questionId, answer });
  }
}
