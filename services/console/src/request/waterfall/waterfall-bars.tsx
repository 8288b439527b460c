import type { ReactNode } from 'react';
import { fills } from './looks.tsx';
import type { TimeScale } from './time-scale.ts';
import { type Segment, type WaterfallRow, waits } from './waterfall-rows.ts';

const MIN_BAR_PX = 2;

interface ShapeProps {
  readonly y?: number | undefined;
  readonly height?: number | undefined;
  readonly payload?: { readonly row: WaterfallRow } | undefined;
}

/** A step's bar in its parts: what waits is thin, what works is thick and has the number of its attempt where there were several. */
export const segmentsOf =
  (scale: TimeScale, leftPx: number, pxOfMs: number) =>
  ({ y = 0, height = 0, payload }: ShapeProps): ReactNode => {
    if (payload === undefined) return null;
    const { row } = payload;
    return (
      <g>
        {row.segments.map((segment) => (
          <Part
            key={`${segment.doing} ${segment.from}`}
            segment={segment}
            many={row.attempts > 1}
            y={y}
            height={height}
            x={leftPx + scale.shown(segment.from) * pxOfMs}
            px={(scale.shown(segment.to) - scale.shown(segment.from)) * pxOfMs}
          />
        ))}
      </g>
    );
  };

interface PartProps {
  readonly segment: Segment;
  readonly many: boolean;
  readonly y: number;
  readonly height: number;
  readonly x: number;
  /** how long it is */
  readonly px: number;
}

function Part({ segment: { doing, attempt }, many, x, y, height, px }: PartProps): ReactNode {
  const thin = waits.has(doing);
  const width = Math.max(thin ? 0 : MIN_BAR_PX, px);
  const high = thin ? 3 : height - 14;
  return (
    <>
      <rect
        x={x}
        y={y + (height - high) / 2}
        width={width}
        height={high}
        rx={thin ? 1.5 : Math.min(3, width / 2)}
        className={fills[doing]}
      />
      {many && !thin && width > 16 ? (
        <text
          x={x + width / 2}
          y={y + height / 2}
          textAnchor="middle"
          dominantBaseline="central"
          className="fill-panel font-semibold text-[0.625rem]"
        >
          {attempt}
        </text>
      ) : null}
    </>
  );
}
