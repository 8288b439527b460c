import type { ClientStep } from '@stepwire/client';
import { type ReactNode, useState } from 'react';
import { durationText } from '../../ui/time-text.ts';
import { JsonTree } from '../json-tree.tsx';
import type { StepOutput } from '../log/step-output.ts';
import type { Span } from '../log/trace.ts';
import { answeredText } from '../questions.tsx';
import { useOpenRequest } from '../request-context.ts';
import { StoredResult } from '../result/stored-result.tsx';
import { visibleText } from '../visible-text.ts';
import type { Attempt } from './attempts.tsx';
import { OutputText } from './output-text.tsx';
import { Part } from './part.tsx';
import type { Moment } from './plan.tsx';
import { ToolCalls } from './tool-calls.tsx';

export interface StepDetailsProps {
  readonly step: ClientStep;
  readonly moment: Moment;
  readonly attempts: readonly Attempt[];
}

/** thoughts that are shown at first: the newest */
const THOUGHTS = 20;

/** Everything a step did, as far as it has happened. */
export function StepDetails({ step, moment, attempts }: StepDetailsProps): ReactNode {
  const { requestId } = useOpenRequest();
  const { stepId, data } = step;
  const { trace, seq, plan, answers } = moment;
  const { spans, calls, outputs, thoughts } = trace.step(stepId);
  const planned = plan?.steps.find(({ id }) => id === stepId);
  const made = calls.filter(({ fromSeq }) => fromSeq <= seq);
  const thought = thoughts.filter((one) => one.seq <= seq);
  const written = outputs.filter((output) => output.lengthAt(seq) > 0);
  const waited = waitedMs(spans, seq);
  const answered = answers.flatMap((answer) => {
    const prompt = trace.questions.get(answer.questionId)?.prompt;
    return answer.stepId === stepId && prompt !== undefined ? [{ answer, prompt }] : [];
  });
  const needs = (planned?.dependsOn ?? []).map((id) => plan?.steps.find((other) => other.id === id)?.title ?? id);
  const empty =
    answered.length + made.length + written.length + thought.length + needs.length === 0 &&
    data.result === null &&
    data.resultRef === null &&
    planned?.input === undefined;
  return (
    <div className="flex flex-col gap-4">
      {answered.map(({ answer, prompt }) => (
        <p key={answer.questionId}>{answeredText(answer, prompt)}</p>
      ))}
      {attempts.length > 1 ? <Attempts attempts={attempts} /> : null}
      {made.length === 0 ? null : <ToolCalls calls={made} moment={moment} />}
      {thought.length === 0 ? null : (
        <Part title="Thoughts">
          <ol className="flex flex-col gap-1 border-s-2 ps-3 text-muted">
            {thought.slice(-THOUGHTS).map(({ seq: at, text }) => (
              <li key={at} className="whitespace-pre-wrap [overflow-wrap:anywhere]">
                {visibleText(text)}
              </li>
            ))}
          </ol>
        </Part>
      )}
      {written.length === 0 ? null : (
        <Part title={outputTitle(written, step.attempt)}>
          <OutputText outputs={written} seq={seq} writing={step.status === 'running'} />
        </Part>
      )}
      {data.resultRef !== null ? (
        <Part title="Result">
          <StoredResult
            requestId={requestId}
            stored={data.resultRef}
            show={(value) => <JsonTree value={value} label="result" />}
          />
        </Part>
      ) : data.result === null ? null : (
        <Part title="Result">
          <JsonTree value={data.result} label="result" open={2} />
        </Part>
      )}
      {planned?.input === undefined ? null : (
        <Part title="Input">
          <JsonTree value={planned.input} label="input" />
        </Part>
      )}
      {empty ? (
        <p className="text-muted">{step.status === 'pending' ? 'It has not begun.' : 'It said nothing more.'}</p>
      ) : null}
      {needs.length === 0 && waited < WORTH_TELLING_MS ? null : (
        <p className="text-muted text-xs">
          {needs.length === 0 ? '' : `After: ${needs.map(visibleText).join(', ')}. `}
          {waited < WORTH_TELLING_MS ? '' : `Waited ${durationText(waited)} in all.`}
        </p>
      )}
    </div>
  );
}

/** Where only an earlier attempt wrote something, which one. */
const outputTitle = (written: readonly StepOutput[], attempt: number): string => {
  const [only] = written;
  return written.length === 1 && only !== undefined && only.attempt !== attempt
    ? `Output of attempt ${only.attempt}`
    : 'Output';
};

const WORTH_TELLING_MS = 100;

/** for an agent, for the next attempt, for an answer */
const waitedMs = (spans: readonly Span[], seq: number): number =>
  spans
    .filter(({ status, end }) => status !== 'running' && end !== null && end.seq <= seq)
    .reduce((sum, { fromAt, end }) => sum + (end?.at ?? fromAt) - fromAt, 0);

function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }): ReactNode {
  const [all, setAll] = useState(false);
  const shown = all ? attempts : attempts.slice(-5);
  return (
    <Part title="Attempts">
      {shown.length < attempts.length ? (
        <button type="button" className="text-accent" onClick={() => setAll(true)}>
          {attempts.length - shown.length} earlier
        </button>
      ) : null}
      <ol className="flex flex-col gap-1">
        {shown.map(({ attempt, from, to, error, asked }) => (
          <li key={`${attempt} ${from}`} className="flex gap-2 [overflow-wrap:anywhere]">
            <span className="shrink-0 text-muted">
              {attempt}. {to === null ? '' : durationText(to - from)}
            </span>
            <span className={error === null ? 'text-muted' : 'text-bad'}>
              {error !== null
                ? visibleText(error)
                : asked
                  ? 'asked, and waited for the answer'
                  : to === null
                    ? '…'
                    : 'done'}
            </span>
          </li>
        ))}
      </ol>
    </Part>
  );
}
