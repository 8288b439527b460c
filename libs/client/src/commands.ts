import { type ErrorBody, StepwireError } from '@stepwire/protocol';
import { abortable, pause } from './abortable.ts';
import { backoffMs } from './backoff.ts';
import { readAnswer } from './frames.ts';
import { Unanswered } from './link.ts';

export interface CommandOptions {
  /** While there is no connection: `wait` for one (default), or `fail` with `unavailable`. */
  readonly whenOffline?: 'wait' | 'fail';
  /** Gives up: the promise rejects with its reason. What was sent already may still have its effect. */
  readonly signal?: AbortSignal;
}

export interface Command {
  readonly name: 'start' | 'cancel' | 'feedback';
  /** the same in every repeat, so that all of them together have one effect */
  readonly body: { readonly requestId: string } & Readonly<Record<string, unknown>>;
  /**
   * After a repeat only: whether this refusal says no more than that the first time had its effect. It is asked because the
   * gateway's answer to the first was lost.
   */
  readonly tookEffect: (refusal: ErrorBody) => Promise<boolean>;
}

export interface CommandPorts {
  readonly ask: (command: string, body: object) => Promise<unknown>;
  readonly isOpen: () => boolean;
  /** @throws StepwireError there will be none @throws the signal's reason */
  readonly opened: (signal: AbortSignal | undefined) => Promise<void>;
  readonly random: () => number;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Sends commands, each until it has an answer.
 *
 * 1. A command is repeated only as it was: whatever is lost on the way, it has its effect once.
 * 2. Commands of one request go out one after the other, in the order they were given.
 * 3. Nothing is sent to a connection that is not open: what waits here, waits in sight.
 */
export class Commands {
  readonly #ports: CommandPorts;
  /** the last one of each request */
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(ports: CommandPorts) {
    this.#ports = ports;
  }

  /** @returns what the ack has beside `ok` @throws StepwireError the refusal, or `unavailable` */
  give(command: Command, options: CommandOptions): Promise<Members> {
    const { requestId } = command.body;
    if (options.whenOffline === 'fail' && !this.#ports.isOpen()) return Promise.reject(offline());
    const before = this.#tails.get(requestId) ?? Promise.resolve();
    const outcome = before.then(() => this.#send(command, options));
    // whether it was refused is for whoever gave it to hear
    const tail: Promise<void> = outcome.then(
      () => this.#forget(requestId, tail),
      () => this.#forget(requestId, tail),
    );
    this.#tails.set(requestId, tail);
    return outcome;
  }

  #forget(requestId: string, tail: Promise<unknown>): void {
    if (this.#tails.get(requestId) === tail) this.#tails.delete(requestId);
  }

  async #send({ name, body, tookEffect }: Command, { whenOffline = 'wait', signal }: CommandOptions): Promise<Members> {
    const { ask, isOpen, opened, random } = this.#ports;
    // after an answer was lost, or one that says it may have been
    let repeated = false;
    for (let unavailable = 0; ; ) {
      signal?.throwIfAborted();
      if (!isOpen()) {
        if (whenOffline === 'fail') throw offline(repeated);
        await opened(signal);
      }
      let ack: unknown;
      try {
        ack = await abortable(ask(name, body), signal);
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        repeated = true;
        continue;
      }
      const answer = readAnswer(ack);
      if (answer.ok) return answer.members;
      const { error } = answer;
      if (error.code === 'rate_limited') {
        await pause(error.retryAfterMs ?? 1000, signal);
      } else if (error.code === 'unavailable' && whenOffline === 'wait') {
        repeated = true;
        unavailable += 1;
        await pause(backoffMs(unavailable, {}, random), signal);
      } else {
        if (repeated && (await tookEffect(error))) return {};
        throw StepwireError.from(error);
      }
    }
  }
}

const offline = (sent = false): StepwireError =>
  new StepwireError(
    'unavailable',
    sent ? 'the connection was lost before the answer came; the command may have had its effect' : 'not connected',
  );
