import type { LogEvent } from '@stepwire/client';
import { type ReactNode, useEffect, useRef } from 'react';
import { Toaster, type ToasterProps, toast } from 'sonner';
import { noticeOf } from './notice.ts';
import { useClient } from './provider.tsx';

/** What a page knows of its requests; all optional. */
export interface NoticeContext {
  /** what a request is called; stands under each notice of it */
  readonly nameOf?: ((requestId: string) => string | null) | undefined;
  /** somebody looks at what this tells already: it is not told again */
  readonly isInView?: ((event: LogEvent) => boolean) | undefined;
  /** goes there: each notice then has a button for it */
  readonly onOpen?: ((requestId: string) => void) | undefined;
}

export interface NotificationsProps
  extends NoticeContext,
    Pick<ToasterProps, 'position' | 'theme' | 'visibleToasts' | 'className' | 'offset' | 'mobileOffset'> {
  /** `watched` (default): of requests that are watched by somebody. `feed`: of all of the signed-in user's. */
  readonly of?: 'watched' | 'feed';
  /** of those that go by themselves (ms); default 5,000 */
  readonly durationMs?: number;
}

/** What deserves to be told, as it happens: stacked, and gone by itself unless it matters. One on a page is enough. */
export function Notifications(props: NotificationsProps): ReactNode {
  const { of = 'watched', durationMs = 5_000, nameOf, isInView, onOpen, ...looks } = props;
  const client = useClient();
  const context = useRef<NoticeContext>({});
  useEffect(() => {
    context.current = { nameOf, isInView, onOpen };
  });
  useEffect(() => {
    const shown = new Shown(durationMs, context);
    const hear = (event: LogEvent): void => shown.hear(event);
    return of === 'feed' ? client.feed().on('*', hear) : client.on('*', hear);
  }, [client, of, durationMs]);
  return <Toaster closeButton {...looks} />;
}

/** Shows notices, and takes those away that are over. */
class Shown {
  readonly #durationMs: number;
  readonly #context: { readonly current: NoticeContext };
  /** of each request, those that stay */
  readonly #staying = new Map<string, Set<string>>();

  constructor(durationMs: number, context: { readonly current: NoticeContext }) {
    this.#durationMs = durationMs;
    this.#context = context;
  }

  hear(event: LogEvent): void {
    const { requestId } = event;
    const { nameOf, isInView, onOpen } = this.#context.current;
    const { notice, ends } = noticeOf(event);
    const staying = this.#staying.get(requestId) ?? new Set();
    for (const id of ends === 'all' ? staying : ends) {
      toast.dismiss(id);
      staying.delete(id);
    }
    if (notice === null || isInView?.(event) === true) return;
    const { id, kind, title, text, stays } = notice;
    if (stays && ends !== 'all') this.#staying.set(requestId, staying.add(id));
    // sonner renders strings as text
    const description = [nameOf?.(requestId) ?? '', text].filter((part) => part !== '').join(': ');
    toast[kind](title, {
      id,
      duration: stays ? Number.POSITIVE_INFINITY : this.#durationMs,
      ...(description === '' ? {} : { description }),
      ...(onOpen === undefined ? {} : { action: { label: 'Open', onClick: () => onOpen(requestId) } }),
    });
  }
}
