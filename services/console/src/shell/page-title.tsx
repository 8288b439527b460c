import { useRequest } from '@stepwire/react';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { isActive } from '../requests/request-rows.ts';
import { useRunning } from '../requests/running-context.ts';
import { requestIdOf } from './share.ts';
import { tabTitle } from './tab-title.ts';
import { useViewer } from './viewer.ts';

export const PageNameContext = createContext<(name: string) => void>(() => undefined);

/** Names the page for the tab, and for whoever hears where they are. */
export function usePageName(name: string): void {
  const setName = useContext(PageNameContext);
  useEffect(() => setName(name), [name, setName]);
}

/** Writes the tab's title. */
export function TabTitle({ page }: { readonly page: string }): ReactNode {
  const { user } = useViewer();
  const requestId = requestIdOf(useLocation()[0]);
  if (requestId !== null) return <TitleOfRequest page={page} requestId={requestId} />;
  return user === null ? null : <TitleOfPage page={page} userId={user.userId} />;
}

function TitleOfRequest({ page, requestId }: { readonly page: string; readonly requestId: string }): ReactNode {
  const request = useRequest(requestId, ({ status, progress, userQuery }) => ({
    status,
    progress: Math.round(progress),
    userQuery,
    requestId,
  }));
  useTitle(tabTitle({ page, request, running: 0, progress: null, endedUnseen: false }));
  return null;
}

function TitleOfPage({ page, userId }: { readonly page: string; readonly userId: string }): ReactNode {
  const { count, only, ended } = useRunning(({ rows, ended }) => {
    const own = (rows ?? []).filter((row) => row.userId === userId);
    return { count: own.length, only: own.length === 1 ? (own[0]?.requestId ?? null) : null, ended };
  });
  const { progress, active } = useRequest(only, ({ progress, status }) => ({
    progress: Math.round(progress),
    active: isActive(status) || status === 'loading',
  }));
  const running = only !== null && !active ? 0 : count;
  const endedUnseen = useUnseen(ended);
  useTitle(tabTitle({ page, request: null, running, progress: only === null ? null : progress, endedUnseen }));
  return null;
}

function useTitle(title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** Whether this has grown since the page was looked at. */
function useUnseen(count: number): boolean {
  const [seen, setSeen] = useState(count);
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === 'visible') setSeen(count);
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [count]);
  return count > seen;
}
