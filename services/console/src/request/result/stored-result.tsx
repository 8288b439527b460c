import { type ReactNode, useEffect, useState } from 'react';
import { useGatewayApi } from '../../shell/viewer.ts';
import { requestPath } from '../request-context.ts';
import { DownloadLink } from './download-link.tsx';

export interface StoredResultProps {
  readonly requestId: string;
  /** what it is shown as */
  readonly show: (value: unknown) => ReactNode;
  readonly stored: { readonly blobId: string; readonly bytes: number; readonly mediaType: string };
}

/** larger ones are for a program to read (bytes) */
const MAX_SHOWN_BYTES = 1_000_000;

/** A result that was too large for the log: fetched to be looked at, and to be kept. */
export function StoredResult({ requestId, show, stored: { blobId, bytes, mediaType } }: StoredResultProps): ReactNode {
  const api = useGatewayApi();
  const [value, setValue] = useState<unknown>(undefined);
  const readable = bytes <= MAX_SHOWN_BYTES && mediaType.includes('json');
  useEffect(() => {
    if (!readable) return undefined;
    const leaving = new AbortController();
    api
      .ask<unknown>(requestPath(requestId, `/artifacts/${encodeURIComponent(blobId)}`), { signal: leaving.signal })
      .then(
        setValue,
        // the link below says what is wrong, to whoever wants it
        () => undefined,
      );
    return () => leaving.abort();
  }, [api, requestId, blobId, readable]);
  return (
    <div className="flex flex-col items-start gap-2">
      {value === undefined ? null : <div className="w-full">{show(value)}</div>}
      <DownloadLink requestId={requestId} id={blobId} name="The result" bytes={bytes} />
    </div>
  );
}
