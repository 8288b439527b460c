import type { ErrorBody } from '@stepwire/protocol';
import { initialState, type RunState, snapshotForClient } from '@stepwire/run-model';
import type { Following } from './following.ts';
import type { ClientStatus, ServerState } from './frames.ts';

/** A request as a screen shows it: what PROTOCOL.md calls `state`. The same object until something changes. */
export interface RequestSnapshot extends Omit<ServerState, 'status'> {
  /** `loading`: nothing has come yet. `unknown`: there is no such request (yet), or it is not yours. */
  readonly status: ClientStatus | 'loading';
  /** why it cannot be watched; null where it can */
  readonly refusal: ErrorBody | null;
}

/** Makes snapshots of one request, in which what did not change is the same object as before. */
export class Snapshots {
  #of: Following['view'] | null = null;
  #refusal: ErrorBody | null = null;
  #run: RunState | null = null;
  #snapshot: RequestSnapshot;

  constructor(requestId: string) {
    this.#snapshot = { ...snapshotForClient(initialState(requestId), ''), status: 'loading', refusal: null };
  }

  get({ view, epoch, seq }: Following, refusal: ErrorBody | null): RequestSnapshot {
    if (view === this.#of && refusal === this.#refusal) return this.#snapshot;
    this.#of = view;
    this.#refusal = refusal;
    if (view.kind === 'none') {
      this.#snapshot = { ...this.#snapshot, refusal };
    } else if (view.kind === 'shown') {
      // the number is of what was passed on, so that it counts as it would if it were folded
      this.#snapshot = { ...view.state, seq, refusal };
    } else {
      this.#snapshot = this.#folded(view.run, epoch ?? '', refusal);
    }
    return this.#snapshot;
  }

  #folded(run: RunState, epoch: string, refusal: ErrorBody | null): RequestSnapshot {
    const before = this.#run;
    const last = this.#snapshot.steps;
    this.#run = run;
    const made = snapshotForClient(run, epoch);
    const steps =
      before?.steps === run.steps
        ? last
        : made.steps.map((step, index) => {
            const same = before !== null && before.steps[index] === run.steps[index];
            return same ? (last[index] ?? step) : step;
          });
    return { ...made, steps, status: run.seq === 0 ? 'unknown' : run.status, refusal };
  }
}
