import type { OpenQuestion } from '@stepwire/client';
import { type FormEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { useQuestion } from './hooks.ts';

export interface QuestionCardProps {
  /** default: the oldest question of all requests that are watched */
  readonly requestId?: string | null;
}

/** The oldest open question, with what it takes to answer it; and why an answer did not count. Else nothing. */
export function QuestionCard({ requestId }: QuestionCardProps): ReactNode {
  const { question, requestId: asker, answer, answering, error } = useQuestion(requestId);
  const title = useId();
  return (
    <>
      {/* there before it has something to say, or a screen reader would not say it; once, when a question comes */}
      <p role="status" style={heardNotSeen}>
        {question?.prompt}
      </p>
      {question === null ? null : (
        <section className="stepwire-question" aria-labelledby={title} data-request={asker}>
          <p id={title} className="stepwire-prompt">
            {question.prompt}
          </p>
          {question.expiresAt === null ? null : (
            <p className="stepwire-deadline">
              <Deadline at={question.expiresAt} />
              {typeof question.default === 'string' ? `, then: ${question.default}` : ''}
            </p>
          )}
          {/* another question is another form */}
          <AnswerForm
            key={question.questionId}
            question={question}
            labelledBy={title}
            busy={answering}
            answer={answer}
          />
        </section>
      )}
      {/* also where the question is gone, because somebody else was faster for example */}
      {error === null ? null : (
        <p role="alert" className="stepwire-error">
          {error.message}
        </p>
      )}
    </>
  );
}

/** Counts down. It is in no live region: whoever wants to know can look. */
function Deadline({ at }: { readonly at: string }): ReactNode {
  const time = Date.parse(at);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((time - now) / 1_000));
  const left =
    seconds < 60 ? `${seconds} s` : seconds < 3_600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : null;
  return (
    <time dateTime={at} title={new Date(time).toLocaleString()}>
      {left === null ? `Until ${new Date(time).toLocaleString()}` : `${left} left`}
    </time>
  );
}

const heardNotSeen = { position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' } as const;

interface AnswerFormProps {
  readonly question: OpenQuestion['question'];
  readonly labelledBy: string;
  readonly busy: boolean;
  readonly answer: (answer: unknown) => Promise<void>;
}

function AnswerForm({ question: { kind, choices, allowOther }, labelledBy, busy, answer }: AnswerFormProps): ReactNode {
  const [text, setText] = useState('');
  if (kind === 'confirm') {
    return (
      <fieldset className="stepwire-answers" aria-labelledby={labelledBy} disabled={busy}>
        <button type="button" onClick={() => void answer(true)}>
          Yes
        </button>
        <button type="button" onClick={() => void answer(false)}>
          No
        </button>
      </fieldset>
    );
  }
  const offered = kind === 'choice' ? (choices ?? []) : [];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text !== '') void answer(text);
  };
  return (
    <>
      {offered.length === 0 ? null : (
        <fieldset className="stepwire-answers" aria-labelledby={labelledBy} disabled={busy}>
          {offered.map((choice) => (
            <button key={choice} type="button" onClick={() => void answer(choice)}>
              {choice}
            </button>
          ))}
        </fieldset>
      )}
      {offered.length === 0 || allowOther ? (
        <form className="stepwire-answer" onSubmit={submit}>
          <input
            type="text"
            aria-labelledby={labelledBy}
            placeholder={offered.length === 0 ? undefined : 'Something else'}
            value={text}
            disabled={busy}
            onChange={(event) => setText(event.target.value)}
          />
          <button type="submit" disabled={busy || text === ''}>
            Answer
          </button>
        </form>
      ) : null}
    </>
  );
}
