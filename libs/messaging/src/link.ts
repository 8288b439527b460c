import { Socket } from 'node:net';
import type { Logger } from '@stepwire/observability';
import { type ChannelModel, connect } from 'amqplib';
import { Backoff } from './backoff.ts';
import * as log from './log.ts';

/**
 * One connection that comes back. Stages: connecting → up → (lost) backing-off → connecting …, until closed.
 *
 * amqplib's own recovery does the same loop, but leaves channels to its `setup` (a cut in the middle of which is an
 * unhandled rejection) or to an event; with the loop here, the state that channels need is in one place.
 *
 * 1. A listener hears `onUp` and `onDown` in turns, `onUp` first.
 * 2. The socket of a lost connection is destroyed: a broker that is stopped never answers our FIN, and the handle would
 *    keep the process alive.
 * 3. Only a connection that stays up resets the back-off; one that dies right after its handshake does not.
 */
const HEARTBEAT_S = '5';
const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;
const STABLE_AFTER_MS = 10_000;
const LINGER_MS = 1_000;
const backoffPolicy = { baseMs: 100, maxMs: 5_000 };

export interface LinkListener {
  readonly onUp: (model: ChannelModel) => void;
  readonly onDown: (error: Error) => void;
  readonly onBlocked?: (reason: string) => void;
  readonly onUnblocked?: () => void;
}

type State =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'up'; readonly model: ChannelModel; readonly stable: NodeJS.Timeout; blocked: string | undefined }
  | { readonly kind: 'backing-off'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'closed' };

export class Link {
  readonly #url: string;
  readonly #name: string;
  readonly #logger: Logger;
  readonly #backoff = new Backoff(backoffPolicy);
  readonly #listeners = new Set<LinkListener>();
  #state: State = { kind: 'connecting' };
  #connections = 0;

  constructor(url: string, name: string, logger: Logger) {
    this.#url = withHeartbeat(url);
    this.#name = name;
    this.#logger = logger;
    void this.#connect();
  }

  /** the connection, while it is up */
  get model(): ChannelModel | undefined {
    return this.#state.kind === 'up' ? this.#state.model : undefined;
  }

  /** why the broker takes no messages, while it does not */
  get blocked(): string | undefined {
    return this.#state.kind === 'up' ? this.#state.blocked : undefined;
  }

  get closed(): boolean {
    return this.#state.kind === 'closed';
  }

  /** connections made so far */
  get connections(): number {
    return this.#connections;
  }

  /** Calls `onUp` at once where the connection is up. @returns stops listening */
  listen(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    if (this.#state.kind === 'up') listener.onUp(this.#state.model);
    return () => this.#listeners.delete(listener);
  }

  /** Cuts a connection that no longer answers. */
  cut(model: ChannelModel, error: Error): void {
    if (this.model === model) socketOf(model)?.destroy(error);
  }

  async close(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'closed' };
    if (state.kind === 'backing-off') clearTimeout(state.timer);
    if (state.kind !== 'up') return;
    clearTimeout(state.stable);
    for (const listener of this.#listeners) listener.onDown(new Error('closed by us'));
    // A broker that is stopped does not answer the close; the socket is destroyed either way.
    const closed = state.model.close().catch(() => undefined);
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, CLOSE_TIMEOUT_MS);
    await Promise.race([closed, timeout.promise]);
    clearTimeout(timer);
    linger(state.model);
  }

  async #connect(): Promise<void> {
    let model: ChannelModel;
    try {
      model = await connect(this.#url, {
        noDelay: true,
        timeout: CONNECT_TIMEOUT_MS,
        clientProperties: { connection_name: this.#name },
      });
    } catch (error) {
      if (this.closed) return;
      const retryInMs = this.#backOff();
      log.connectFailed(this.#logger, this.#name, toError(error), retryInMs);
      return;
    }
    let cause: Error | undefined;
    model.on('error', (error) => {
      cause = error;
    });
    model.on('close', (error) => this.#down(model, error ?? cause ?? new Error('the connection was closed')));
    if (this.#state.kind !== 'connecting') {
      // Closed meanwhile; nobody waits for this one.
      model.close().catch(() => undefined);
      linger(model);
      return;
    }
    const stable = setTimeout(() => this.#backoff.reset(), STABLE_AFTER_MS).unref();
    const up: State = { kind: 'up', model, stable, blocked: undefined };
    this.#state = up;
    this.#connections++;
    model.on('blocked', (reason) => {
      up.blocked = reason;
      log.blocked(this.#logger, reason);
      for (const listener of this.#listeners) listener.onBlocked?.(reason);
    });
    model.on('unblocked', () => {
      up.blocked = undefined;
      log.unblocked(this.#logger);
      for (const listener of this.#listeners) listener.onUnblocked?.();
    });
    log.connected(this.#logger, this.#name);
    for (const listener of this.#listeners) listener.onUp(model);
  }

  #down(model: ChannelModel, error: Error): void {
    linger(model);
    if (this.#state.kind !== 'up' || this.#state.model !== model) return;
    clearTimeout(this.#state.stable);
    log.connectionLost(this.#logger, this.#name, error);
    this.#backOff();
    for (const listener of this.#listeners) listener.onDown(error);
  }

  #backOff(): number {
    const delayMs = this.#backoff.next();
    const timer = setTimeout(() => {
      this.#state = { kind: 'connecting' };
      void this.#connect();
    }, delayMs);
    this.#state = { kind: 'backing-off', timer };
    return delayMs;
  }
}

/** Two missed heartbeats of 5 s end a connection; the default of 60 s would hide a stopped broker for minutes. */
function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', HEARTBEAT_S);
  return parsed.href;
}

/** amqplib keeps the socket as `connection.stream` and does not tell in its types. */
export function socketOf(model: ChannelModel): Socket | undefined {
  const { connection }: { connection: object } = model;
  return 'stream' in connection && connection.stream instanceof Socket ? connection.stream : undefined;
}

/** Gives the last frames a moment to leave, then destroys the socket (invariant 2). */
function linger(model: ChannelModel): void {
  const socket = socketOf(model)?.unref();
  if (socket?.destroyed === false) setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

export const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
