import { agents } from '@stepwire/protocol';
import { timestampOf, type Unfolding } from './unfolding.ts';

/** Says that a stalled request goes on, before what shows it. @param at its timestamp; default now */
export function resume(unfolding: Unfolding, at: string = timestampOf(unfolding.now)): void {
  const { stalled, seq } = unfolding.state;
  if (!stalled) return;
  unfolding.say('request.resumed', agents.coordinator, { lastEventAt: writable(at) }, { name: ['resumed', seq + 1] });
}

/** Says that nothing has been heard since the newest event. */
export function stall(unfolding: Unfolding): void {
  const { updatedAt, seq } = unfolding.state;
  const lastEventAt = updatedAt === null ? timestampOf(unfolding.now) : writable(updatedAt);
  unfolding.say('request.stalled', agents.coordinator, { lastEventAt }, { name: ['stalled', seq + 1] });
}

const writable = (timestamp: string): string => timestampOf(Date.parse(timestamp));
