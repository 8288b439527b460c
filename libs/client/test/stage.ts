import type { ErrorBody } from '@stepwire/protocol';
import { Client, type ClientParts } from '../src/client.ts';
import { type LinkHandlers, Unanswered } from '../src/link.ts';
import type { Page, PageSignal } from '../src/page.ts';

/** A page, and a network on which nothing happens by itself. */
export class Stage {
  readonly client: Client;
  /** what was sent with each attempt to open */
  readonly attempts: Readonly<Record<string, unknown>>[] = [];
  readonly asked: { command: string; body: object }[] = [];
  online = true;
  hidden: boolean;
  #handlers: LinkHandlers | undefined;
  #signal: (signal: PageSignal) => void = () => undefined;
  #open = false;
  #answers: { resolve: (ack: unknown) => void; reject: (error: Error) => void }[] = [];

  constructor(parts: Partial<ClientParts> = {}, hidden = false) {
    this.hidden = hidden;
    const page: Page = {
      online: () => this.online,
      hidden: () => this.hidden,
      watch: (hear) => {
        this.#signal = hear;
        return () => {
          this.#signal = () => undefined;
        };
      },
    };
    this.client = new Client({
      token: null,
      page,
      needsNetwork: true,
      random: () => 1,
      ...parts,
      link: (handlers) => {
        this.#handlers = handlers;
        return {
          open: (auth) => void this.attempts.push(auth),
          close: () => this.#end(),
          ask: (command, body) => {
            if (!this.#open) return Promise.reject(new Unanswered('closed'));
            this.asked.push({ command, body });
            return new Promise((resolve, reject) => this.#answers.push({ resolve, reject }));
          },
        };
      },
    });
    this.client.connect();
  }

  get state(): string {
    const status = this.client.status.getSnapshot();
    return status.state === 'offline' ? `offline: ${status.reason}` : status.state;
  }
  get isOpen(): boolean {
    return this.#open;
  }

  signal(signal: PageSignal): Promise<void> {
    this.hidden = signal === 'hidden' || (signal !== 'visible' && this.hidden);
    this.online = signal === 'online' || (signal !== 'offline' && this.online);
    this.#signal(signal);
    return quiet();
  }

  accept(): Promise<void> {
    this.#open = true;
    this.#handlers?.opened();
    return quiet();
  }

  refuse(code?: ErrorBody['code'], more: Partial<ErrorBody> = {}): Promise<void> {
    this.#handlers?.refused(code === undefined ? null : { code, message: code, ...more });
    return quiet();
  }

  cut(code?: ErrorBody['code']): Promise<void> {
    this.#end();
    this.#handlers?.cut(code === undefined ? null : { code, message: code });
    return quiet();
  }

  frame(name: string, payload: unknown): Promise<void> {
    this.#handlers?.frame(name, payload);
    return quiet();
  }

  /** Answers what was asked first and has no answer yet. */
  answer(ack: object): Promise<void> {
    this.#answers.shift()?.resolve(ack);
    return quiet();
  }

  #end(): void {
    this.#open = false;
    for (const { reject } of this.#answers.splice(0)) reject(new Unanswered('cut'));
  }
}

/** Whatever follows without anything else happening has followed. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
