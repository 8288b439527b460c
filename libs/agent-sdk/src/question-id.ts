import { createHash } from 'node:crypto';
import { eventId } from '@stepwire/protocol';

/**
 * A question is known by request, step, its place among the questions the tool asks, and its prompt (design §5): when
 * the tool runs again, the same question finds its answer, and one that was reworded is asked anew.
 */
export function questionId(requestId: string, stepId: string, ordinal: number, prompt: string): string {
  return eventId(requestId, stepId, `q${ordinal}`, createHash('sha256').update(prompt).digest('hex').slice(0, 12));
}
