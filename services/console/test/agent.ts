import { exchanges, type LogEvent } from '@stepwire/protocol';
import { type ConfirmChannel, connect } from 'amqplib';

export interface Told {
  readonly type: string;
  readonly data?: object;
  readonly timestamp?: string;
}

/** An agent that drives requests of its own: any program on the broker. */
export class Agent {
  readonly #channel: ConfirmChannel;
  readonly close: () => Promise<void>;

  private constructor(channel: ConfirmChannel, close: () => Promise<void>) {
    this.#channel = channel;
    this.close = close;
  }

  static async open(brokerUrl: string): Promise<Agent> {
    const connection = await connect(brokerUrl);
    return new Agent(await connection.createConfirmChannel(), () => connection.close());
  }

  /** until the broker has them all; @param userId whose request it becomes with the first event */
  async tell(requestId: string, events: readonly Told[], userId = 'local'): Promise<void> {
    for (const event of events) {
      const body = Buffer.from(JSON.stringify({ requestId, agent: 'research-agent', ...event }));
      this.#channel.publish(exchanges.agentEvents, event.type, body, { headers: { userId } });
    }
    await this.#channel.waitForConfirms();
  }

  /** something that is no event: it becomes a dead letter */
  async mumble(body: string): Promise<void> {
    this.#channel.publish(exchanges.agentEvents, 'agent.progress', Buffer.from(body));
    await this.#channel.waitForConfirms();
  }
}

/** The log as it is kept. @param headers of somebody who may see it */
export async function logOf(url: string, requestId: string, headers: HeadersInit = {}): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for (let head = 1; events.length < head; ) {
    const address = new URL(`/api/requests/${requestId}/events?since=${events.length}`, url);
    const page: { head: number; events: LogEvent[] } = Object(await (await fetch(address, { headers })).json());
    head = page.head;
    events.push(...page.events);
  }
  return events;
}

interface PlannedStep {
  readonly id: string;
  readonly title?: string;
  readonly action: string;
  readonly input?: object;
  readonly dependsOn?: readonly string[];
}

/** `context` of a request that has a plan of its own. */
export const planOf = (...steps: readonly PlannedStep[]) => ({
  plan: { goal: 'Take a while', steps: steps.map((step, nth) => ({ order: nth + 1, title: step.id, ...step })) },
});

export const wait = (id: string, ms: number, ...dependsOn: string[]): PlannedStep => ({
  id,
  action: 'wait',
  input: { ms },
  dependsOn,
});

/** Starts one as a program would. @returns its id */
export async function startRequest(url: string, userQuery: string, context: object = {}): Promise<string> {
  const response = await fetch(new URL('/api/requests', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userQuery, context }),
  });
  const { requestId }: { requestId: string } = Object(await response.json());
  if (!response.ok) throw new Error(`${response.status} ${requestId}`);
  return requestId;
}
