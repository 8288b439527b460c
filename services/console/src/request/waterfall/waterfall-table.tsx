import type { ReactNode } from 'react';
import { Status } from '../../ui/status.tsx';
import { durationText } from '../../ui/time-text.ts';
import { visibleText } from '../visible-text.ts';
import type { WaterfallRow } from './waterfall-rows.ts';

export interface WaterfallTableProps {
  readonly rows: readonly WaterfallRow[];
  readonly onStep: (stepId: string) => void;
}

/** The waterfall's figures, for who does not see it or wants to read them. */
export function WaterfallTable({ rows, onStep }: WaterfallTableProps): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by keyboard
    <section tabIndex={0} aria-label="Steps" className="overflow-x-auto rounded-lg border bg-panel">
      <table className="w-full whitespace-nowrap text-start">
        <thead>
          <tr className="border-b text-muted text-xs">
            {['Step', 'Status', 'Began after', 'Ended after', 'Worked', 'Waited', 'Attempts'].map((name, index) => (
              <th key={name} scope="col" className={`px-3 py-2 font-medium ${index < 2 ? 'text-start' : 'text-end'}`}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ stepId, title, status, segments, workedMs, waitedMs, attempts }) => {
            const work = segments.filter(({ doing }) => doing !== 'queued');
            const settled = status === 'completed' || status === 'failed' || status === 'skipped';
            return (
              <tr key={stepId} className="border-b last:border-0">
                <th scope="row" className="max-w-80 truncate px-3 py-1.5 text-start font-medium">
                  <button type="button" className="hover:text-accent hover:underline" onClick={() => onStep(stepId)}>
                    {visibleText(title)}
                  </button>
                </th>
                <td className="px-3 py-1.5">
                  <Status status={status} of="step" />
                </td>
                <Figure>{work[0] === undefined ? '–' : durationText(work[0].from)}</Figure>
                <Figure>{settled && segments.length > 0 ? durationText(segments.at(-1)?.to ?? 0) : '–'}</Figure>
                <Figure>{attempts === 0 ? '–' : durationText(workedMs)}</Figure>
                <Figure>{segments.length === 0 ? '–' : durationText(waitedMs)}</Figure>
                <Figure>{attempts}</Figure>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

const Figure = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <td className="px-3 py-1.5 text-end text-muted">{children}</td>
);
