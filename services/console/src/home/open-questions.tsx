import type { OpenQuestion } from '@stepwire/client';
import { useClient, useRequest, useStore } from '@stepwire/react';
import { type ReactNode, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { Questions } from '../request/questions.tsx';
import { nameOf } from '../requests/request-rows.ts';

/** Questions of whatever is watched, to be answered where they stand. */
export function OpenQuestions(): ReactNode {
  const client = useClient();
  const open = useStore(client.questions, askersOf);
  // who asked stays: an answer that came too late is told where it was given
  const [askers, setAskers] = useState(open);
  useEffect(() => setAskers((known) => [...new Set([...known, ...open])]), [open]);
  const title = open.length === 0 ? '' : open.length === 1 ? 'A question for you' : `${open.length} questions for you`;
  return (
    <section aria-label="Questions" className={open.length === 0 ? '' : 'mb-8'}>
      {/* there before it has something to say, or a screen reader would not say it */}
      <div role="status">{title === '' ? null : <h2 className="font-semibold text-[0.9375rem]">{title}</h2>}</div>
      <ul className="grid grid-cols-1 items-start gap-x-3 lg:grid-cols-2">
        {askers.map((requestId) => (
          <li key={requestId} className="min-w-0 has-[[role=alert]]:mt-3 has-[section]:mt-3">
            <Questions requestId={requestId} />
            {open.includes(requestId) ? <Asker requestId={requestId} /> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

const askersOf = (open: readonly OpenQuestion[]): readonly string[] => [
  ...new Set(open.map(({ requestId }) => requestId)),
];

function Asker({ requestId }: { readonly requestId: string }): ReactNode {
  const name = useRequest(requestId, ({ userQuery }) => nameOf(userQuery, requestId));
  return (
    <p className="mt-1.5 truncate text-muted text-xs">
      asked by{' '}
      <Link href={`/requests/${encodeURIComponent(requestId)}`} className="text-accent hover:underline">
        {name}
      </Link>
    </p>
  );
}
