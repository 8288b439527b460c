import { agents } from '@stepwire/protocol';
import { dispatch } from './follow-up.ts';
import { timestampOf, type Unfolding } from './unfolding.ts';

/** Says that a stalled request goes on, before what shows it. @param at its timestamp; default now */
export function resume(unfolding: Unfolding, at: string = timestampOf(unfolding.now)): void {
  const { stalled, seq } = unfolding.state;
  if (!stalled) return;
  unfolding.say('request.resumed', agents.coordinator, { lastEventAt: writable(at) }, { name: ['resumed', seq + 1] });
}

/**
 * Says that nothing has been heard since the newest event. What was handed out and claimed by nobody is handed out again:
 * its message may be gone with a broker that was replaced. Where it still waits in its queue, one of the two is refused.
 */
export function stall(unfolding: Unfolding): void {
  const { updatedAt, seq, managed, planning, steps } = unfolding.state;
  if (managed) {
    for (const step of planning === null ? steps : [planning, ...steps]) {
      const unclaimed = step.status === 'ready' || step.status === 'retrying';
      if (unclaimed) unfolding.command(dispatch(unfolding.state, step, unfolding.policy));
    }
  }
  const lastEventAt = updatedAt === null ? timestampOf(unfolding.now) : writable(updatedAt);
  unfolding.say('request.stalled', agents.coordinator, { lastEventAt }, { name: ['stalled', seq + 1] });
}

const writable = (timestamp: string): string => timestampOf(Date.parse(timestamp));
