import type { RequestSnapshot } from '@stepwire/client';
import { isActive, nameOf } from '../requests/request-rows.ts';

type Shown = Pick<RequestSnapshot, 'status' | 'progress' | 'userQuery' | 'requestId'>;

export interface TabFacts {
  /** the page's own name */
  readonly page: string;
  /** the request that the page is about */
  readonly request: Shown | null;
  /** the user's own that run */
  readonly running: number;
  /** of the one that runs, if it is one; 0 to 100 */
  readonly progress: number | null;
  /** something ended while nobody looked */
  readonly endedUnseen: boolean;
}

const PRODUCT = 'Stepwire';
const MAX_NAME_CHARS = 50;

/** What a tab is called: how far that is which it is about, before everything else, since a tab shows little. */
export function tabTitle({ page, request, running, progress, endedUnseen }: TabFacts): string {
  const facts = request === null ? factOf(running, progress, endedUnseen) : factOfRequest(request);
  const name = request === null ? page : nameOf(request.userQuery, request.requestId, MAX_NAME_CHARS);
  return [facts, name, PRODUCT].filter((part) => part !== null && part !== '').join(' · ');
}

function factOf(running: number, progress: number | null, endedUnseen: boolean): string | null {
  if (endedUnseen) return running === 0 ? '✓ done' : `✓ done, ${running} running`;
  if (running === 0) return null;
  return running === 1 && progress !== null ? `${Math.round(progress)} %` : `${running} running`;
}

function factOfRequest({ status, progress }: Shown): string | null {
  if (status === 'completed') return '✓ done';
  if (status === 'failed') return '✕ failed';
  if (status === 'cancelled') return 'cancelled';
  if (status === 'waiting') return '? question';
  return isActive(status) ? `${Math.round(progress)} %` : null;
}
