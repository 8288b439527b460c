import { styleText } from 'node:util';
import type { LogEvent } from '@stepwire/protocol';
import type { RunState } from '@stepwire/run-model';
import { createLogUpdate } from 'log-update';
import { eventLines } from './event-lines.ts';
import { type Style, screenLines } from './screen-lines.ts';
import { outcome } from './verdict.ts';
import { jsonLine, visible } from './visible.ts';

/** Where what happens is told. */
export interface Output {
  begin(requestId: string, address: string): void;
  event(before: RunState, event: LogEvent, after: RunState, frame: unknown): void;
  /** about the client itself, not the request */
  notice(text: string): void;
  /** the terminal belongs to a prompt until `resume` */
  pause(): void;
  resume(): void;
  /** @param end how the request ended; absent: it goes on without us */
  close(end?: { readonly state: RunState; readonly address: string }): void;
}

type Write = (text: string) => void;

/** Events, one JSON a line, and nothing else on stdout. */
export const jsonOutput = (out: Write, err: Write): Output => ({
  begin: () => {},
  event: (_before, _event, _after, frame) => out(`${jsonLine(frame)}\n`),
  notice: (text) => err(`${visible(text)}\n`),
  pause: () => {},
  resume: () => {},
  close: () => {},
});

/** A line per event, for logs and pipes. */
export const plainOutput = (out: Write, err: Write): Output => ({
  begin: (requestId, address) => out(`request ${visible(requestId)}\naddress ${address}\n`),
  event(before, event, after) {
    for (const line of eventLines(before, event, after)) out(`${line}\n`);
  },
  notice: (text) => err(`${visible(text)}\n`),
  pause: () => {},
  resume: () => {},
  close(end) {
    if (end !== undefined) for (const line of outcome(end.state, end.address)) out(`${line}\n`);
  },
});

const TICK_MS = 100;

/** The plan with a bar and a line per step, painted over itself as it goes. */
export function liveOutput(stream: NodeJS.WriteStream): Output {
  const paint = (style: Style, text: string) => styleText(style, text, { stream });
  const area = createLogUpdate(stream);
  let state: RunState | null = null;
  let tick = 0;
  let isPaused = false;
  const repaint = () => {
    if (state === null || isPaused || state.plan === null) return;
    area(screenLines(state, { columns: stream.columns || 80, rows: stream.rows || 24, tick, paint }).join('\n'));
  };
  const timer = setInterval(() => {
    tick += 1;
    repaint();
  }, TICK_MS);

  /** Above the painted area, which goes on below. */
  const print = (text: string) => {
    if (!isPaused) area.clear();
    stream.write(`${text}\n`);
    repaint();
  };
  return {
    begin: (requestId, address) => print(paint('dim', `request ${visible(requestId)}\naddress ${address}`)),
    event(_before, _event, after) {
      state = after;
    },
    notice: (text) => print(paint('yellow', visible(text))),
    pause() {
      repaint();
      isPaused = true;
      area.done();
    },
    resume() {
      isPaused = false;
      repaint();
    },
    close(end) {
      clearInterval(timer);
      isPaused = false;
      if (end !== undefined) state = end.state;
      repaint();
      area.done();
      if (end === undefined) return;
      const [first = '', ...more] = outcome(end.state, end.address);
      stream.write(`\n${[paint('bold', first), ...more].join('\n')}\n`);
    },
  };
}
