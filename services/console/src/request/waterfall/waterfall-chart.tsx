import clsx from 'clsx';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Bar, BarChart, CartesianGrid, ReferenceArea, ReferenceLine, XAxis, YAxis } from 'recharts';
import { StatusIcon } from '../../ui/status.tsx';
import { durationText } from '../../ui/time-text.ts';
import { visibleText } from '../visible-text.ts';
import { type TimeScale, ticksOf } from './time-scale.ts';
import { segmentsOf } from './waterfall-bars.tsx';
import { Details, summaryOf } from './waterfall-details.tsx';
import type { WaterfallRow } from './waterfall-rows.ts';

const ROW_PX = 28;
const AXIS_PX = 28;
const MAX_PX = 640;
/** drawn above and below of what is seen */
const OVERSCAN = 6;
const LABELS_PX = 224;
const LABELS_PX_PHONE = 128;
/** left of the first moment, and right of the last one, for the figures of the axis that stand there */
const LEFT_PX = 10;
const RIGHT_PX = 40;
const TICK_PX = 110;

export interface WaterfallChartProps {
  readonly rows: readonly WaterfallRow[];
  readonly scale: TimeScale;
  readonly live: boolean;
  readonly zoom: number;
  readonly onStep: (stepId: string) => void;
}

interface Area {
  readonly width: number;
  readonly top: number;
  readonly height: number;
}

/** Rows near the screen are drawn, by recharts; their names stay on the left, the axis on top. */
export function WaterfallChart({ rows, scale, live, zoom, onStep }: WaterfallChartProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [area, setArea] = useState<Area>({ width: 800, top: 0, height: MAX_PX });
  const [active, setActive] = useState<number | null>(null);
  const look = (): void => {
    const { current } = box;
    if (current === null) return;
    const { clientWidth: width, scrollTop: top, clientHeight: height } = current;
    setArea((before) =>
      before.width === width && before.top === top && before.height === height ? before : { width, top, height },
    );
  };
  useLayoutEffect(look, []);
  useEffect(() => {
    if (box.current === null) return undefined;
    const observer = new ResizeObserver(look);
    observer.observe(box.current);
    return () => observer.disconnect();
  });

  const labelsPx = area.width < 600 ? LABELS_PX_PHONE : LABELS_PX;
  const plotPx = Math.max(120, (area.width - labelsPx) * zoom);
  const first = Math.max(0, Math.floor(area.top / ROW_PX) - OVERSCAN);
  const seen = rows.slice(first, Math.ceil((area.top + area.height) / ROW_PX) + OVERSCAN);
  const { totalMs } = scale;
  const ticks = ticksOf(scale, Math.max(2, Math.floor(plotPx / TICK_PX)));
  const figures = new Map([...ticks].map(([at, ms]) => [at, tickText(ms)]));
  for (const { from, to } of scale.gaps)
    figures.set((scale.shown(from) + scale.shown(to)) / 2, `+${durationText(to - from)}`);
  const domain: [number, number] = [0, totalMs];
  const margin = { top: 0, right: RIGHT_PX, bottom: 0, left: LEFT_PX };
  const shown = active === null ? undefined : rows[active];
  return (
    <div className="relative" onPointerLeave={() => setActive(null)}>
      <div
        ref={box}
        onScroll={look}
        className="relative overflow-auto rounded-lg border bg-panel"
        style={{ maxHeight: MAX_PX }}
      >
        <div className="relative" style={{ width: labelsPx + plotPx, height: AXIS_PX + rows.length * ROW_PX }}>
          <div className="sticky top-0 z-20 flex border-b bg-panel" style={{ height: AXIS_PX }}>
            <div
              className="sticky start-0 z-10 shrink-0 bg-panel px-3 pt-1.5 text-muted text-xs"
              style={{ width: labelsPx }}
            >
              Step
            </div>
            <BarChart
              width={plotPx}
              height={AXIS_PX}
              data={[{ at: 0 }]}
              layout="vertical"
              margin={margin}
              accessibilityLayer={false}
            >
              <XAxis
                type="number"
                domain={domain}
                ticks={[...figures.keys()]}
                interval={0}
                orientation="top"
                height={AXIS_PX}
                axisLine={false}
                tickLine={false}
                tickFormatter={(at: number) => figures.get(at) ?? ''}
                tick={{ className: 'fill-muted text-xs' }}
              />
              <YAxis type="category" hide />
              {/* an axis is drawn only where something stands on it */}
              <Bar dataKey="at" isAnimationActive={false} />
            </BarChart>
          </div>
          <div className="absolute start-0" style={{ top: AXIS_PX + first * ROW_PX, left: labelsPx }}>
            <BarChart
              width={plotPx}
              height={seen.length * ROW_PX}
              data={seen.map((row) => ({ row, range: rangeOf(row).map(scale.shown) }))}
              layout="vertical"
              margin={margin}
              barCategoryGap={0}
              accessibilityLayer={false}
            >
              <XAxis type="number" domain={domain} ticks={[...ticks.keys()]} hide allowDataOverflow />
              <YAxis type="category" dataKey="row.stepId" hide />
              <CartesianGrid horizontal={false} verticalValues={[...ticks.keys()]} stroke="var(--color-line)" />
              {scale.gaps.map(({ from, to }) => (
                <ReferenceArea
                  key={from}
                  x1={scale.shown(from)}
                  x2={scale.shown(to)}
                  fill="var(--color-sunken)"
                  fillOpacity={1}
                />
              ))}
              <Bar
                dataKey="range"
                isAnimationActive={false}
                shape={segmentsOf(scale, LEFT_PX, (plotPx - LEFT_PX - RIGHT_PX) / totalMs)}
              />
              {live ? <ReferenceLine x={totalMs} stroke="var(--color-accent)" strokeDasharray="3 3" /> : null}
            </BarChart>
          </div>
          <ul aria-label="Steps" className="sticky start-0 z-10 w-0">
            {seen.map((row, index) => (
              <li
                key={row.stepId}
                className="absolute start-0 flex items-center border-e bg-panel"
                style={{ top: (first + index) * ROW_PX, height: ROW_PX, width: labelsPx }}
              >
                <button
                  type="button"
                  aria-label={`${visibleText(row.title)}: ${summaryOf(row)}`}
                  onFocus={() => setActive(first + index)}
                  onBlur={() => setActive(null)}
                  onClick={() => onStep(row.stepId)}
                  className={clsx(
                    'flex h-full w-full min-w-0 items-center gap-2 px-3 text-start focus-visible:-outline-offset-2',
                    active === first + index && 'bg-sunken',
                  )}
                >
                  <StatusIcon status={row.status} className="size-3.5" />
                  <span className="truncate">{visibleText(row.title)}</span>
                </button>
              </li>
            ))}
          </ul>
          {/* what is pointed at, over everything that is drawn */}
          {seen.map((row, index) => (
            <div
              key={row.stepId}
              aria-hidden="true"
              onPointerEnter={() => setActive(first + index)}
              className={clsx('absolute', active === first + index && 'bg-ink/5')}
              style={{ top: AXIS_PX + (first + index) * ROW_PX, height: ROW_PX, left: labelsPx, right: 0 }}
            />
          ))}
        </div>
      </div>
      {shown === undefined || active === null ? null : (
        <Details row={shown} top={AXIS_PX + (active + 1) * ROW_PX - area.top + 2} left={labelsPx + 8} />
      )}
    </div>
  );
}

const tickText = (ms: number): string => (ms === 0 ? '0' : durationText(ms).replace('.0 s', ' s'));

const rangeOf = ({ segments }: WaterfallRow): [number, number] => [segments[0]?.from ?? 0, segments.at(-1)?.to ?? 0];
