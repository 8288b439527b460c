import { Check, ChevronRight, LoaderCircle, Wrench, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { durationText } from '../../ui/time-text.ts';
import { JsonTree, previewOf } from '../json-tree.tsx';
import type { ToolCall } from '../log/trace.ts';
import { visibleText } from '../visible-text.ts';
import { Elapsed } from './attempts.tsx';
import { Part } from './part.tsx';
import type { Moment } from './plan.tsx';

/** how many at first: the newest */
const AT_ONCE = 20;

/** What a step called, with what, and what came back. */
export function ToolCalls({
  calls,
  moment,
}: {
  readonly calls: readonly ToolCall[];
  readonly moment: Moment;
}): ReactNode {
  const [shown, setShown] = useState(AT_ONCE);
  const from = Math.max(0, calls.length - shown);
  return (
    <Part title="Tool calls">
      {from > 0 ? (
        <button type="button" className="mb-1 text-accent" onClick={() => setShown(shown + AT_ONCE)}>
          {from} earlier
        </button>
      ) : null}
      <ul className="divide-y rounded-md border">
        {calls.slice(from).map((call) => (
          <Call key={`${call.id} ${call.fromSeq}`} call={call} moment={moment} />
        ))}
      </ul>
    </Part>
  );
}

function Call({ call, moment: { seq, live, trace } }: { readonly call: ToolCall; readonly moment: Moment }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { name, input, fromAt } = call;
  const end = call.end !== null && call.end.seq <= seq ? call.end : null;
  const [Icon, tone] =
    end === null
      ? ([LoaderCircle, 'text-run animate-spin'] as const)
      : end.error === null
        ? ([Check, 'text-good'] as const)
        : ([X, 'text-bad'] as const);
  return (
    <li>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex w-full items-center gap-2 px-2.5 py-1.5 text-start hover:bg-sunken"
      >
        <Wrench aria-hidden="true" className="size-3.5 shrink-0 text-muted" />
        <span className="shrink-0 font-mono text-xs">{visibleText(name)}</span>
        <span className="min-w-0 flex-1 truncate text-muted text-xs">
          {end?.error != null ? visibleText(end.error) : input === undefined ? '' : previewOf(input, 100)}
        </span>
        <span className="shrink-0 text-muted text-xs">
          {end === null ? (
            <Elapsed from={fromAt} live={live} now={trace.timeAt(seq)} />
          ) : (
            durationText(end.durationMs ?? end.at - fromAt)
          )}
        </span>
        <Icon aria-hidden="true" className={`size-3.5 shrink-0 ${tone}`} />
        <span className="sr-only">{end === null ? 'under way' : end.error === null ? 'succeeded' : 'went wrong'}</span>
        <ChevronRight
          aria-hidden="true"
          className={`size-3.5 shrink-0 text-muted transition-transform ${isOpen ? 'rotate-90' : ''}`}
        />
      </button>
      {isOpen ? (
        <div className="flex flex-col gap-3 px-2.5 pt-1 pb-3">
          {input === undefined ? (
            <p className="text-muted">Its input was not told.</p>
          ) : (
            <Part title="Input">
              <JsonTree value={input} label="input" open={2} />
            </Part>
          )}
          {end === null ? null : end.error !== null ? (
            <p className="whitespace-pre-wrap text-bad [overflow-wrap:anywhere]">{visibleText(end.error)}</p>
          ) : end.output === undefined ? (
            <p className="text-muted">Its output was not told.</p>
          ) : (
            <Part title="Output">
              <JsonTree value={end.output} label="output" open={2} />
            </Part>
          )}
        </div>
      ) : null}
    </li>
  );
}
