import type { OpenQuestion } from '@stepwire/client';
import { useClient, useRequest, useStore } from '@stepwire/react';
import { QuestionCard } from '@stepwire/react/components';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { nameOf } from '../requests/request-rows.ts';
import { Section } from '../ui/card.tsx';

/** Questions of whatever is watched, to be answered where they stand. */
export function OpenQuestions(): ReactNode {
  const client = useClient();
  const askers = useStore(client.questions, askersOf);
  if (askers.length === 0) return null;
  return (
    <Section title={askers.length === 1 ? 'A question for you' : 'Questions for you'} className="mb-8">
      <ul className="grid gap-3 lg:grid-cols-2">
        {askers.map((requestId) => (
          <li key={requestId}>
            <Asked requestId={requestId} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

const askersOf = (open: readonly OpenQuestion[]): readonly string[] => [
  ...new Set(open.map(({ requestId }) => requestId)),
];

function Asked({ requestId }: { readonly requestId: string }): ReactNode {
  const name = useRequest(requestId, ({ userQuery }) => nameOf(userQuery, requestId));
  return (
    <>
      <QuestionCard requestId={requestId} />
      <p className="mt-1.5 truncate text-muted text-xs">
        asked by{' '}
        <Link href={`/requests/${encodeURIComponent(requestId)}`} className="text-accent hover:underline">
          {name}
        </Link>
      </p>
    </>
  );
}
