/**
 * Why a step that this instance holds has to stop.
 * - `cancelled`: the request is cancelled; what is reported once more is that it stopped
 * - `lost`: another attempt counts now, or the request has ended; nothing more is published
 * - `handed_back`: this process ends; nothing more is published, the lease runs out and another instance takes over
 */
export type StopCause = 'cancelled' | 'lost' | 'handed_back';

/** The reason of the `AbortSignal` a tool gets. Its name is `AbortError`, as `fetch` and Node's own functions use it. */
export class StepStopped extends Error {
  override readonly name = 'AbortError';
  readonly why: StopCause | 'ended';
  constructor(why: StopCause | 'ended') {
    super(`the step is stopped: ${why}`);
    this.why = why;
  }
}

/** What a step is known by on every wire. */
export interface StepKey {
  readonly requestId: string;
  readonly stepId: string;
  readonly attempt: number;
}

/** One attempt of one step, held by this instance from before its claim until its outcome is confirmed. */
export class Lease implements StepKey {
  readonly requestId: string;
  readonly stepId: string;
  readonly attempt: number;
  /** the coordinator said `go`: from now on heartbeats name it */
  claimed = false;
  /** resolves when the claim has ended: whether it was answered, so that its command is done with */
  readonly answered: Promise<boolean>;
  readonly answer: (answered: boolean) => void;
  #cause: StopCause | undefined;
  readonly #stop = new AbortController();
  readonly #silence = new AbortController();

  constructor({ requestId, stepId, attempt }: StepKey) {
    this.requestId = requestId;
    this.stepId = stepId;
    this.attempt = attempt;
    ({ promise: this.answered, resolve: this.answer } = Promise.withResolvers<boolean>());
  }

  get key(): StepKey {
    return { requestId: this.requestId, stepId: this.stepId, attempt: this.attempt };
  }

  get cause(): StopCause | undefined {
    return this.#cause;
  }

  /** fires when the tool must stop, for whatever cause */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** fires when nothing more may be published: the lease is lost or handed back */
  get silenced(): AbortSignal {
    return this.#silence.signal;
  }

  /** The first cause counts, except that a cancelled step can still be lost. */
  stop(cause: StopCause): void {
    if (this.#cause === undefined || this.#cause === 'cancelled') this.#cause = cause;
    this.#stop.abort(new StepStopped(this.#cause));
    if (this.#cause !== 'cancelled') this.#silence.abort(new StepStopped(this.#cause));
  }
}
