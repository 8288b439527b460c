import { type LogEvent, type RequestStore, StepwireError } from '@stepwire/client';
import { useRequestStore } from '@stepwire/react';
import { createContext, useContext, useMemo, useSyncExternalStore } from 'react';
import type { GatewayApi } from '../shell/gateway-api.ts';
import { useGatewayApi } from '../shell/viewer.ts';
import { type EventsPage, type LogView, RequestLog } from './log/request-log.ts';

/** What all parts of one request's page look at. */
export interface OpenRequest {
  readonly requestId: string;
  readonly store: RequestStore;
  readonly log: RequestLog;
}

export const RequestContext = createContext<OpenRequest | null>(null);

export function useOpenRequest(): OpenRequest {
  const open = useContext(RequestContext);
  if (open === null) throw new Error('this component must stand in a request’s page');
  return open;
}

/** The log as it grows: renders at most once for a frame of the screen. */
export function useLog(): LogView {
  const { log } = useOpenRequest();
  return useSyncExternalStore(log.subscribe, log.getSnapshot, log.getServerSnapshot);
}

export function useOpening(requestId: string): OpenRequest {
  const store = useRequestStore(requestId);
  const api = useGatewayApi();
  return useMemo(() => {
    const hear = (heard: (event: LogEvent) => void) => store.on('*', heard);
    const log = new RequestLog({ store, hear, page: pagesOf(api, requestId), soon: atNextFrame, pause });
    return { requestId, store, log };
  }, [api, requestId, store]);
}

export const requestPath = (requestId: string, path = ''): string =>
  `/api/requests/${encodeURIComponent(requestId)}${path}`;

const pagesOf =
  (api: GatewayApi, requestId: string) =>
  (after: number, signal: AbortSignal): Promise<EventsPage> =>
    api.ask(requestPath(requestId, `/events?since=${after}`), { signal });

/** Also where no frames are drawn, since nobody looks: then once a second. */
function atNextFrame(run: () => void): void {
  let ran = false;
  const once = (): void => {
    if (ran) return;
    ran = true;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    run();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, 1_000);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener(
    'abort',
    () => {
      clearTimeout(timer);
      resolve();
    },
    { once: true },
  );
  return promise;
}

export const messageOf = (error: unknown): string =>
  error instanceof StepwireError || error instanceof Error ? error.message : String(error);
