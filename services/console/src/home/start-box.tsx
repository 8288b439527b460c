import { useConnectionStatus, useStartRequest } from '@stepwire/react';
import { ArrowRight } from 'lucide-react';
import { type FormEvent, type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { sentence } from '../shell/connection-view.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { examples } from './examples.ts';

/** in sessionStorage: what was typed and not sent yet, for whoever leaves and comes back */
const DRAFT_KEY = 'stepwire.draft';
const onApple = /Mac|iPhone|iPad/.test(navigator.platform);

/** The box that a check is started with. */
export function StartBox(): ReactNode {
  const [text, setText] = useState(() => sessionStorage.getItem(DRAFT_KEY) ?? '');
  const { start, starting, error } = useStartRequest();
  const { state } = useConnectionStatus();
  const [, navigate] = useLocation();
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();

  const write = (typed: string): void => {
    setText(typed);
    sessionStorage.setItem(DRAFT_KEY, typed);
  };
  const check = async (): Promise<void> => {
    if (text.trim() === '') {
      field.current?.focus();
      return;
    }
    const started = await start({ userQuery: text.trim() });
    if (started === null) return;
    sessionStorage.removeItem(DRAFT_KEY);
    navigate(`/requests/${encodeURIComponent(started.requestId)}`);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void check();
  };
  const keyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (!starting) void check();
  };
  const waits = starting && state !== 'live' && state !== 'catching-up';

  return (
    <form onSubmit={submit}>
      <label htmlFor={id} className="block font-semibold text-xl tracking-tight sm:text-2xl">
        What should be checked?
      </label>
      <p id={`${id}-help`} className="mt-1.5 max-w-2xl text-muted">
        Paste a message, a link or a phone number that you do not trust. Agents look into it side by side, you watch
        every step as it happens, and at the end there is a verdict with its reasons.
      </p>
      <div className="mt-4 rounded-xl border border-edge bg-panel focus-within:outline-2 focus-within:outline-accent">
        <textarea
          id={id}
          ref={field}
          aria-describedby={`${id}-help`}
          rows={3}
          value={text}
          placeholder="Your parcel is held, pay 2.99 at …"
          onChange={(event) => write(event.target.value)}
          onKeyDown={keyDown}
          className="field-sizing-content block max-h-80 min-h-24 w-full resize-none bg-transparent px-4 py-3 text-base outline-none"
        />
        <div className="flex flex-wrap items-center gap-3 border-t px-3 py-2.5">
          <span className="hidden text-muted text-xs sm:inline">
            <kbd className="font-sans">{onApple ? '⌘' : 'Ctrl'}</kbd> + <kbd className="font-sans">Enter</kbd>
          </span>
          {waits ? (
            <span role="status" className="text-wait">
              It starts as soon as there is a connection.
            </span>
          ) : null}
          <Button type="submit" variant="primary" size="lg" busy={starting} className="ms-auto">
            Check
            <ArrowRight aria-hidden="true" className="size-4" />
          </Button>
        </div>
      </div>
      {error === null ? null : <Notice className="mt-3">Not started: {sentence(error.message)}</Notice>}
      <div className="mt-3 flex flex-wrap items-center gap-2">
        <span className="text-muted">Try</span>
        {examples.map((example) => (
          <Button
            key={example.label}
            size="chip"
            onClick={() => {
              write(example.text);
              field.current?.focus();
            }}
          >
            {example.label}
          </Button>
        ))}
      </div>
    </form>
  );
}
