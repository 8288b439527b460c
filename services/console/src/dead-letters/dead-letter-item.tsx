import type { DeadLetter } from '@stepwire/protocol';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { visibleText } from '../request/visible-text.ts';
import { sentence } from '../shell/connection-view.ts';
import { asRefusal } from '../shell/session.ts';
import { useGatewayApi } from '../shell/viewer.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Time } from '../ui/time.tsx';

export interface DeadLetterItemProps {
  readonly letter: DeadLetter;
  /** It is no longer a dead letter. @param what was done, in a sentence */
  readonly done: (what: string) => void;
}

/** A dead letter: why it was refused, what it said, and what can be done with it. */
export function DeadLetterItem({ letter, done }: DeadLetterItemProps): ReactNode {
  const api = useGatewayApi();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { deadLetterId, reason, routingKey, count, at, retryable } = letter;
  const address = `/api/dead-letters/${encodeURIComponent(deadLetterId)}`;
  const copies = count === 1 ? 'it' : `all ${count}`;

  const act = async (what: string, told: string, path: string, method: 'POST' | 'DELETE'): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await api.ask(path, { method });
      done(told);
    } catch (error) {
      setProblem(`Not ${what}. ${sentence(asRefusal(error).message)}`);
    } finally {
      // also after a retry: what is refused again comes back as the same letter
      setBusy(false);
    }
  };
  const retry = () =>
    act(
      'retried',
      `Published again under ${routingKey}. If it is refused again it comes back here.`,
      `${address}/retry`,
      'POST',
    );
  const discard = () => act('discarded', `Discarded: ${routingKey}.`, address, 'DELETE');

  return (
    <li className="px-4 py-3">
      <details className="group">
        <summary className="flex list-none items-start gap-2 rounded-md [&::-webkit-details-marker]:hidden">
          <ChevronRight
            aria-hidden="true"
            className="mt-0.5 size-4 shrink-0 text-muted transition-transform group-open:rotate-90"
          />
          <span className="min-w-0 flex-1">
            <span className="block break-words font-medium">{visibleText(reason)}</span>
            <span className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted text-xs">
              <code className="break-all font-mono">
                {routingKey === '' ? '(no routing key)' : visibleText(routingKey)}
              </code>
              <Time at={at} />
              {count > 1 ? <Badge>{count} times</Badge> : null}
            </span>
          </span>
        </summary>
        <Details letter={letter} />
      </details>
      {problem === null ? null : <Notice className="mt-3">{problem}</Notice>}
      <div className="mt-2.5 flex flex-wrap gap-2 ps-6">
        <Button
          size="sm"
          busy={busy}
          disabled={!retryable}
          title={retryable ? undefined : 'It is too large to be kept whole, so it can only be discarded'}
          onClick={() => void retry()}
        >
          Retry
        </Button>
        <Confirm
          trigger={
            <Button size="sm" variant="ghost" disabled={busy}>
              Discard
            </Button>
          }
          title={`Discard ${count === 1 ? 'this dead letter' : `these ${count} dead letters`}?`}
          description={`What ${copies} said is lost for good. ${sentence(visibleText(reason))}`}
          action="Discard for good"
          onConfirm={() => void discard()}
        />
      </div>
    </li>
  );
}

function Details({ letter }: { readonly letter: DeadLetter }): ReactNode {
  const { exchange, messageId, appId, body, bytes, deadLetterId } = letter;
  const facts = [
    ['Exchange', exchange],
    ['Message id', messageId],
    ['Program', appId],
    ['Size', `${bytes.toLocaleString()} bytes`],
    ['Id', deadLetterId],
  ] as const;
  return (
    <div className="mt-3 ps-6">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs">
        {facts.map(([name, value]) =>
          value === null || value === '' ? null : (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="break-all font-mono">{visibleText(value)}</dd>
            </div>
          ),
        )}
      </dl>
      <div className="relative mt-3">
        {/* a field, so that it is reached by keyboard and scrolls by itself */}
        <textarea
          readOnly={true}
          aria-label="Body"
          value={body === '' ? '(empty)' : visibleText(body)}
          className="field-sizing-content block max-h-80 w-full resize-none break-all rounded-lg bg-sunken p-3 pe-14 font-mono text-xs"
        />
        <CopyButton
          text={body}
          label="Copy body"
          iconOnly={true}
          variant="ghost"
          size="sm"
          className="absolute end-2 top-2"
        />
      </div>
      {body.length < bytes && body.length >= 4096 ? (
        <p className="mt-1 text-muted text-xs">Its beginning only.</p>
      ) : null}
    </div>
  );
}
