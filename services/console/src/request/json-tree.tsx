import { ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { CopyButton } from '../ui/copy-button.tsx';
import { visibleText } from './visible-text.ts';

/** members of one list or object that are shown at first, and with each press of "more" */
const AT_ONCE = 50;
/** longer texts are shown by their beginning (UTF-16 code units) */
const TEXT_CHARS = 400;

export interface JsonTreeProps {
  readonly value: unknown;
  /** what it is, as the button that copies it says it */
  readonly label: string;
  /** how many levels are open at first */
  readonly open?: number;
}

/** Any JSON, as a tree that opens and closes. Its texts are text. */
export function JsonTree({ value, label, open = 1 }: JsonTreeProps): ReactNode {
  return (
    <div className="relative rounded-md bg-sunken px-3 py-2 pe-9 font-mono text-xs leading-5">
      {typeof value === 'object' && value !== null && Object.keys(value).length > 0 ? (
        <Members of={value} open={open - 1} />
      ) : (
        <Node name={null} value={value} open={0} />
      )}
      <CopyButton
        text={() => JSON.stringify(value, null, 2) ?? ''}
        label={`Copy ${label}`}
        iconOnly
        variant="ghost"
        size="icon"
        className="absolute! end-1 top-1 size-7! bg-sunken"
      />
    </div>
  );
}

interface NodeProps {
  readonly name: string | null;
  readonly value: unknown;
  readonly open: number;
}

function Node({ name, value, open }: NodeProps): ReactNode {
  const label = name === null ? null : <span className="text-muted">{visibleText(name)}: </span>;
  if (typeof value === 'object' && value !== null) return <Branch label={label} value={value} open={open} />;
  return (
    <div className="break-words ps-4 [overflow-wrap:anywhere]">
      {label}
      <Leaf value={value} />
    </div>
  );
}

interface BranchProps {
  readonly label: ReactNode;
  readonly value: object;
  readonly open: number;
}

function Branch({ label, value, open }: BranchProps): ReactNode {
  const [isOpen, setOpen] = useState(open > 0);
  const isList = Array.isArray(value);
  const members = Object.entries(value);
  const [before, after] = isList ? '[]' : '{}';
  if (members.length === 0) {
    return (
      <div className="ps-4">
        {label}
        <span className="text-muted">
          {before}
          {after}
        </span>
      </div>
    );
  }
  return (
    <div>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex max-w-full items-start rounded-sm text-start hover:text-accent"
      >
        <ChevronRight
          aria-hidden="true"
          className={`mt-1 me-1 size-3 shrink-0 transition-transform ${isOpen ? 'rotate-90' : ''}`}
        />
        <span className="[overflow-wrap:anywhere]">
          {label}
          <span className="text-muted">
            {isList ? `${members.length} ${members.length === 1 ? 'item' : 'items'}` : isOpen ? '' : previewOf(value)}
            {!isList && isOpen ? '{…}' : ''}
          </span>
        </span>
      </button>
      {isOpen ? (
        <div className="ms-1.5 border-s ps-2">
          <Members of={value} open={open - 1} />
        </div>
      ) : null}
    </div>
  );
}

function Members({ of, open }: { readonly of: object; readonly open: number }): ReactNode {
  const [shown, setShown] = useState(AT_ONCE);
  const members = Object.entries(of);
  return (
    <>
      {members.slice(0, shown).map(([key, member]) => (
        <Node key={key} name={key} value={member} open={open} />
      ))}
      {members.length > shown ? (
        <button type="button" className="ps-4 text-accent" onClick={() => setShown(shown + AT_ONCE)}>
          {members.length - shown} more
        </button>
      ) : null}
    </>
  );
}

function Leaf({ value }: { readonly value: unknown }): ReactNode {
  const [whole, setWhole] = useState(false);
  if (typeof value !== 'string') {
    return <span className={typeof value === 'number' ? 'text-run' : 'text-wait'}>{String(value)}</span>;
  }
  const cut = !whole && value.length > TEXT_CHARS;
  return (
    <span className="whitespace-pre-wrap text-good">
      “{visibleText(cut ? value.slice(0, TEXT_CHARS) : value)}
      {cut ? (
        <button type="button" className="text-accent" onClick={() => setWhole(true)}>
          … {value.length - TEXT_CHARS} more characters
        </button>
      ) : (
        '”'
      )}
    </span>
  );
}

/** What is in something, in a few words: what is empty says nothing. */
export function previewOf(value: unknown, maxChars = 120): string {
  const text = previewed(value, 0);
  return text.length > maxChars ? `${text.slice(0, maxChars - 1)}…` : text;
}

function previewed(value: unknown, depth: number): string {
  if (typeof value === 'string') {
    const text = visibleText(value).replaceAll(/\s+/g, ' ');
    return text.length > 60 ? `${text.slice(0, 59)}…` : text;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value))
    return value.length === 1 && isShort(value[0]) ? previewed(value[0], depth) : `${value.length}`;
  const members = Object.entries(value).filter(([, member]) => !isEmpty(member));
  if (depth > 0) return `{${members.length}}`;
  return members.map(([key, member]) => `${visibleText(key)} ${previewed(member, depth + 1)}`).join(' · ');
}

const isShort = (value: unknown): boolean => typeof value !== 'object' && `${value}`.length <= 60;

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
