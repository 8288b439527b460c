import { Check, Copy, Link2 } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { sentence } from '../shell/connection-view.ts';
import { shareLink } from '../shell/share.ts';
import { useGatewayApi } from '../shell/viewer.ts';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogContent, DialogTrigger } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { absoluteText } from '../ui/time-text.ts';
import { messageOf, requestPath } from './request-context.ts';

/** A link that lets somebody watch one request. */
interface Share {
  readonly shareId: string;
  /** ISO 8601 */
  readonly expiresAt: string;
}

/** As its maker gets it, once: the gateway keeps no token. */
interface MadeShare extends Share {
  readonly share: string;
}

const HOUR_MS = 3_600_000;
const periods = [
  { label: 'One hour', ms: HOUR_MS },
  { label: 'One day', ms: 24 * HOUR_MS },
  { label: 'One week', ms: 7 * 24 * HOUR_MS },
  { label: '30 days', ms: 30 * 24 * HOUR_MS },
] as const;
const DEFAULT_MS = 24 * HOUR_MS;

export function ShareDialog({ requestId }: { readonly requestId: string }): ReactNode {
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button size="sm">
          <Link2 aria-hidden="true" className="size-4" />
          Share
        </Button>
      </DialogTrigger>
      <DialogContent
        title="Share this request"
        description="Whoever has the link can watch this one request, without signing in. They cannot cancel it or answer."
      >
        <Sharing requestId={requestId} />
      </DialogContent>
    </Dialog>
  );
}

function Sharing({ requestId }: { readonly requestId: string }): ReactNode {
  const api = useGatewayApi();
  const [forMs, setForMs] = useState<number>(DEFAULT_MS);
  const [made, setMade] = useState<{ readonly forMs: number; readonly link: string } | null>(null);
  const [shares, setShares] = useState<readonly Share[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<'copied' | 'by hand' | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const select = useId();

  useEffect(() => {
    const leaving = new AbortController();
    const look = async (): Promise<void> => {
      const found = await api.ask<{ readonly shares: readonly Share[] }>(requestPath(requestId, '/shares'), {
        signal: leaving.signal,
      });
      setShares(found.shares);
    };
    look().catch((error: unknown) => {
      if (!leaving.signal.aborted) setProblem(messageOf(error));
    });
    return () => leaving.abort();
  }, [api, requestId]);

  const make = async (): Promise<string> => {
    if (made !== null && made.forMs === forMs) return made.link;
    const expiresAt = new Date(Date.now() + forMs).toISOString();
    const { share, ...rest } = await api.ask<MadeShare>(requestPath(requestId, '/shares'), {
      method: 'POST',
      body: { expiresAt },
    });
    const link = shareLink(location.origin, requestId, share);
    setMade({ forMs, link });
    setShares((others) => [...others, { shareId: rest.shareId, expiresAt: rest.expiresAt }]);
    return link;
  };
  const attempt = async (action: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await action();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  const copy = (): Promise<void> =>
    attempt(async () => {
      const link = await make();
      // absent outside of secure contexts, and refused where the page has lost the focus
      const copied = await Promise.resolve(navigator.clipboard?.writeText(link).then(() => true))
        .catch(() => false)
        .then((done) => done === true);
      setOutcome(copied ? 'copied' : 'by hand');
      if (!copied) field.current?.select();
    });
  const takeBack = (shareId: string): Promise<void> =>
    attempt(async () => {
      await api.ask(requestPath(requestId, `/shares/${encodeURIComponent(shareId)}`), { method: 'DELETE' });
      setShares((others) => others.filter((share) => share.shareId !== shareId));
      setMade(null);
      setOutcome(null);
    });

  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-3">
        <div className="flex min-w-36 flex-1 flex-col gap-1">
          <label htmlFor={select} className="font-medium">
            Valid for
          </label>
          <select
            id={select}
            value={forMs}
            className="field h-9 px-2"
            onChange={(event) => {
              setForMs(Number(event.target.value));
              setOutcome(null);
            }}
          >
            {periods.map(({ label, ms }) => (
              <option key={ms} value={ms}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <Button variant="primary" busy={busy} onClick={() => void copy()}>
          {outcome === 'copied' ? (
            <Check aria-hidden="true" className="size-4" />
          ) : (
            <Copy aria-hidden="true" className="size-4" />
          )}
          Copy link
        </Button>
      </div>
      {made === null ? null : (
        <div className="flex flex-col gap-1.5">
          <input
            ref={field}
            readOnly
            aria-label="Link"
            value={made.link}
            className="field h-9 w-full px-2 font-mono text-xs"
            onFocus={(event) => event.target.select()}
          />
          <p role="status" className="text-muted">
            {outcome === 'copied'
              ? 'Copied. '
              : outcome === 'by hand'
                ? 'This page may not copy: take it from here. '
                : ''}
            Only this link has the key; it is not kept anywhere else.
          </p>
        </div>
      )}
      {problem === null ? null : <Notice>{sentence(problem)}</Notice>}
      {shares.length === 0 ? null : (
        <div>
          <h3 className="mb-1 font-semibold">Links that work now</h3>
          <ul className="divide-y">
            {shares.map(({ shareId, expiresAt }) => (
              <li key={shareId} className="flex items-center gap-3 py-1.5">
                <span className="flex-1 text-muted">until {absoluteText(Date.parse(expiresAt))}</span>
                <Button size="sm" variant="ghost" disabled={busy} onClick={() => void takeBack(shareId)}>
                  Take back
                </Button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
