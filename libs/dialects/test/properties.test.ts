import { isDeepStrictEqual } from 'node:util';
import { omitOptionalNulls } from '@ag-ui/core';
import { EventSchemas } from '@ag-ui/core/schemas';
import { describe, expect, jest, test } from '@jest/globals';
import type { LogEvent } from '@stepwire/protocol';
import { initialState, isFinished, type RunState } from '@stepwire/run-model';
import fc from 'fast-check';
import jsonpatch from 'fast-json-patch';
import {
  agUi,
  execution,
  type FoldingDialect,
  fold,
  type Message,
  messageId,
  parseCursor,
  row,
  task,
  toolProgress,
} from '../src/index.ts';
import { verified } from './ag-ui-client.ts';
import { anyLog, statesOf } from './logs.ts';

jest.setTimeout(180_000);

/** what of them is looked at */
interface AgUiEvent {
  readonly type: string;
  readonly snapshot?: unknown;
  readonly delta?: unknown;
}

const folding: readonly FoldingDialect[] = [execution, row, toolProgress, task, agUi()];
const each = folding.map((dialect) => [dialect.name, dialect] as const);
const whole = (dialect: FoldingDialect, log: readonly LogEvent[]) =>
  fold(dialect, initialState(log[0]?.requestId ?? ''), log);

function stateAt(states: readonly RunState[], seq: number): RunState {
  const state = states[seq];
  if (state === undefined) throw new Error(`no state at ${seq}`);
  return state;
}

describe.each(each)('%s, of any log', (_name, dialect) => {
  test('says the same however the log is cut into stretches', () => {
    const cut = anyLog.chain((log) =>
      fc.tuple(
        fc.constant(log),
        fc.uniqueArray(fc.nat({ max: log.length })).map((at) => at.toSorted((a, b) => a - b)),
      ),
    );
    fc.assert(
      fc.property(cut, ([log, at]) => {
        const messages: Message[] = [];
        let state = initialState(log[0]?.requestId ?? '');
        for (const [index, begin] of [0, ...at].entries()) {
          const stretch = fold(dialect, state, log.slice(begin, at[index] ?? log.length));
          messages.push(...stretch.messages);
          state = stretch.state;
        }
        expect(messages).toEqual(whole(dialect, log).messages);
        expect(state).toEqual(statesOf(log).at(-1));
      }),
      { numRuns: 25 },
    );
  });

  test('goes on after every message exactly where it was', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const states = statesOf(log);
        const { messages } = whole(dialect, log);
        for (const [index, message] of messages.entries()) {
          const cursor = parseCursor(messageId(message) ?? '');
          if (cursor === null) throw new Error(`${messageId(message)} is no cursor`);
          const { seq, parts } = cursor;
          const rest = fold(dialect, stateAt(states, seq), log.slice(seq), { parts });
          if (rest.messages.length !== messages.length - index - 1 || index % 7 === 0) {
            expect(rest.messages).toEqual(messages.slice(index + 1));
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test('numbers what one event gives, and says plain JSON without members that are undefined', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const { messages } = whole(dialect, log);
        expect(JSON.parse(JSON.stringify(messages))).toStrictEqual(messages);
        for (const [seq, own] of Map.groupBy(messages, (message) => message.seq)) {
          expect(own.map(messageId)).toEqual(own.map((_, i) => (i === own.length - 1 ? `${seq}` : `${seq}.${i + 1}`)));
        }
      }),
      { numRuns: 25 },
    );
  });

  test('has an opening at every state, which ends where the request has ended', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        for (const state of statesOf(log)) {
          const opening = dialect.opening(state, false);
          const plain = isDeepStrictEqual(JSON.parse(JSON.stringify(opening)), opening);
          if (
            !plain ||
            opening.some(({ seq, part }, i) => seq !== state.seq || part !== (i < opening.length - 1 ? 0 : undefined))
          )
            throw new Error(JSON.stringify(opening));
          const over = isFinished(state.status) || (dialect.name === 'ag-ui' && state.status === 'waiting');
          expect(opening.findIndex(({ ends }) => ends)).toBe(over && dialect !== task ? opening.length - 1 : -1);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('ends with the request, and only then or where it waits', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const { messages, state } = whole(dialect, log);
        if (dialect === task) return expect(messages.some(({ ends }) => ends)).toBe(false);
        const last = messages.at(-1);
        if (isFinished(state.status)) expect(last).toMatchObject({ ends: true, seq: state.seq });
        if (dialect.name !== 'ag-ui') expect(messages.slice(0, -1).some(({ ends }) => ends)).toBe(false);
      }),
      { numRuns: 25 },
    );
  });
});

describe('tool-progress, of any log', () => {
  test('percent never falls, and names a step, a sentence and a time in every message', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        let percent = 0;
        for (const { payload } of whole(toolProgress, log).messages) {
          const text = expect.any(String);
          expect(payload).toMatchObject({ step: text, message: text, timestamp: text, percent: expect.any(Number) });
          const now = typeof payload === 'object' && payload !== null && 'percent' in payload ? payload.percent : 0;
          expect(now).toBeGreaterThanOrEqual(percent);
          percent = Number(now);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('says something again exactly where something holds the request', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        for (const state of statesOf(log)) {
          const again = toolProgress.holding?.(state, '2026-01-01T00:00:00.000Z') ?? null;
          if (isFinished(state.status)) expect(again).toBeNull();
          if (state.questions.length > 0) expect(again).not.toBeNull();
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('execution, of any log', () => {
  test('every step that starts a tool before the end completes it, unless the request fails', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const { messages, state } = whole(execution, log);
        if (state.status !== 'completed') return;
        const open = new Set<unknown>();
        for (const { name, payload } of messages) {
          if (typeof payload !== 'object' || payload === null || 'toolCallId' in payload) continue;
          if (name === 'tool:start' && 'stepId' in payload && !('error' in payload)) open.add(payload.stepId);
          if (name === 'tool:complete' && 'stepId' in payload) open.delete(payload.stepId);
        }
        expect([...open].filter((id) => state.steps.some((step) => step.id === id))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  test('a phase of a managed request starts once and completes once, although the coordinator says so too', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const { messages, state } = whole(execution, log);
        if (!state.managed) return;
        const phases = messages.flatMap(({ name, payload }) =>
          name.startsWith('phase:') && typeof payload === 'object' && payload !== null && 'phaseIndex' in payload
            ? [`${name} ${String(payload.phaseIndex)}`]
            : [],
        );
        expect(phases).toEqual([...new Set(phases)]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('ag-ui, of any log, from every starting point', () => {
  const dialect = agUi({ threadId: 't', runId: 'r' });
  const eventsOf = (messages: readonly Message[]): AgUiEvent[] =>
    messages.map(({ payload }) => EventSchemas.parse(payload));

  test('the verifier is awake', async () => {
    const { messages } = fold(dialect, initialState('r'), []);
    await expect(verified([...messages.map(({ payload }) => payload), { type: 'RUN_FINISHED' }])).rejects.toThrow();
    const opening = dialect.opening(initialState('r'), false).map(({ payload }) => payload);
    await expect(verified([...opening, { type: 'STEP_FINISHED', stepName: 'a' }])).rejects.toThrow('not started');
  });

  test('passes the schemas and the verifier of the AG-UI client', async () => {
    const seen = new Set<string>();
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(anyLog, async (log) => {
        const states = statesOf(log);
        const all = eventsOf(whole(dialect, log).messages);
        for (const { type } of all) seen.add(type);
        for (const event of all) expect(omitOptionalNulls(event, 'Event')).toStrictEqual(event);
        for (const [seq, state] of states.entries()) {
          const after = whole(dialect, log).messages.findIndex((message) => message.seq > seq);
          const rest = after < 0 ? [] : all.slice(after);
          const opening = eventsOf(dialect.opening(state, seq > 0));
          await verified([...opening, ...rest]);
          checked++;
        }
      }),
      { numRuns: 80 },
    );
    expect(checked).toBeGreaterThan(200);
    for (const type of ['STEP_FINISHED', 'TOOL_CALL_RESULT', 'TEXT_MESSAGE_END', 'RUN_FINISHED'])
      expect(seen).toContain(type);
  });

  test('its deltas lead from the snapshot of any state to that of the last', () => {
    fc.assert(
      fc.property(anyLog, fc.nat(), (log, n) => {
        const states = statesOf(log);
        const seq = n % states.length;
        const messages = [
          ...dialect.opening(stateAt(states, seq), false),
          ...fold(dialect, stateAt(states, seq), log.slice(seq)).messages,
        ];
        let state: unknown;
        for (const event of eventsOf(messages)) {
          if (event.type === 'STATE_SNAPSHOT') state = structuredClone(event.snapshot);
          if (event.type === 'STATE_DELTA' && Array.isArray(event.delta)) {
            state = jsonpatch.applyPatch(state, event.delta, true).newDocument;
          }
        }
        const [, last] = eventsOf(dialect.opening(stateAt(states, states.length - 1), true));
        if (stateAt(states, states.length - 1).status !== 'waiting') expect(state).toEqual(last?.snapshot);
      }),
      { numRuns: 50 },
    );
  });
});
