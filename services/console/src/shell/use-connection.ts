import type { ErrorBody } from '@stepwire/client';
import { useConnectionStatus } from '@stepwire/react';
import { useEffect, useState } from 'react';
import { useNow } from '../ui/use-now.ts';
import { type ConnectionView, connectionView } from './connection-view.ts';

export interface ConnectionNow extends ConnectionView {
  /** it is not tried any longer, and why; null: it is */
  readonly failed: ErrorBody | null;
  /** how long it has been down (ms); 0: it is up */
  readonly downMs: number;
}

/** The connection in words, second by second while it is down. */
export function useConnection(): ConnectionNow {
  const status = useConnectionStatus();
  const up = status.state === 'live' || status.state === 'catching-up';
  const [{ wasUp, downSince }, setSeen] = useState<{ wasUp: boolean; downSince: number | null }>({
    wasUp: false,
    downSince: null,
  });
  useEffect(() => {
    setSeen((seen) => ({
      wasUp: up || seen.wasUp,
      downSince: up ? null : (seen.downSince ?? (seen.wasUp || status.state !== 'connecting' ? Date.now() : null)),
    }));
  }, [up, status.state]);
  const ticking = useNow(up ? null : 1_000);
  const now = Math.max(ticking, downSince ?? 0);
  const view = connectionView(status, downSince, now);
  return {
    ...view,
    outdated: view.outdated && wasUp,
    failed: status.state === 'failed' ? status.reason : null,
    downMs: downSince === null ? 0 : now - downSince,
  };
}
