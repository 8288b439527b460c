import type { ClientStep, RequestSnapshot } from '@stepwire/client';
import type { AnswerState, StepState } from '@stepwire/run-model';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { Columns3 } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Trace } from '../log/trace.ts';
import { visibleText } from '../visible-text.ts';
import { type PlanRow, planRows } from './plan-rows.ts';
import { Planning } from './planning.tsx';
import { StepCard } from './step-card.tsx';

/** One moment of a request: now, or one of its past. */
export interface Moment {
  readonly plan: RequestSnapshot['plan'];
  readonly steps: readonly ClientStep[];
  readonly status: RequestSnapshot['status'];
  readonly trace: Trace;
  /** everything up to this event has happened */
  readonly seq: number;
  readonly planning: StepState | null;
  readonly answers: readonly AnswerState[];
  /** false: time stands still at this moment */
  readonly live: boolean;
}

/** Whoever asks to see a step: another object each time. */
export interface StepWish {
  readonly stepId: string;
}

export interface PlanProps {
  readonly moment: Moment;
  readonly wish?: StepWish | null;
}

/** so many lines are all there, which a browser's own search finds; of more, those near the screen */
const ALL_UP_TO = 40;
const OVERSCAN = 6;
/** of a line before it was drawn (px) */
const LINE_PX = 84;
const PHASE_PX = 44;

/** The plan: its phases, and in each the steps; those that may run at once side by side. */
export function Plan({ moment, wish = null }: PlanProps): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  const columns = useColumns(list);
  const { plan, steps } = moment;
  const names = useStepNames(steps);
  const rows = useMemo(() => planRows(plan, names, columns), [plan, names, columns]);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const top = list.current === null ? 0 : list.current.getBoundingClientRect().top + scrollY;
    // what stands above comes and goes
    if (Math.abs(top - margin) > 1) setMargin(top);
  });
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());
  const toggle = useCallback((stepId: string, open: boolean) => {
    setOpened((before) => new Map(before).set(stepId, open));
  }, []);

  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (index) => (rows[index]?.kind === 'phase' ? PHASE_PX : LINE_PX),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: rows.length <= ALL_UP_TO ? rows.length : OVERSCAN,
    scrollMargin: margin,
    // below the header, which stays
    scrollPaddingStart: 80,
  });
  useEffect(() => {
    if (wish === null) return;
    const index = rows.findIndex(
      (row) => row.kind === 'steps' && row.steps.some((at) => names[at]?.stepId === wish.stepId),
    );
    if (index >= 0) virtualizer.scrollToIndex(index, { align: 'center' });
    // only where somebody asks anew: rows that change shall not scroll
  }, [wish]);

  return (
    <div className="flex flex-col gap-3">
      {moment.planning === null ? null : <Planning moment={moment} planning={moment.planning} />}
      {/* biome-ignore lint/a11y/useSemanticElements: lines of phases and steps in turns, which are not items of one kind */}
      <div
        ref={list}
        role="region"
        aria-label={plan?.goal === undefined ? 'Steps' : visibleText(plan.goal)}
        className="relative"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {virtualizer.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            <div
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${start - margin}px)` }}
            >
              {row.kind === 'phase' ? (
                <Phase name={row.name} steps={row.steps.flatMap((at) => steps[at] ?? [])} />
              ) : (
                <Line row={row} moment={moment} opened={opened} toggle={toggle} />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Phase({ name, steps }: { readonly name: string; readonly steps: readonly ClientStep[] }): ReactNode {
  const done = steps.filter(
    ({ status }) => status === 'completed' || status === 'skipped' || status === 'failed',
  ).length;
  return (
    <div className="flex items-baseline gap-2 pt-3 pb-2">
      <h2 className="font-semibold">{visibleText(name)}</h2>
      <span className="text-muted text-xs">
        {done} of {steps.length}
      </span>
    </div>
  );
}

interface LineProps {
  readonly row: Extract<PlanRow, { kind: 'steps' }>;
  readonly moment: Moment;
  /** what somebody opened or closed; others open while there is something to watch */
  readonly opened: ReadonlyMap<string, boolean>;
  readonly toggle: (stepId: string, open: boolean) => void;
}

function Line({ row, moment, opened, toggle }: LineProps): ReactNode {
  const cards = row.steps.flatMap((at) => {
    const step = moment.steps[at];
    if (step === undefined) return [];
    return [
      <StepCard
        key={step.stepId}
        step={step}
        moment={moment}
        opened={opened.get(step.stepId) ?? null}
        toggle={toggle}
        beside={row.sideBySide > 1}
      />,
    ];
  });
  if (row.sideBySide === 1) return <div className="pb-2">{cards}</div>;
  return (
    <div className="border-accent/35 border-s-2 ps-3 pb-2">
      {row.begins ? (
        <p className="flex items-center gap-1.5 pb-1.5 text-muted text-xs">
          <Columns3 aria-hidden="true" className="size-3.5" />
          Side by side: {row.sideBySide}
        </p>
      ) : null}
      <div className="grid grid-flow-dense grid-cols-1 items-start gap-2 sm:grid-cols-2 lg:grid-cols-3">{cards}</div>
    </div>
  );
}

/** As many as the grid above has. */
function useColumns(element: { readonly current: HTMLElement | null }): number {
  const [columns, setColumns] = useState(() => columnsFor(innerWidth));
  useEffect(() => {
    if (element.current === null) return undefined;
    const observer = new ResizeObserver(() => setColumns(columnsFor(innerWidth)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return columns;
}

/** Tailwind's `sm` and `lg` @param width of the window (px) */
const columnsFor = (width: number): number => (width < 640 ? 1 : width < 1024 ? 2 : 3);

/** The same object while no step came or went, whatever happens to them. */
function useStepNames(steps: readonly ClientStep[]): readonly ClientStep[] {
  const names = useRef(steps);
  const same =
    names.current.length === steps.length && steps.every(({ stepId }, at) => names.current[at]?.stepId === stepId);
  if (!same) names.current = steps;
  return names.current;
}
