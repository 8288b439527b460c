import { type ErrorBody, StepwireError } from '@stepwire/protocol';
import { type BackoffOptions, backoffMs } from './backoff.ts';
import type { Link, LinkFactory } from './link.ts';
import type { Page, PageSignal } from './page.ts';

/**
 * Keeps one {@link Link} open while it is wanted, and says how it stands.
 *
 * 1. A phase owns what it waits for: leaving it clears its timer, so a paused or failed connection holds none.
 * 2. Failures in a row are counted until a connection has lived for {@link STABLE_MS}: one that opens and dies at once does not
 *    start the back-off over.
 * 3. A token that was refused is asked for anew once; a fixed one has failed with it.
 * 4. Who is offline, hidden for long or in the back-forward cache has no connection and tries for none; coming back, they do so
 *    at once.
 */
type Phase =
  | { readonly kind: 'idle' }
  /** `token`: it is being asked for */
  | { readonly kind: 'opening'; readonly step: 'token' | 'link' }
  | { readonly kind: 'open'; readonly since: number }
  | { readonly kind: 'waiting'; readonly timer: Timer; readonly until: number }
  | { readonly kind: 'paused'; readonly why: 'no-network' | 'hidden' | 'page-left' }
  | { readonly kind: 'failed'; readonly refusal: ErrorBody };
type Timer = ReturnType<typeof setTimeout>;

export type TokenSource = string | ((refused: ErrorBody | null) => string | null | Promise<string | null>);

export interface ConnectionOptions {
  readonly link: LinkFactory;
  readonly page: Page | null;
  /** false: this machine, which can be reached without a network */
  readonly needsNetwork: boolean;
  /** sent with each attempt, beside the token */
  readonly auth: Readonly<Record<string, unknown>>;
  readonly token: TokenSource | null;
  readonly backoff: BackoffOptions;
  /** failures in a row until it has failed; Infinity: none */
  readonly maxAttempts: number;
  /** a page that is hidden for longer gives up its connection until it is seen (ms); Infinity: never */
  readonly hiddenAfterMs: number;
  readonly random: () => number;
  readonly opened: () => void;
  readonly cut: () => void;
  /** the page was away: what is open may be dead without knowing it */
  readonly woke: () => void;
  readonly frame: (name: string, payload: unknown) => void;
  readonly changed: () => void;
}

const STABLE_MS = 5_000;
/** a page that was hidden for longer has its connection looked at (ms) */
const LOOK_AFTER_MS = 15_000;
const UNREACHABLE: ErrorBody = { code: 'unavailable', message: 'the gateway cannot be reached' };

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #link: Link;
  #phase: Phase = { kind: 'idle' };
  #failures = 0;
  /** the token was refused for this, and has not been accepted since */
  #renewing: ErrorBody | null = null;
  #hiddenSince: number | null = null;
  #hiddenTimer: Timer | undefined;
  #stopWatching: (() => void) | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#link = options.link({
      opened: () => this.#opened(),
      refused: (refusal) => this.#lost(refusal),
      cut: (refusal) => this.#lost(refusal),
      frame: options.frame,
    });
  }

  get phase(): Readonly<Phase> {
    return this.#phase;
  }
  get isOpen(): boolean {
    return this.#phase.kind === 'open';
  }
  /** in a row */
  get failures(): number {
    return this.#failures;
  }

  /** Begins, or begins anew after {@link disconnect} or a failure. */
  connect(): void {
    const { page } = this.#options;
    if (page !== null && this.#stopWatching === null) this.#stopWatching = page.watch((signal) => this.#signal(signal));
    if (this.#phase.kind !== 'idle' && this.#phase.kind !== 'failed') return;
    this.#failures = 0;
    this.#renewing = null;
    // a tab may be opened in the background
    if (page?.hidden() === true) this.#signal('hidden');
    this.#try();
  }

  /** Leaves, and comes back only when told to. */
  disconnect(): void {
    this.#stopWatching?.();
    this.#stopWatching = null;
    clearTimeout(this.#hiddenTimer);
    this.#hiddenSince = null;
    this.#leave({ kind: 'idle' });
  }

  /** @throws Unanswered */
  ask(command: string, body: object): Promise<unknown> {
    return this.#link.ask(command, body);
  }

  #enter(phase: Phase): void {
    if (this.#phase.kind === 'waiting') clearTimeout(this.#phase.timer);
    this.#phase = phase;
    this.#options.changed();
  }

  /** Enters a phase without a connection. */
  #leave(phase: Phase): void {
    const wasOpen = this.isOpen;
    this.#link.close();
    this.#enter(phase);
    if (wasOpen) this.#options.cut();
  }

  #try(): void {
    const { page, needsNetwork } = this.#options;
    if (page !== null && needsNetwork && !page.online()) {
      this.#enter({ kind: 'paused', why: 'no-network' });
      return;
    }
    const phase: Phase = { kind: 'opening', step: 'token' };
    this.#enter(phase);
    void this.#open(phase);
  }

  async #open(phase: Phase): Promise<void> {
    const { auth, token } = this.#options;
    let given: string | null = null;
    try {
      given = typeof token === 'function' ? await token(this.#renewing) : token;
    } catch {
      // Where tokens come from is as likely to be out of reach as the gateway is: it is tried again like that.
      if (this.#phase === phase) this.#lost(null);
      return;
    }
    // it was left, or begun anew, meanwhile
    if (this.#phase !== phase) return;
    this.#enter({ kind: 'opening', step: 'link' });
    this.#link.open(given === null ? auth : { ...auth, token: given });
  }

  #opened(): void {
    this.#renewing = null;
    this.#enter({ kind: 'open', since: Date.now() });
    this.#options.opened();
  }

  /** It did not open, or is no longer open. */
  #lost(refusal: ErrorBody | null): void {
    const phase = this.#phase;
    if (phase.kind !== 'opening' && phase.kind !== 'open') return;
    if (phase.kind === 'open' && Date.now() - phase.since >= STABLE_MS) this.#failures = 0;
    this.#failures += 1;
    const next = this.#after(refusal);
    this.#leave(next === 'now' ? { kind: 'opening', step: 'token' } : next);
    if (next === 'now') this.#try();
  }

  #after(refusal: ErrorBody | null): Phase | 'now' {
    const { token, maxAttempts, backoff, random } = this.#options;
    if (refusal !== null && isFinal(refusal)) return { kind: 'failed', refusal };
    if (refusal !== null && isSignIn(refusal)) {
      if (typeof token !== 'function' || this.#renewing !== null) return { kind: 'failed', refusal };
      this.#renewing = refusal;
      return 'now';
    }
    if (this.#failures >= maxAttempts) return { kind: 'failed', refusal: refusal ?? UNREACHABLE };
    const ms = Math.max(refusal?.retryAfterMs ?? 0, backoffMs(this.#failures, backoff, random));
    return { kind: 'waiting', until: Date.now() + ms, timer: setTimeout(() => this.#try(), ms) };
  }

  #signal(signal: PageSignal): void {
    const { kind } = this.#phase;
    switch (signal) {
      case 'hidden':
        this.#hiddenSince = Date.now();
        clearTimeout(this.#hiddenTimer);
        if (Number.isFinite(this.#options.hiddenAfterMs))
          this.#hiddenTimer = setTimeout(() => this.#pause('hidden'), this.#options.hiddenAfterMs);
        return;
      case 'visible':
        this.#wake();
        return;
      case 'online':
        if (kind === 'waiting' || this.#isPaused('no-network')) this.#try();
        return;
      case 'offline':
        // one that is open may know better: it is cut where it is not
        if (kind !== 'open' && this.#options.needsNetwork) this.#pause('no-network');
        return;
      case 'left':
        this.#pause('page-left');
        return;
      case 'returned':
        if (this.#isPaused('page-left')) this.#try();
        return;
    }
  }

  #isPaused(why: string): boolean {
    return this.#phase.kind === 'paused' && this.#phase.why === why;
  }

  #pause(why: 'no-network' | 'hidden' | 'page-left'): void {
    if (this.#phase.kind !== 'idle' && this.#phase.kind !== 'failed') this.#leave({ kind: 'paused', why });
  }

  #wake(): void {
    clearTimeout(this.#hiddenTimer);
    const awayMs = this.#hiddenSince === null ? 0 : Date.now() - this.#hiddenSince;
    this.#hiddenSince = null;
    if (this.#phase.kind === 'waiting' || this.#isPaused('hidden')) this.#try();
    else if (this.#phase.kind === 'open' && awayMs >= LOOK_AFTER_MS) this.#options.woke();
  }
}

const isSignIn = ({ code }: ErrorBody): boolean => code === 'unauthorized' || code === 'auth_expired';
/** Another try would be the same. */
const isFinal = ({ code }: ErrorBody): boolean => code === 'bad_request' || code === 'origin_refused';

/** Why there will be no connection, as the error that whoever waits for one gets. */
export const failureOf = (phase: Readonly<Phase>): StepwireError | null => {
  if (phase.kind === 'failed') return StepwireError.from(phase.refusal);
  return phase.kind === 'idle' ? new StepwireError('unavailable', 'disconnected by the application') : null;
};
