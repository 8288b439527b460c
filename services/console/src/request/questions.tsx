import type { QuestionState, RequestSnapshot } from '@stepwire/client';
import { useClient, useRequest } from '@stepwire/react';
import clsx from 'clsx';
import { CornerDownLeft, MessageCircleQuestion, X } from 'lucide-react';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { sentence } from '../shell/connection-view.ts';
import { useViewer } from '../shell/viewer.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { absoluteText, durationText } from '../ui/time-text.ts';
import { useNow } from '../ui/use-now.ts';
import { previewOf } from './json-tree.tsx';
import { messageOf, useLog } from './request-context.ts';
import { visibleText } from './visible-text.ts';

interface Late {
  readonly questionId: string;
  readonly prompt: string;
  readonly code: string;
}

/** Every open question, oldest first, with what it takes to answer; and what became of an answer that came too late. */
export function Questions({ requestId }: { readonly requestId: string }): ReactNode {
  const { questions, steps } = useRequest(requestId, asked);
  const [late, setLate] = useState<Late | null>(null);
  return (
    <>
      {/* there before it has something to say, or a screen reader would not say it; once, when a question comes */}
      <p role="status" className="sr-only">
        {questions[0] === undefined ? '' : `A question for you: ${questions[0].prompt}`}
      </p>
      {late === null ? null : (
        <Notice
          tone="wait"
          role="alert"
          action={
            <Button size="icon" variant="ghost" className="size-7!" aria-label="Dismiss" onClick={() => setLate(null)}>
              <X aria-hidden="true" className="size-4" />
            </Button>
          }
        >
          Your answer to “{visibleText(late.prompt)}” did not count: <Why late={late} />
        </Notice>
      )}
      {questions.map((question) => (
        <Question
          key={question.questionId}
          requestId={requestId}
          question={question}
          asker={titles(steps).get(question.stepId ?? '') ?? null}
          onLate={setLate}
        />
      ))}
    </>
  );
}

/** In place of the refusal, which names ids: what the log says, once it is there. */
function Why({ late: { questionId, code } }: { readonly late: Late }): ReactNode {
  const { trace, length } = useLog();
  if (code === 'expired') return 'its time had run out.';
  const counted = trace.stateAt(length).answers.find((answer) => answer.questionId === questionId);
  if (counted === undefined) return code === 'already_finished' ? 'the request has ended.' : 'it was answered before.';
  const { answer, answeredBy, expired } = counted;
  if (expired) return 'its time had run out.';
  return `${visibleText(answeredBy ?? 'somebody')} had answered “${previewOf(answerText(answer), 200)}” before.`;
}

const asked = ({ questions, steps }: RequestSnapshot) => ({ questions, steps: questions.length === 0 ? none : steps });
const none: RequestSnapshot['steps'] = [];
const titles = (steps: RequestSnapshot['steps']): ReadonlyMap<string, string> =>
  new Map(steps.map(({ stepId, title, tool }) => [stepId, title === '' ? tool : title]));

interface QuestionProps {
  readonly requestId: string;
  readonly question: QuestionState;
  /** the step that waits for it */
  readonly asker: string | null;
  /** what was refused because the question is closed; this card goes then */
  readonly onLate: (late: Late) => void;
}

const closed: ReadonlySet<string> = new Set(['already_answered', 'expired', 'already_finished']);

function Question({ requestId, question, asker, onLate }: QuestionProps): ReactNode {
  const client = useClient();
  const { user } = useViewer();
  const title = useId();
  const [given, setGiven] = useState<unknown>(undefined);
  const [problem, setProblem] = useState<string | null>(null);
  const answer = async (value: unknown): Promise<void> => {
    setGiven(value);
    setProblem(null);
    try {
      await client.answer(requestId, question.questionId, value);
      // until the event shows that it is closed
    } catch (error) {
      setGiven(undefined);
      const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
      if (typeof code === 'string' && closed.has(code)) {
        onLate({ questionId: question.questionId, prompt: question.prompt, code });
      } else setProblem(messageOf(error));
    }
  };
  return (
    <section aria-labelledby={title} className="rounded-lg border-2 border-wait bg-panel">
      <div className="flex gap-3 px-4 py-4 sm:px-5">
        <MessageCircleQuestion aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-wait" />
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap gap-x-2 text-muted text-xs">
            <span>{asker === null ? 'A question for you' : `${visibleText(asker)} asks`}</span>
            <Deadline question={question} />
          </p>
          <h2 id={title} className="mt-0.5 whitespace-pre-wrap font-semibold text-base [overflow-wrap:anywhere]">
            {visibleText(question.prompt)}
          </h2>
          {user === null ? (
            <p className="mt-2 text-muted">Only those whose request it is can answer.</p>
          ) : (
            <Answers question={question} labelledBy={title} given={given} answer={answer} />
          )}
          {problem === null ? null : <Notice className="mt-3">{sentence(problem)}</Notice>}
        </div>
      </div>
    </section>
  );
}

/** Counts down, without saying so all the time: the time itself is there to be read. */
function Deadline({ question }: { readonly question: QuestionState }): ReactNode {
  const at = question.expiresAt === null ? null : Date.parse(question.expiresAt);
  const now = useNow(at === null ? null : 1_000);
  if (at === null) return null;
  const left = at - now;
  const then =
    question.default === undefined
      ? 'then the step fails'
      : `then “${previewOf(answerText(question.default), 60)}” is taken`;
  return (
    <span>
      <time
        dateTime={question.expiresAt ?? ''}
        title={absoluteText(at)}
        className={clsx('font-medium', left < 10_000 ? 'text-bad' : 'text-wait')}
      >
        {left <= 0 ? 'time is up' : `${durationText(Math.ceil(left / 1_000) * 1_000).replace('.0 s', ' s')} left`}
      </time>
      , {then}
    </span>
  );
}

export const answerText = (answer: unknown): unknown =>
  typeof answer === 'boolean' ? (answer ? 'Yes' : 'No') : answer;

interface AnswersProps {
  readonly question: QuestionState;
  readonly labelledBy: string;
  /** undefined: nothing yet */
  readonly given: unknown;
  readonly answer: (value: unknown) => Promise<void>;
}

function Answers({ question: { kind, choices, allowOther }, labelledBy, given, answer }: AnswersProps): ReactNode {
  const [text, setText] = useState('');
  const busy = given !== undefined;
  const offered: readonly { label: string; value: unknown }[] =
    kind === 'confirm'
      ? [
          { label: 'Yes', value: true },
          { label: 'No', value: false },
        ]
      : kind === 'choice'
        ? (choices ?? []).map((choice) => ({ label: choice, value: choice }))
        : [];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text !== '' && !busy) void answer(text);
  };
  return (
    <div className="mt-3 flex flex-col gap-3">
      {offered.length === 0 ? null : (
        <fieldset aria-labelledby={labelledBy} disabled={busy} className="flex flex-wrap gap-2">
          {offered.map(({ label, value }) => (
            <Button
              key={label}
              busy={busy && given === value}
              className="h-auto! min-h-9 whitespace-normal! py-1.5 text-start"
              onClick={() => void answer(value)}
            >
              {visibleText(label)}
            </Button>
          ))}
        </fieldset>
      )}
      {kind === 'text' || (kind === 'choice' && (allowOther || offered.length === 0)) ? (
        <form onSubmit={submit} className="flex flex-wrap gap-2">
          <input
            type="text"
            aria-labelledby={labelledBy}
            placeholder={offered.length === 0 ? 'Your answer' : 'Something else'}
            value={text}
            disabled={busy}
            className="field h-9 min-w-0 flex-1 basis-48 px-3"
            onChange={(event) => setText(event.target.value)}
          />
          <Button
            type="submit"
            variant="primary"
            disabled={busy || text === ''}
            busy={busy && given === text && text !== ''}
          >
            <CornerDownLeft aria-hidden="true" className="size-4" />
            Answer
          </Button>
        </form>
      ) : null}
    </div>
  );
}

/** How a question ended. */
export function answeredText(
  {
    answer,
    answeredBy,
    expired,
  }: { readonly answer?: unknown; readonly answeredBy: string | null; readonly expired: boolean },
  prompt: string,
): string {
  const what = answer === undefined ? '' : `“${previewOf(answerText(answer), 200)}”`;
  if (expired)
    return `“${visibleText(prompt)}” — nobody answered in time${what === '' ? '' : `, so ${what} was taken`}`;
  return `“${visibleText(prompt)}” — ${visibleText(answeredBy ?? 'somebody')} answered ${what}`;
}
