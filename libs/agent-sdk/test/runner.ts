import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParsedEvent, RpcMethod, RpcParams, RpcResults, StepExecute } from '@stepwire/protocol';
import { parseEvent } from '@stepwire/protocol';
import { pino } from 'pino';
import { BlobStore } from '../src/blob-store.ts';
import { runStep, type StepRunner } from '../src/run-step.ts';
import { AgentSession } from '../src/session.ts';
import { type Tool, toolSet } from '../src/tool.ts';

/** Mapped, so that a method and its params and result stay together. */
type Answers = { [M in RpcMethod]: (params: RpcParams[M]) => RpcResults[M] | Promise<RpcResults[M]> };

const unexpected = (): never => {
  throw new Error('agents do not ask this');
};
const defaults: Answers = {
  start: unexpected,
  cancel: unexpected,
  feedback: unexpected,
  snapshot: unexpected,
  events: unexpected,
  heads: unexpected,
  feed: unexpected,
  feedHeads: unexpected,
  list: unexpected,
  share: unexpected,
  unshare: unexpected,
  shares: unexpected,
  validShares: unexpected,
  signOut: unexpected,
  signedOut: unexpected,
  deadLetters: unexpected,
  retryDeadLetter: unexpected,
  discardDeadLetter: unexpected,
  health: unexpected,
  claim: () => ({ verdict: 'go' }),
  heartbeat: () => ({ stop: [] }),
};

/**
 * A session whose two ports, publishing and asking, are functions of the test: what the SDK does at its border is what
 * these tests are about. The same code on RabbitMQ and the real coordinator: services/executor/test.
 */
export class Runner {
  readonly folder = mkdtempSync(join(tmpdir(), 'stepwire-sdk-'));
  readonly blobs = new BlobStore(join(this.folder, 'blobs'));
  readonly events: ParsedEvent[] = [];
  readonly asked: { method: string; params: unknown }[] = [];
  readonly settled: string[] = [];
  readonly session: AgentSession;
  /** throws to refuse a confirm; the event is then not among {@link events} */
  confirm: (event: ParsedEvent) => void | Promise<void> = () => {};

  constructor(answers: Partial<Answers> = {}) {
    const all: Answers = { ...defaults, ...answers };
    const call = async <M extends RpcMethod>(method: M, params: RpcParams[M]): Promise<RpcResults[M]> => {
      this.asked.push({ method, params });
      const answer: Answers[M] = all[method];
      return answer(params);
    };
    this.session = new AgentSession({
      role: 'executor',
      instance: 'executor-1',
      // what is thrown is logged; nobody wants to read it
      logger: pino({}, { write() {} }),
      heartbeatMs: 20,
      call,
      publish: async ({ body, messageId, routingKey }) => {
        const event = parseEvent(body.toString(), { now: 0 });
        if (event.id !== messageId || event.type !== routingKey)
          throw new Error('the message does not match its event');
        await this.confirm(event);
        this.events.push(event);
      },
    });
  }

  delivery = {
    ack: () => this.settled.push('ack') > 0,
    nack: ({ requeue = true }: { requeue?: boolean } = {}) => this.settled.push(requeue ? 'requeue' : 'dead') > 0,
  };

  /** Runs `tool` as step `s1` of request `r1`. */
  run(tool: Tool['run'], command: Partial<StepExecute> = {}, more: Partial<StepRunner> = {}): Promise<void> {
    const tools = toolSet([{ name: 'tool', about: '', run: tool }]);
    return runStep({ session: this.session, tools, blobs: this.blobs, ...more }, step(command), this.delivery);
  }

  types(): string[] {
    return this.events.map(({ type, data }) => (typeof data.status === 'string' ? `${type} ${data.status}` : type));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close(0);
    rmSync(this.folder, { recursive: true });
  }
}

export const stepKey = { requestId: 'r1', stepId: 's1', attempt: 1 } as const;

export const step = (command: Partial<StepExecute> = {}): StepExecute => ({
  requestId: 'r1',
  step: { id: 's1', order: 1, title: 'Step', action: 'tool' },
  inputs: {},
  answers: {},
  attempt: 1,
  lastAttempt: false,
  ...command,
});

/** A promise with its ends outside, so that a test decides when something happens. */
export const gate = <T = void>() => Promise.withResolvers<T>();
