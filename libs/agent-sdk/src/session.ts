import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@stepwire/observability';
import { periods, type RpcParams } from '@stepwire/protocol';
import { Lease, type StepKey, type StopCause } from './lease.ts';
import * as log from './log.ts';
import type { Call, Publish } from './ports.ts';

export interface SessionOptions {
  /** what it can do: `planner`, `executor`, or a word of your own; `/ready` counts instances by it */
  readonly role: string;
  readonly call: Call;
  readonly publish: Publish;
  readonly logger: Logger;
  /** unique per process; a new one for each start */
  readonly instance?: string;
  /** default {@link periods.heartbeatMs} */
  readonly heartbeatMs?: number;
  /** called after each heartbeat that was answered: a health check's proof of life */
  readonly onHeartbeat?: () => void;
}

type StopVerdict = { readonly reason: string } & StepKey;

/** The coordinator's reason for a request that is being cancelled; every other one means that the lease is lost. */
const CANCELLED = 'cancelled';

/**
 * One agent process as the coordinator knows it: an instance with a role that beats, and the steps it holds.
 *
 * 1. A heartbeat goes out at once and then every `heartbeatMs`, with or without steps; one that failed is repeated
 *    sooner, because leases hang on it.
 * 2. A step is held from before its claim, so that a cancel that overtakes the claim's answer is not lost;
 *    heartbeats name it only after the claim.
 * 3. An instance never runs one attempt twice at a time, though the broker may deliver it twice.
 */
export class AgentSession {
  readonly role: string;
  readonly instance: string;
  readonly call: Call;
  readonly publish: Publish;
  readonly logger: Logger;
  readonly #heartbeatMs: number;
  readonly #onHeartbeat: () => void;
  readonly #held = new Map<string, Lease>();
  readonly #closed = new AbortController();
  readonly #stopBeating = new AbortController();
  #beating = false;
  #whenIdle: (() => void) | undefined;

  constructor(options: SessionOptions) {
    this.role = options.role;
    this.instance = options.instance ?? `${options.role}-${randomUUID()}`;
    this.call = options.call;
    this.publish = options.publish;
    this.logger = options.logger;
    this.#heartbeatMs = options.heartbeatMs ?? periods.heartbeatMs;
    this.#onHeartbeat = options.onHeartbeat ?? (() => {});
  }

  /** fires when the session closes: nothing new is taken */
  get closing(): AbortSignal {
    return this.#closed.signal;
  }

  /** Begins to beat. */
  start(): void {
    if (this.#beating) return;
    this.#beating = true;
    void this.#beat();
  }

  /** @returns undefined where this instance holds that attempt already (invariant 3) */
  hold(step: StepKey): Lease | undefined {
    if (this.held(step) !== undefined) return undefined;
    const lease = new Lease(step);
    this.#held.set(keyOf(step), lease);
    return lease;
  }

  held(step: StepKey): Lease | undefined {
    return this.#held.get(keyOf(step));
  }

  release(lease: Lease): void {
    if (this.#held.get(keyOf(lease)) === lease) this.#held.delete(keyOf(lease));
    if (this.#held.size === 0) this.#whenIdle?.();
  }

  /** The broadcast `request.cancel`: every step of that request that is held here stops. */
  cancel(requestId: string): void {
    for (const lease of this.#held.values()) if (lease.requestId === requestId) this.#stop(lease, 'cancelled');
  }

  /**
   * Takes nothing new, waits `graceMs` for what runs, then hands the rest back: those tools are aborted and their
   * leases left to run out. Beats until then, so that what still finishes within the grace counts.
   */
  async close(graceMs: number): Promise<void> {
    this.#closed.abort();
    if (this.#held.size > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
      const grace = new AbortController();
      await Promise.race([idle, delay(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
      grace.abort();
      for (const lease of this.#held.values()) this.#stop(lease, 'handed_back');
    }
    this.#stopBeating.abort();
  }

  async #beat(): Promise<void> {
    const { signal } = this.#stopBeating;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const { stop } = await this.call('heartbeat', this.#steps(), { timeoutMs: this.#heartbeatMs });
        failures = 0;
        this.#obey(stop);
        this.#onHeartbeat();
      } catch (error) {
        failures += 1;
        if (!signal.aborted) log.heartbeatFailed(this.logger, failures, error);
      }
      const waitMs = failures === 0 ? this.#heartbeatMs : this.#heartbeatMs / 5;
      // Rejects only when the session closes, which the loop's condition sees.
      await delay(waitMs, undefined, { signal }).catch(() => {});
    }
  }

  #steps(): RpcParams['heartbeat'] {
    const claimed = [...this.#held.values()].filter((lease) => lease.claimed);
    return { instance: this.instance, role: this.role, steps: claimed.map((lease) => lease.key) };
  }

  #obey(stops: readonly StopVerdict[]): void {
    for (const verdict of stops) {
      const lease = this.#held.get(keyOf(verdict));
      if (lease !== undefined) this.#stop(lease, verdict.reason === CANCELLED ? 'cancelled' : 'lost');
    }
  }

  #stop(lease: Lease, cause: StopCause): void {
    if (lease.cause !== cause) log.stepStopped(this.logger, lease.key, cause);
    lease.stop(cause);
  }
}

/** Ids may hold any character, so the parts are kept apart by JSON. */
const keyOf = ({ requestId, stepId, attempt }: StepKey): string => JSON.stringify([requestId, stepId, attempt]);
