import { setTimeout as delay } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import type { Random } from '../../random.ts';
import { isObject } from '../../watcher.ts';

/** What came back for one command, in the words of Socket.IO's acks, whichever door it took. */
export interface Answer {
  readonly ok: boolean;
  /** of a refusal */
  readonly code: string | undefined;
  /** all of it */
  readonly body: Readonly<Record<string, unknown>>;
  /** the command went out more than once: an earlier one got no answer, and may have taken effect */
  readonly repeated: boolean;
}
export type CommandName = 'start' | 'cancel' | 'feedback';
type Body = Readonly<Record<string, unknown>> & { readonly requestId: string };

/** as long as the gateway tries by itself, and a while (ms) */
const ANSWER_WITHIN_MS = 8_000;
/** codes of refusals after which the same command may go out again */
const mayRepeat: ReadonlySet<unknown> = new Set(['unavailable', 'rate_limited']);

/** Somebody with commands: each goes to one gateway or another, by a socket or REST, until it is answered for good. */
export class Commander {
  readonly #urls: readonly string[];
  readonly #sockets: readonly Socket[];
  readonly #random: Random;

  constructor(urls: readonly string[], random: Random) {
    this.#urls = urls;
    this.#random = random;
    this.#sockets = urls.map((url) =>
      io(url, { transports: ['websocket'], forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 500 }),
    );
  }

  /** @returns the answer, or undefined when none came until `stopped` */
  async command(name: CommandName, body: Body, stopped: () => boolean): Promise<Answer | undefined> {
    for (let tries = 1; !stopped(); tries += 1) {
      const answer = await (this.#random.chance(0.5) ? this.#bySocket(name, body) : this.#byRest(name, body))
        // no answer in time: it may or may not have taken effect
        .catch(() => undefined);
      if (isObject(answer)) {
        const { error } = answer;
        const code = isObject(error) ? error.code : undefined;
        if (!mayRepeat.has(code))
          return {
            ok: answer.ok === true,
            code: typeof code === 'string' ? code : undefined,
            body: answer,
            repeated: tries > 1,
          };
      }
      await delay(this.#random.between(100, 500));
    }
    return undefined;
  }

  /** The same command as three people send it who know nothing of one another. `body` of each by its number, from 1. */
  thrice(name: CommandName, body: (number: number) => Body, stopped: () => boolean): Promise<(Answer | undefined)[]> {
    return Promise.all([1, 2, 3].map((number) => this.command(name, body(number), stopped)));
  }

  close(): void {
    for (const socket of this.#sockets) socket.disconnect();
  }

  #bySocket(name: CommandName, body: Body): Promise<unknown> {
    const socket = this.#random.pick(this.#sockets);
    return socket.timeout(ANSWER_WITHIN_MS).emitWithAck(name, body);
  }

  async #byRest(name: CommandName, { requestId, ...rest }: Body): Promise<unknown> {
    const all = `${this.#random.pick(this.#urls)}/api/requests`;
    const response = await fetch(name === 'start' ? all : `${all}/${encodeURIComponent(requestId)}/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(name === 'start' ? { requestId, ...rest } : rest),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const answer: unknown = await response.json();
    return response.ok && isObject(answer) ? { ok: true, ...answer } : { ok: false, error: answer };
  }
}
