import type { LogEvent } from '@stepwire/client';
import { type ReactNode, useEffect } from 'react';
import { Toaster, type ToasterProps, toast } from 'sonner';
import { noticeOf } from './notice.ts';
import { useClient } from './provider.tsx';

export interface NotificationsProps extends Pick<ToasterProps, 'position' | 'theme' | 'visibleToasts' | 'className'> {
  /** `watched` (default): of requests that are watched by somebody. `feed`: of all of the signed-in user's. */
  readonly of?: 'watched' | 'feed';
  /** of those that go by themselves (ms); default 5,000 */
  readonly durationMs?: number;
}

/** What deserves to be told, as it happens: stacked, and gone by itself unless it matters. One on a page is enough. */
export function Notifications({ of = 'watched', durationMs = 5_000, ...looks }: NotificationsProps): ReactNode {
  const client = useClient();
  useEffect(() => {
    const shown = new Shown(durationMs);
    const hear = (event: LogEvent): void => shown.hear(event);
    return of === 'feed' ? client.feed().on('*', hear) : client.on('*', hear);
  }, [client, of, durationMs]);
  return <Toaster closeButton {...looks} />;
}

/** Shows notices, and takes those away that are over. */
class Shown {
  readonly #durationMs: number;
  /** of each request, those that stay */
  readonly #staying = new Map<string, Set<string>>();

  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  hear(event: LogEvent): void {
    const { notice, ends } = noticeOf(event);
    const staying = this.#staying.get(event.requestId) ?? new Set();
    for (const id of ends === 'all' ? staying : ends) {
      toast.dismiss(id);
      staying.delete(id);
    }
    if (notice === null) return;
    const { id, kind, title, text, stays } = notice;
    if (stays && ends !== 'all') this.#staying.set(event.requestId, staying.add(id));
    // sonner renders strings as text
    const duration = stays ? Number.POSITIVE_INFINITY : this.#durationMs;
    toast[kind](title, { id, duration, ...(text === '' ? {} : { description: text }) });
  }
}
