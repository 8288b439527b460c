import { isFinished, snapshotForClient } from '@stepwire/run-model';
import clsx from 'clsx';
import { Pause, Play, Radio, StepBack, StepForward } from 'lucide-react';
import { Slider } from 'radix-ui';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Progress } from '../../ui/progress.tsx';
import { Status, toneOf } from '../../ui/status.tsx';
import { durationText } from '../../ui/time-text.ts';
import { eventText } from '../events/event-text.ts';
import { offsetText } from '../events/offset-text.ts';
import { previewOf } from '../json-tree.tsx';
import type { Trace } from '../log/trace.ts';
import { PlanSkeleton } from '../plan/live-plan.tsx';
import { Plan } from '../plan/plan.tsx';
import { answerText } from '../questions.tsx';
import { useLog } from '../request-context.ts';
import { ResultCard } from '../result/result-card.tsx';
import { visibleText } from '../visible-text.ts';
import { EventMarks } from './event-marks.tsx';
import { type Playhead, played, playheadAt, replayOffsets, shortenedBy } from './replay-clock.ts';

const speeds = [1, 4, 16] as const;
/** a page that was not looked at does not jump by all that time (ms) */
const MAX_FRAME_MS = 250;
/** shorter ones are not worth a word (ms) */
const TOLD_GAP_MS = 3_000;

/** The request as it was after any of its events: folded from the log, as it was folded then. */
export default function Replay(): ReactNode {
  const { trace, length, standing } = useLog();
  const [complete, setComplete] = useState(false);
  // once it was: what happens then is added to its end
  if (!complete && length > 0 && standing !== 'loading') setComplete(true);
  if (!complete) {
    return length === 0 ? (
      <PlanSkeleton />
    ) : (
      <p className="text-muted">Loading the events, {length.toLocaleString()} so far</p>
    );
  }
  return <Player trace={trace} length={length} />;
}

interface PlayerProps {
  readonly trace: Trace;
  readonly length: number;
}

function Player({ trace, length }: PlayerProps): ReactNode {
  // the trace grows, which its length tells
  const offsets = useMemo(() => replayOffsets(trace.times), [trace, length]);
  const [head, setHead] = useState<Playhead>(() => playheadAt(offsets, hasEnded(trace, length) ? 1 : length));
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<number>(1);
  // another history may be shorter
  const position = Math.min(head.position, length);
  const go = (to: number): void => setHead(playheadAt(offsets, Math.max(1, Math.min(length, to))));
  const atEnd = position >= length;

  useEffect(() => {
    if (!playing) return undefined;
    let before = performance.now();
    let frame = requestAnimationFrame(function turn(now) {
      const passed = Math.min(MAX_FRAME_MS, Math.max(0, now - before));
      before = now;
      setHead((current) => played(current, offsets, passed, speed));
      frame = requestAnimationFrame(turn);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, speed, offsets]);
  useEffect(() => {
    if (atEnd) setPlaying(false);
  }, [atEnd]);

  const toggle = (): void => {
    if (!playing && atEnd) go(1);
    setPlaying(!playing);
  };
  useReplayKeys({
    ArrowLeft: () => go(position - 1),
    ArrowRight: () => go(position + 1),
    Home: () => go(1),
    End: () => go(length),
    ' ': toggle,
  });

  const run = trace.stateAt(position);
  const ended = isFinished(run.status);
  const live = !hasEnded(trace, length);
  const event = trace.events[position - 1];
  const titleOf = (stepId: string): string => run.plan?.steps.find(({ id }) => id === stepId)?.title ?? stepId;
  const shortened = shortenedBy(trace.times, offsets);
  const request = useMemo(() => snapshotForClient(run, ''), [run]);
  const past = trace.timeAt(position) - trace.timeAt(1);
  return (
    <div className="flex flex-col gap-5">
      <section
        aria-label="Replay"
        className="sticky top-22 z-20 flex flex-col gap-2 rounded-lg border bg-raised px-3 py-3 shadow-sm sm:top-14 sm:px-4"
      >
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <div className="flex items-center gap-1">
            <Button variant="primary" size="sm" className="w-22" onClick={toggle}>
              {playing ? (
                <Pause aria-hidden="true" className="size-4" />
              ) : (
                <Play aria-hidden="true" className="size-4" />
              )}
              {playing ? 'Pause' : 'Play'}
            </Button>
            <Button
              size="icon"
              variant="ghost"
              className="size-8!"
              aria-label="Step back"
              title="Step back (←)"
              disabled={position <= 1}
              onClick={() => go(position - 1)}
            >
              <StepBack aria-hidden="true" className="size-4" />
            </Button>
            <Button
              size="icon"
              variant="ghost"
              className="size-8!"
              aria-label="Step forward"
              title="Step forward (→)"
              disabled={atEnd}
              onClick={() => go(position + 1)}
            >
              <StepForward aria-hidden="true" className="size-4" />
            </Button>
          </div>
          <fieldset aria-label="Speed" className="flex rounded-md border">
            {speeds.map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={speed === one}
                onClick={() => setSpeed(one)}
                className={clsx(
                  'h-7 px-2.5 text-[0.8125rem] first:rounded-s-md last:rounded-e-md',
                  speed === one ? 'bg-accent-soft font-semibold text-accent' : 'text-muted hover:bg-sunken',
                )}
              >
                {one}×
              </button>
            ))}
          </fieldset>
          <span className="ms-auto text-muted">
            <span className="font-medium text-ink">{position.toLocaleString()}</span> of {length.toLocaleString()}
            <span aria-hidden="true"> · </span>
            <span>{offsetText(past)}</span>
          </span>
          {live ? (
            <Button size="sm" variant="ghost" disabled={atEnd} onClick={() => go(length)}>
              <Radio aria-hidden="true" className="size-4" />
              To now
            </Button>
          ) : null}
        </div>
        <div className="relative py-1.5">
          <EventMarks events={trace.events} length={length} />
          <Slider.Root
            min={1}
            max={Math.max(2, length)}
            value={[position]}
            onValueChange={([to]) => {
              setPlaying(false);
              if (to !== undefined) go(to);
            }}
            className="relative flex h-5 w-full touch-none select-none items-center"
          >
            <Slider.Track className="relative h-1.5 grow overflow-hidden rounded-full bg-sunken">
              <Slider.Range className="absolute h-full rounded-full bg-accent-fill" />
            </Slider.Track>
            <Slider.Thumb
              aria-label="Event"
              aria-valuetext={`Event ${position} of ${length}: ${event?.type ?? ''}`}
              className="block size-4.5 rounded-full border-2 border-accent-fill bg-raised shadow"
            />
          </Slider.Root>
        </div>
        {event === undefined ? null : (
          <p className="flex min-w-0 items-baseline gap-2">
            <span className="shrink-0 font-mono text-xs">{visibleText(event.type)}</span>
            <span className="min-w-0 truncate text-muted">{eventText(event, titleOf)}</span>
          </p>
        )}
        {shortened >= TOLD_GAP_MS ? (
          <p className="text-muted text-xs">
            {durationText(shortened)} in which nothing happened are left out when it plays.
          </p>
        ) : null}
      </section>
      <div className="flex items-center gap-3">
        <span className="whitespace-nowrap text-muted">At that moment</span>
        <Status status={run.status} />
        <Progress label="Progress at that moment" percent={run.progress} tone={toneOf(run.status)} className="flex-1" />
        <span className="w-12 whitespace-nowrap text-end text-muted">{run.progress} %</span>
      </div>
      {run.questions.map((question) => (
        <p key={question.questionId} className="rounded-lg border-2 border-wait px-4 py-3">
          <span className="block text-muted text-xs">It asks</span>
          <span className="font-semibold">{visibleText(question.prompt)}</span>
          {question.choices === null ? null : (
            <span className="mt-1 block text-muted">
              {question.choices.map((choice) => previewOf(answerText(choice))).join(' · ')}
            </span>
          )}
        </p>
      ))}
      <Plan
        moment={{
          plan: run.plan,
          steps: request.steps,
          status: run.status,
          trace,
          seq: position,
          planning: run.planning,
          answers: run.answers,
          live: false,
        }}
      />
      {ended ? <ResultCard request={request} /> : null}
    </div>
  );
}

const hasEnded = (trace: Trace, length: number): boolean => trace.stateAt(length).finishedAt !== null;

/** For the whole page, but where a key means something else. */
function useReplayKeys(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
      if (
        target instanceof HTMLElement &&
        target.closest('input, select, textarea, button, a, summary, [role=slider], [role=tab], [role=dialog]')
      )
        return;
      const act = keys[key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  });
}
