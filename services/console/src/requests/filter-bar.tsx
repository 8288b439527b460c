import clsx from 'clsx';
import { Search, X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { dayBefore, MAX_SEARCH_CHARS, noFilters, type RequestFilters, statusChoices } from './request-filters.ts';

export interface FilterBarProps {
  readonly filters: RequestFilters;
  readonly onChange: (filters: RequestFilters) => void;
}

/** Search, status and days. */
export function FilterBar({ filters, onChange }: FilterBarProps): ReactNode {
  const id = useId();
  const change = (more: Partial<RequestFilters>): void => onChange({ ...filters, ...more });
  const narrowed = Object.values(filters).some((value) => value !== '');
  return (
    <search className="flex flex-wrap items-end gap-x-3 gap-y-2.5">
      <SearchField q={filters.q} onSearch={(q) => change({ q })} />
      <div className="w-full sm:w-auto">
        <label htmlFor={`${id}-status`} className="mb-1 block text-muted text-xs">
          Status
        </label>
        <select
          id={`${id}-status`}
          value={filters.status}
          onChange={({ target }) => change({ status: target.value })}
          className="field h-9 w-full px-2.5"
        >
          {statusChoices.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </div>
      <Day label="From" value={filters.from} onChange={(from) => change({ from })} />
      <Day label="To" value={filters.to} onChange={(to) => change({ to })} />
      <fieldset className="-ms-2.5 flex flex-wrap gap-1 sm:ms-0" aria-label="Days">
        <Span label="Today" days={[0, 0]} filters={filters} onChange={change} />
        <Span label="Yesterday" days={[1, 1]} filters={filters} onChange={change} />
        <Span label="Last 7 days" days={[6, 0]} filters={filters} onChange={change} />
      </fieldset>
      {narrowed ? (
        // a word would take its place from the words that are searched for
        <Button
          variant="ghost"
          size="icon"
          aria-label="Clear filters"
          title="Clear filters"
          onClick={() => onChange(noFilters)}
        >
          <X aria-hidden="true" className="size-4" />
        </Button>
      ) : null}
    </search>
  );
}

/** typing pauses for this long before it is searched for (ms) */
const SEARCH_AFTER_MS = 250;

function SearchField({ q, onSearch }: { readonly q: string; readonly onSearch: (q: string) => void }): ReactNode {
  const [text, setText] = useState(q);
  const id = useId();
  const search = useRef(onSearch);
  useEffect(() => {
    search.current = onSearch;
  });
  const sought = useRef(q);
  useEffect(() => {
    // another address: back, or a link
    if (q !== sought.current) setText(q);
    sought.current = q;
  }, [q]);
  useEffect(() => {
    if (text === sought.current) return undefined;
    const timer = setTimeout(() => {
      sought.current = text;
      search.current(text);
    }, SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="w-full sm:w-auto sm:flex-1">
      <label htmlFor={id} className="mb-1 block text-muted text-xs">
        Search requests
      </label>
      <div className="relative">
        <Search aria-hidden="true" className="absolute start-3 top-2.5 size-4 text-muted" />
        <input
          id={id}
          type="search"
          value={text}
          maxLength={MAX_SEARCH_CHARS}
          placeholder="Words of the message"
          onChange={({ target }) => setText(target.value)}
          className="field h-9 w-full ps-9 pe-3"
        />
      </div>
    </div>
  );
}

interface DayProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (day: string) => void;
}

function Day({ label, value, onChange }: DayProps): ReactNode {
  const id = useId();
  return (
    <div className="flex-1 sm:flex-none">
      <label htmlFor={id} className="mb-1 block text-muted text-xs">
        {label}
      </label>
      <input
        id={id}
        type="date"
        value={value}
        onChange={({ target }) => onChange(target.value)}
        className="field h-9 w-full px-2.5"
      />
    </div>
  );
}

interface SpanProps {
  readonly label: string;
  /** how many days ago it begins, and ends */
  readonly days: readonly [number, number];
  readonly filters: RequestFilters;
  readonly onChange: (filters: Pick<RequestFilters, 'from' | 'to'>) => void;
}

function Span({ label, days: [first, last], filters, onChange }: SpanProps): ReactNode {
  const now = Date.now();
  const span = { from: dayBefore(now, first), to: dayBefore(now, last) };
  const chosen = filters.from === span.from && filters.to === span.to;
  return (
    <Button
      variant="ghost"
      aria-pressed={chosen}
      className={clsx('px-2.5', chosen && 'bg-accent-soft text-accent')}
      onClick={() => onChange(chosen ? { from: '', to: '' } : span)}
    >
      {label}
    </Button>
  );
}
