import { useClient, useStore } from '@stepwire/react';
import { ArrowRight, CircleCheck, MessageCircleQuestion, ScanSearch } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { RequestRowItem } from '../requests/request-row.tsx';
import { endedStatuses } from '../requests/request-rows.ts';
import { useRunning } from '../requests/running-context.ts';
import { useRequestList } from '../requests/use-request-list.ts';
import { sentence } from '../shell/connection-view.ts';
import { usePageName } from '../shell/page-title.tsx';
import { Card, Section } from '../ui/card.tsx';
import { Notice } from '../ui/notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { OpenQuestions } from './open-questions.tsx';
import { RunningList } from './running-list.tsx';
import { StartBox } from './start-box.tsx';

/** rows that are watched, and so live: a request has its room, and a page that opens hundreds of them is slow to begin */
const MAX_LIVE = 60;
const LATEST_ROWS = 8;
/** fifty that end at once are asked for once (ms) */
const LATEST_EVERY_MS = 500;
const latestQuery = { status: endedStatuses.join(), limit: LATEST_ROWS } as const;

export function HomePage(): ReactNode {
  usePageName('Home');
  const { rows, more, error, ended } = useRunning((running) => running);
  const latest = useRequestList(latestQuery, useAtMostEvery(LATEST_EVERY_MS, ended));
  const client = useClient();
  const asking = useStore(client.questions, (open) => open.length);
  const shown = useMemo(() => {
    // who waits for an answer must be watched, or nobody could give it
    const waiting = (rows ?? []).filter(({ status }) => status === 'waiting');
    const others = (rows ?? []).filter(({ status }) => status !== 'waiting');
    return [...waiting, ...others].slice(0, MAX_LIVE);
  }, [rows]);
  const hidden = (rows?.length ?? 0) - shown.length;
  const isNew = rows?.length === 0 && latest.rows?.length === 0 && asking === 0;

  return (
    <>
      <h1 className="sr-only">Home</h1>
      <div className="mb-10">
        <StartBox />
      </div>
      <OpenQuestions />
      {isNew ? <HowItWorks /> : null}
      {error !== null && rows === null ? <Notice className="mb-8">{sentence(error.message)}</Notice> : null}
      {shown.length === 0 ? null : (
        <Section
          title="Running now"
          note={`${rows?.length}${more ? '+' : ''}`}
          action={
            hidden > 0 || more ? (
              <Link href="/requests?status=active" className={linkLooks}>
                All of them
              </Link>
            ) : null
          }
          className="mb-8"
        >
          <RunningList rows={shown} />
        </Section>
      )}
      {isNew ? null : (
        <Section
          title="Latest"
          action={
            <Link href="/requests" className={linkLooks}>
              All requests
              <ArrowRight aria-hidden="true" className="size-3.5" />
            </Link>
          }
        >
          {latest.error !== null && latest.rows === null ? (
            <Notice>{sentence(latest.error.message)}</Notice>
          ) : latest.rows === null ? (
            <Skeleton className="h-40" />
          ) : latest.rows.length === 0 ? (
            <p className="text-muted">Nothing has ended yet.</p>
          ) : (
            <Card>
              <ul className="divide-y">
                {latest.rows.map((row) => (
                  <RequestRowItem key={row.requestId} row={row} />
                ))}
              </ul>
            </Card>
          )}
        </Section>
      )}
    </>
  );
}

const linkLooks = 'inline-flex items-center gap-1 text-accent hover:underline';

/** The newest value, a while after it changed, and then no more often than that. */
function useAtMostEvery<T>(ms: number, value: T): T {
  const [shown, setShown] = useState(value);
  const newest = useRef(value);
  useEffect(() => {
    newest.current = value;
  });
  const pending = value !== shown;
  useEffect(() => {
    if (!pending) return undefined;
    const timer = setTimeout(() => setShown(newest.current), ms);
    return () => clearTimeout(timer);
  }, [pending, ms]);
  return shown;
}

/** For whoever has never been here. */
function HowItWorks(): ReactNode {
  return (
    <Section title="How it works">
      <ol className="grid gap-3 sm:grid-cols-3">
        {steps.map(({ icon: Icon, title, text }) => (
          <li key={title}>
            <Card className="h-full p-4">
              <Icon aria-hidden="true" className="size-5 text-accent" strokeWidth={1.75} />
              <p className="mt-2 font-medium">{title}</p>
              <p className="mt-1 text-muted">{text}</p>
            </Card>
          </li>
        ))}
      </ol>
    </Section>
  );
}

const steps = [
  {
    icon: ScanSearch,
    title: 'You paste, agents look',
    text: 'A plan is made at once. Its steps run side by side, and each shows what it does and finds.',
  },
  {
    icon: MessageCircleQuestion,
    title: 'They may ask you',
    text: 'Where only you can know something, there is a question to answer. You may also cancel at any time.',
  },
  {
    icon: CircleCheck,
    title: 'A verdict, with reasons',
    text: 'Everything is kept: find it again under Requests, replay it step by step, or share it by a link.',
  },
];
