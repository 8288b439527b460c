import { AgentText } from '@stepwire/react/components';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import type { StepOutput } from '../log/step-output.ts';
import { useTail } from '../use-tail.ts';
import { visibleText } from '../visible-text.ts';

export interface OutputTextProps {
  /** one for each attempt that wrote something, at least one */
  readonly outputs: readonly StepOutput[];
  readonly seq: number;
  /** more may come */
  readonly writing: boolean;
}

/** What a step wrote: as lines, of which those on screen are there, or as the Markdown that it seems to be. */
export function OutputText({ outputs, seq, writing }: OutputTextProps): ReactNode {
  const [chosen, setChosen] = useState<number | null>(null);
  const [asText, setAsText] = useState<boolean | null>(null);
  const output = outputs.find(({ attempt }) => attempt === chosen) ?? outputs.at(-1);
  if (output === undefined) return null;
  const markdown = output.linesAt(seq) <= MARKDOWN_LINES && looksLikeMarkdown(output.textAt(seq));
  const plain = asText ?? !markdown;
  return (
    <div>
      {outputs.length > 1 || markdown ? (
        <div className="mb-1.5 flex flex-wrap gap-1">
          {outputs.length > 1
            ? outputs.map(({ attempt }) => (
                <Choice key={attempt} chosen={attempt === output.attempt} choose={() => setChosen(attempt)}>
                  Attempt {attempt}
                </Choice>
              ))
            : null}
          {markdown ? (
            <Choice chosen={plain} choose={() => setAsText(!plain)}>
              As plain text
            </Choice>
          ) : null}
        </div>
      ) : null}
      {plain ? (
        <Lines key={output.attempt} output={output} seq={seq} writing={writing} />
      ) : (
        <div className="rounded-md bg-sunken px-3 py-2">
          <AgentText>{visibleText(output.textAt(seq))}</AgentText>
        </div>
      )}
    </div>
  );
}

/** more than that is a log */
const MARKDOWN_LINES = 300;
const looksLikeMarkdown = (text: string): boolean => /^(#{1,6} |```|[*-] |\d+\. |> |\|)|\*\*[^*]+\*\*/m.test(text);

interface ChoiceProps {
  readonly chosen: boolean;
  readonly choose: () => void;
  readonly children: ReactNode;
}

const Choice = ({ chosen, choose, children }: ChoiceProps): ReactNode => (
  <Button
    size="sm"
    variant={chosen ? 'secondary' : 'ghost'}
    aria-pressed={chosen}
    className="h-6! px-2!"
    onClick={choose}
  >
    {children}
  </Button>
);

const LINE_PX = 20;

function Lines({
  output,
  seq,
  writing,
}: Omit<OutputTextProps, 'outputs'> & { readonly output: StepOutput }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const count = output.linesAt(seq);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 10,
  });
  const heightPx = virtualizer.getTotalSize();
  const { follows, follow, onScroll } = useTail(box, true, output.lengthAt(seq), heightPx);
  const behind = writing && !follows;
  return (
    <div className="relative">
      <section
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by keyboard
        tabIndex={0}
        aria-label={`Output, ${count.toLocaleString()} ${count === 1 ? 'line' : 'lines'}`}
        onScroll={onScroll}
        className="max-h-80 overflow-auto rounded-md bg-sunken py-2 font-mono text-xs leading-5 [overflow-anchor:none]"
      >
        <div className="relative" style={{ height: heightPx }}>
          {virtualizer.getVirtualItems().map(({ index, key, start }) => (
            <div
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              className="absolute inset-x-0 top-0 flex px-3"
              style={{ transform: `translateY(${start}px)` }}
            >
              {count > 10 ? (
                <span aria-hidden="true" className="w-12 shrink-0 select-none pe-3 text-end text-muted">
                  {index + 1}
                </span>
              ) : null}
              <span className="min-h-5 min-w-0 flex-1 whitespace-pre-wrap [overflow-wrap:anywhere]">
                {visibleText(output.lineAt(index, seq))}
              </span>
            </div>
          ))}
        </div>
      </section>
      {behind ? (
        <Button size="sm" className="absolute! end-4 bottom-2 shadow" onClick={() => follow(true)}>
          <ArrowDown aria-hidden="true" className="size-4" />
          Follow
        </Button>
      ) : null}
    </div>
  );
}
