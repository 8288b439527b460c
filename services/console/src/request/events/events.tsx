import type { LogEvent } from '@stepwire/client';
import { isFinished } from '@stepwire/run-model';
import { useVirtualizer } from '@tanstack/react-virtual';
import clsx from 'clsx';
import { ArrowDown, ChevronDown, ChevronRight, ListX } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Menu, MenuChoice, MenuContent, MenuTrigger } from '../../ui/menu.tsx';
import { absoluteText } from '../../ui/time-text.ts';
import { JsonTree } from '../json-tree.tsx';
import type { LogView } from '../log/request-log.ts';
import { useLog } from '../request-context.ts';
import { useTail } from '../use-tail.ts';
import { visibleText } from '../visible-text.ts';
import { eventText } from './event-text.ts';
import { offsetText } from './offset-text.ts';

/** of a row that is closed; on a phone its data stands in a second line (px) */
const ROW_PX = 33;
const ROW_PX_PHONE = 53;
const HEAD_PX = 33;

/** Every event of the log as it is, those on screen rendered. At its end it goes along with what happens. */
export default function Events(): ReactNode {
  const log = useLog();
  const [type, setType] = useState('');
  const [wanted, setWanted] = useState('');
  const { trace, length } = log;
  // the trace grows, which its length tells
  const types = useMemo(() => countsOf(trace.events), [trace, length]);
  // the same
  const events = useMemo(() => chosen(trace.events, type, wanted), [trace, length, type, wanted]);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Menu>
          <MenuTrigger asChild>
            <Button size="sm">
              {type === '' ? 'All types' : visibleText(type)}
              <ChevronDown aria-hidden="true" className="size-4 text-muted" />
            </Button>
          </MenuTrigger>
          <MenuContent>
            <div className="max-h-80 overflow-y-auto">
              <MenuChoice value={type} onChoose={setType} choices={choicesOf(types, length)} />
            </div>
          </MenuContent>
        </Menu>
        <input
          type="search"
          aria-label="Search events"
          placeholder="Search events"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
          className="field h-8 min-w-0 flex-1 basis-40 px-2.5 sm:max-w-72"
        />
        <span className="ms-auto flex items-center gap-2 text-muted">
          <Standing log={log} shown={events.length} />
          <CopyButton text={() => JSON.stringify(events, null, 2)} label="Copy JSON" size="sm" />
        </span>
      </div>
      {events.length === 0 ? (
        <Empty icon={ListX} title={length === 0 ? 'No events yet' : 'No event is like that'}>
          {length === 0 ? 'They appear here as they happen.' : 'Choose another type, or search for something else.'}
        </Empty>
      ) : (
        <Table key={`${type} ${wanted}`} events={events} log={log} />
      )}
    </div>
  );
}

function Standing({
  log: { length, head, standing },
  shown,
}: {
  readonly log: LogView;
  readonly shown: number;
}): ReactNode {
  if (standing === 'loading') return `Loading, ${length.toLocaleString()} of ${head.toLocaleString()}`;
  if (shown < length) return `${shown.toLocaleString()} of ${length.toLocaleString()}`;
  return `${length.toLocaleString()} ${length === 1 ? 'event' : 'events'}`;
}

const choicesOf = (types: readonly (readonly [string, number])[], length: number) =>
  ([['', length], ...types] as const).map(([value, count]) => ({
    value,
    label: (
      <span className="flex flex-1 items-baseline gap-4">
        {value === '' ? 'All types' : visibleText(value)}
        <span className="ms-auto text-muted">{count.toLocaleString()}</span>
      </span>
    ),
  }));

const countsOf = (events: readonly LogEvent[]): readonly (readonly [string, number])[] => {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b));
};

function chosen(events: readonly LogEvent[], type: string, wanted: string): readonly LogEvent[] {
  const words = wanted.trim().toLowerCase();
  if (type === '' && words === '') return [...events];
  return events.filter(
    (event) =>
      (type === '' || event.type === type) &&
      (words === '' || `${event.agent} ${event.type} ${JSON.stringify(event.data)}`.toLowerCase().includes(words)),
  );
}

/** Tailwind's `sm` */
const WIDE = '(min-width: 640px)';
const isWide = (): boolean => matchMedia(WIDE).matches;
function whenWide(changed: () => void): () => void {
  const wide = matchMedia(WIDE);
  wide.addEventListener('change', changed);
  return () => wide.removeEventListener('change', changed);
}

interface TableProps {
  readonly events: readonly LogEvent[];
  readonly log: LogView;
}

function Table({ events, log: { trace, length } }: TableProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const { status, plan } = trace.stateAt(length);
  const [opened, setOpened] = useState<ReadonlyMap<number, boolean>>(new Map());
  const rowPx = useSyncExternalStore(whenWide, isWide) ? ROW_PX : ROW_PX_PHONE;
  const titles = useMemo(() => new Map(plan?.steps.map(({ id, title }) => [id, title])), [plan]);
  const titleOf = (stepId: string): string => titles.get(stepId) ?? stepId;
  const virtualizer = useVirtualizer({
    count: events.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    getItemKey: (index) => events[index]?.seq ?? index,
    paddingStart: HEAD_PX,
    overscan: 12,
  });
  const heightPx = virtualizer.getTotalSize();
  const last = events.at(-1)?.seq ?? 0;
  const { follows, follow, onScroll } = useTail(box, !isFinished(status), last, heightPx);
  const [seen, setSeen] = useState(last);
  useEffect(() => {
    if (follows) setSeen(last);
  }, [follows, last]);
  const toggle = (seq: number): void => {
    setOpened((before) => new Map(before).set(seq, before.get(seq) !== true));
    follow(false);
  };
  const unseen = follows ? 0 : events.length - events.findLastIndex(({ seq }) => seq <= seen) - 1;
  return (
    <div className="relative">
      <section
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by keyboard
        tabIndex={0}
        aria-label="Log"
        onScroll={onScroll}
        className="h-[min(70dvh,44rem)] overflow-y-auto overflow-x-hidden rounded-lg border bg-panel [overflow-anchor:none]"
      >
        <table
          aria-label="Events"
          aria-rowcount={events.length + 1}
          className="relative block"
          style={{ height: heightPx }}
        >
          <thead className="sticky top-0 z-10 block border-b bg-panel text-start text-muted text-xs">
            <tr className={clsx(columns, 'h-8')}>
              <Heading>Seq</Heading>
              <Heading>Time</Heading>
              <Heading>Type</Heading>
              <Heading className="max-sm:sr-only">Agent</Heading>
              <Heading className="max-sm:sr-only">Data</Heading>
            </tr>
          </thead>
          <tbody className="block">
            {virtualizer.getVirtualItems().map(({ index, key, start }) => {
              const event = events[index];
              if (event === undefined) return null;
              return (
                <tr
                  key={key}
                  // measuring is what costs most: of those that never were open, the height is known
                  ref={opened.has(event.seq) ? virtualizer.measureElement : undefined}
                  data-index={index}
                  aria-rowindex={index + 2}
                  className={clsx(columns, 'absolute inset-x-0 top-0 border-b py-1.5 hover:bg-sunken/60')}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <Cells
                    event={event}
                    begunAt={trace.timeAt(1)}
                    text={eventText(event, titleOf)}
                    isOpen={opened.get(event.seq) === true}
                    toggle={toggle}
                  />
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {unseen > 0 ? (
        <Button
          size="sm"
          variant="primary"
          className="absolute! start-1/2 bottom-4 -translate-x-1/2 shadow-lg"
          onClick={() => follow(true)}
        >
          <ArrowDown aria-hidden="true" className="size-4" />
          {unseen} new
        </Button>
      ) : null}
    </div>
  );
}

const Heading = ({ className, children }: { readonly className?: string; readonly children: string }): ReactNode => (
  <th scope="col" className={clsx('text-start font-medium', className)}>
    {children}
  </th>
);

interface CellsProps {
  readonly event: LogEvent;
  /** Unix ms */
  readonly begunAt: number;
  readonly text: string;
  readonly isOpen: boolean;
  readonly toggle: (seq: number) => void;
}

function Cells({ event, begunAt, text, isOpen, toggle }: CellsProps): ReactNode {
  const { seq, type, agent, timestamp } = event;
  const at = Date.parse(timestamp);
  return (
    <>
      <td className="text-muted">{seq}</td>
      <td title={absoluteText(at)} className="text-muted">
        {offsetText(at - begunAt)}
      </td>
      <td className={clsx('min-w-0 truncate font-medium', toneOf(type))}>{visibleText(type)}</td>
      <td className="min-w-0 truncate text-muted max-sm:hidden">{visibleText(agent)}</td>
      <td className="min-w-0 max-sm:col-span-full">
        <button
          type="button"
          aria-expanded={isOpen}
          aria-label={`Data of event ${seq}: ${text}`}
          onClick={() => toggle(seq)}
          className="flex w-full min-w-0 items-center gap-1 rounded-sm text-start"
        >
          <ChevronRight
            aria-hidden="true"
            className={clsx('size-3.5 shrink-0 text-muted transition-transform', isOpen && 'rotate-90')}
          />
          <span className="truncate">{text}</span>
        </button>
      </td>
      {isOpen ? (
        <td className="col-span-full min-w-0 py-1 sm:ps-14">
          <JsonTree value={event} label={`event ${seq}`} open={3} />
        </td>
      ) : null}
    </>
  );
}

const columns =
  'grid items-center gap-x-3 px-3 grid-cols-[2.5rem_4.5rem_minmax(0,1fr)] sm:grid-cols-[2.75rem_5rem_13rem_7.5rem_minmax(0,1fr)]';

function toneOf(type: string): string {
  if (type.endsWith('.failed')) return 'text-bad';
  if (type.startsWith('question.') || type === 'executor.question.asked' || type === 'request.stalled')
    return 'text-wait';
  if (type === 'request.completed') return 'text-good';
  return '';
}
