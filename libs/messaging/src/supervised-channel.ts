import type { Logger } from '@stepwire/observability';
import type { Channel, ChannelModel } from 'amqplib';
import { Backoff } from './backoff.ts';
import { type Link, toError } from './link.ts';
import * as log from './log.ts';

/**
 * A channel that comes back, on a connection that comes back. The broker closes a channel alone for a wrong name (404), a
 * wrong argument (406) or a consumer that is too slow, so connections and channels are supervised separately.
 *
 * 1. `setUp` and `onDown` come in turns, `setUp` first, each for one lane.
 * 2. A lane that is not alive settles nothing (see {@link Lane}).
 * 3. What the broker does not answer within a deadline cuts the connection: nothing waits for ever.
 */
const OPEN_DEADLINE_MS = 10_000;
const CLOSE_DEADLINE_MS = 1_000;
const STABLE_AFTER_MS = 10_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;

/** One opening of a channel. Delivery tags mean something on the lane that delivered them only. */
export interface Lane<C extends Channel = Channel> {
  readonly channel: C;
  /** `performance.now()` */
  readonly openedAt: number;
  alive: boolean;
}

export interface ChannelPlan<C extends Channel> {
  /** for log lines */
  readonly what: string;
  readonly open: (model: ChannelModel) => Promise<C>;
  /** awaited before each opening */
  readonly before?: () => Promise<void> | undefined;
  /** makes consumers, bindings and the like; a throw closes the channel and backs off */
  readonly setUp: (lane: Lane<C>) => Promise<void>;
  /** the lane is gone; must not throw */
  readonly onDown: (lane: Lane<C>, error: Error) => void;
  /** the longest pause between two openings (ms); default 10,000 */
  readonly maxBackoffMs?: number;
}

type State<C extends Channel> =
  | { readonly kind: 'no-connection' }
  | { readonly kind: 'opening'; lane?: Lane<C> }
  | { readonly kind: 'open'; readonly lane: Lane<C> }
  | { readonly kind: 'backing-off'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'closed' };

export class SupervisedChannel<C extends Channel = Channel> {
  readonly #link: Link;
  readonly #plan: ChannelPlan<C>;
  readonly #logger: Logger;
  readonly #backoff: Backoff;
  readonly #stopListening: () => void;
  #state: State<C> = { kind: 'no-connection' };

  constructor(link: Link, plan: ChannelPlan<C>, logger: Logger) {
    this.#link = link;
    this.#plan = plan;
    this.#logger = logger;
    this.#backoff = new Backoff({ baseMs: FIRST_BACKOFF_MS, maxMs: plan.maxBackoffMs ?? MAX_BACKOFF_MS });
    this.#stopListening = link.listen({
      onUp: (model) => void this.#open(model),
      onDown: (error) => {
        this.#leave(error);
        this.#state = { kind: 'no-connection' };
      },
    });
  }

  /** Work was done on it: the next failure waits the shortest time again. */
  worked(): void {
    this.#backoff.reset();
  }

  /** Closes this lane, backs off and opens another. What the lane had not settled is delivered again, in order. */
  abandon(lane: Lane<C>, error: Error): void {
    if (!lane.alive) return;
    // Also without an answer to this the lane is left; the connection's heartbeat deals with a broker that is gone.
    lane.channel.close().catch(() => undefined);
    this.#lost(lane, error);
  }

  /** Closes the channel for good; the broker then redelivers what was not settled. */
  async close(): Promise<void> {
    const lane = this.#lane();
    this.#stopListening();
    this.#leave(new Error('closed by us'));
    this.#state = { kind: 'closed' };
    if (lane === undefined) return;
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, CLOSE_DEADLINE_MS);
    // A channel that is closed already, or whose broker is gone, has nothing left to close.
    await Promise.race([lane.channel.close().catch(() => undefined), timeout.promise]);
    clearTimeout(timer);
  }

  #lane(): Lane<C> | undefined {
    return this.#state.kind === 'open' || this.#state.kind === 'opening' ? this.#state.lane : undefined;
  }

  async #open(model: ChannelModel): Promise<void> {
    const opening: State<C> = { kind: 'opening' };
    this.#state = opening;
    const current = () => this.#state === opening;
    await this.#plan.before?.();
    if (!current()) return;
    const deadline = setTimeout(
      () => this.#link.cut(model, new Error(`no answer within ${OPEN_DEADLINE_MS} ms: ${this.#plan.what}`)),
      OPEN_DEADLINE_MS,
    );
    try {
      const channel = await this.#plan.open(model);
      const lane = { channel, openedAt: performance.now(), alive: true };
      let cause: Error | undefined;
      channel.on('error', (error) => {
        cause = error;
      });
      channel.on('close', () => this.#lost(lane, cause ?? new Error('the channel was closed')));
      if (!current()) {
        channel.close().catch(() => undefined);
        return;
      }
      opening.lane = lane;
      await this.#plan.setUp(lane);
      if (current()) this.#state = { kind: 'open', lane };
    } catch (error) {
      if (!current()) return;
      if (opening.lane === undefined) this.#backOff(toError(error));
      else this.abandon(opening.lane, toError(error));
    } finally {
      clearTimeout(deadline);
    }
  }

  #lost(lane: Lane<C>, error: Error): void {
    if (!lane.alive || this.#lane() !== lane) return;
    if (performance.now() - lane.openedAt > STABLE_AFTER_MS) this.#backoff.reset();
    this.#leave(error);
    this.#backOff(error);
  }

  /** Ends what the present state holds. */
  #leave(error: Error): void {
    const state = this.#state;
    if (state.kind === 'backing-off') clearTimeout(state.timer);
    const lane = this.#lane();
    if (lane === undefined || !lane.alive) return;
    lane.alive = false;
    this.#plan.onDown(lane, error);
  }

  #backOff(error: Error): void {
    // Where the whole connection goes down, its event follows in this very tick and clears the timer.
    const timer = setTimeout(() => {
      log.channelLost(this.#logger, this.#plan.what, error);
      const { model } = this.#link;
      if (model === undefined) this.#state = { kind: 'no-connection' };
      else void this.#open(model);
    }, this.#backoff.next());
    this.#state = { kind: 'backing-off', timer };
  }
}
