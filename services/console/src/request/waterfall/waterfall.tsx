import { ChartGantt, FoldHorizontal, Table2, ZoomIn, ZoomOut } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Empty } from '../../ui/empty.tsx';
import { useNow } from '../../ui/use-now.ts';
import { PlanSkeleton } from '../plan/live-plan.tsx';
import { useLog } from '../request-context.ts';
import { Legend } from './looks.tsx';
import { idleGaps, timeScale } from './time-scale.ts';
import { WaterfallChart } from './waterfall-chart.tsx';
import { waterfallRows } from './waterfall-rows.ts';
import { WaterfallTable } from './waterfall-table.tsx';

const zooms = [1, 2, 5, 10, 25, 100] as const;

export interface WaterfallProps {
  readonly onStep: (stepId: string) => void;
}

/** When each step waited and worked: a bar for each, over the time since the request began. */
export default function Waterfall({ onStep }: WaterfallProps): ReactNode {
  const { trace, length, standing } = useLog();
  const [asTable, setAsTable] = useState(false);
  const [zoom, setZoom] = useState(0);
  const [whole, setWhole] = useState(false);
  const run = trace.stateAt(length);
  const live = run.finishedAt === null;
  const clock = useNow(live ? 1_000 : null);
  const begunAt = trace.timeAt(1);
  const now = live ? Math.max(clock, trace.timeAt(length)) : trace.timeAt(length);
  const rows = useMemo(() => waterfallRows({ run, trace, begunAt, now }), [run, trace, begunAt, now]);
  const totalMs = Math.max(1, now - begunAt);
  const gaps = useMemo(() => idleGaps(rows, totalMs), [rows, totalMs]);
  const scale = useMemo(() => timeScale(totalMs, whole ? [] : gaps), [totalMs, gaps, whole]);
  if (length === 0 && standing === 'loading') return <PlanSkeleton />;
  if (rows.length === 0) {
    return (
      <Empty icon={ChartGantt} title="No steps yet">
        Each step becomes a bar as soon as its agent tells of it.
      </Empty>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Legend />
        <div className="ms-auto flex items-center gap-1">
          {asTable || gaps.length === 0 ? null : (
            <Button size="sm" variant="ghost" onClick={() => setWhole(!whole)}>
              <FoldHorizontal aria-hidden="true" className="size-4" />
              {whole ? 'Shorten waits' : 'Show waits in full'}
            </Button>
          )}
          {asTable ? null : (
            <>
              <Button
                size="icon"
                variant="ghost"
                aria-label="Zoom out"
                title="Zoom out"
                disabled={zoom === 0}
                onClick={() => setZoom(zoom - 1)}
              >
                <ZoomOut aria-hidden="true" className="size-4" />
              </Button>
              <Button
                size="icon"
                variant="ghost"
                aria-label="Zoom in"
                title="Zoom in"
                disabled={zoom === zooms.length - 1}
                onClick={() => setZoom(zoom + 1)}
              >
                <ZoomIn aria-hidden="true" className="size-4" />
              </Button>
            </>
          )}
          <Button size="sm" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? (
              <ChartGantt aria-hidden="true" className="size-4" />
            ) : (
              <Table2 aria-hidden="true" className="size-4" />
            )}
            {asTable ? 'As chart' : 'As table'}
          </Button>
        </div>
      </div>
      {asTable ? (
        <WaterfallTable rows={rows} onStep={onStep} />
      ) : (
        <WaterfallChart rows={rows} scale={scale} live={live} zoom={zooms[zoom] ?? 1} onStep={onStep} />
      )}
    </div>
  );
}
