import type { ReactNode } from 'react';
import { durationText } from '../../ui/time-text.ts';
import { visibleText } from '../visible-text.ts';
import { Swatch, words } from './looks.tsx';
import { type WaterfallRow, waits } from './waterfall-rows.ts';

/** A row in words. */
export function summaryOf({ status, segments, workedMs, waitedMs, attempts }: WaterfallRow): string {
  if (segments.length === 0) return 'not started';
  const began = `began after ${durationText(segments[0]?.from ?? 0)}`;
  const many = attempts > 1 ? `, ${attempts} attempts` : '';
  return `${status}, ${began}, worked ${durationText(workedMs)}, waited ${durationText(waitedMs)}${many}`;
}

/** parts that are told: the last ones */
const TOLD = 8;

interface DetailsProps {
  readonly row: WaterfallRow;
  /** px */
  readonly top: number;
  readonly left: number;
}

/** The same as the row's name says to who cannot see it, in parts. */
export function Details({ row: { title, tool, segments, workedMs, waitedMs }, top, left }: DetailsProps): ReactNode {
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute z-30 w-72 rounded-md border bg-raised px-3 py-2 text-xs shadow-lg"
      style={{ top, left, maxWidth: `calc(100% - ${left}px)` }}
    >
      <p className="font-semibold text-sm [overflow-wrap:anywhere]">{visibleText(title)}</p>
      {tool === '' || tool === title ? null : <p className="truncate font-mono text-muted">{visibleText(tool)}</p>}
      {segments.length === 0 ? (
        <p className="mt-1 text-muted">Not started</p>
      ) : (
        <>
          <ul className="mt-1.5 flex flex-col gap-0.5">
            {segments.slice(-TOLD).map((segment) => (
              <li key={`${segment.doing} ${segment.from}`} className="flex items-center gap-2">
                <Swatch doing={segment.doing} thin={waits.has(segment.doing)} />
                <span className="min-w-0 flex-1 truncate">
                  {words[segment.doing]}
                  {segment.error === null ? '' : `: ${visibleText(segment.error)}`}
                </span>
                <span className="shrink-0 text-muted">
                  {durationText(segment.from)} + {durationText(segment.to - segment.from)}
                </span>
              </li>
            ))}
          </ul>
          <p className="mt-1.5 border-t pt-1.5 text-muted">
            Worked {durationText(workedMs)}, waited {durationText(waitedMs)}
          </p>
        </>
      )}
    </div>
  );
}
