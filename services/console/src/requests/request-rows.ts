import { isEvent, type LogEvent } from '@stepwire/client';
import type { RequestRow, RequestStatus } from '@stepwire/protocol';
import { visibleText } from '../request/visible-text.ts';

export type { RequestRow, RequestStatus };

export const activeStatuses = ['queued', 'planning', 'running', 'waiting', 'cancelling'] as const;
export const endedStatuses = ['completed', 'failed', 'cancelled'] as const;

export const isActive = (status: string): boolean => activeStatuses.some((active) => active === status);

/** Rows of what is under way, newest first, after an event of a feed. */
export function activeAfter(rows: readonly RequestRow[], event: LogEvent): readonly RequestRow[] {
  const { requestId, seq, timestamp } = event;
  if (isEvent(event, 'request.accepted')) {
    if (rows.some((row) => row.requestId === requestId)) return rows;
    const { userQuery, userId } = event.data;
    const times = { createdAt: timestamp, updatedAt: timestamp, finishedAt: null };
    const begun = { status: 'queued', progress: 0, currentStage: 'queued' } as const;
    return [{ requestId, userId: userId ?? null, userQuery, seq, ...begun, ...times }, ...rows];
  }
  return ends(event) ? rows.filter((row) => row.requestId !== requestId) : rows;
}

export const ends = (event: LogEvent): boolean =>
  isEvent(event, 'request.completed') || isEvent(event, 'request.failed') || isEvent(event, 'request.cancelled');

/** What a request is called where there is little room: its question's first line. */
export function nameOf(userQuery: string | null, requestId: string, maxChars = 80): string {
  const line = visibleText((userQuery ?? '').trim().replace(/\s+/g, ' '));
  if (line === '') return requestId;
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1).trimEnd()}…`;
}
