import { readFileSync } from 'node:fs';
import type { HttpAgent } from '@ag-ui/client';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { LogEvent } from '@stepwire/protocol';
import { initialState, type RunState } from '@stepwire/run-model';
import { agUi, fold } from '../src/index.ts';
import { clientOf } from './ag-ui-client.ts';
import { statesOf } from './logs.ts';

const logOf = (name: string): readonly LogEvent[] =>
  JSON.parse(readFileSync(new URL(`../fixtures/ag-ui.${name}.json`, import.meta.url), 'utf8')).log;

/** A run's stream as the transport sends it: the opening, then events until one ends it. */
function streamOf(log: readonly LogEvent[], before: RunState, known?: ReadonlySet<string>): unknown[] {
  const dialect = agUi({ threadId: 'thread-1', ...(known === undefined ? {} : { known }) });
  const messages = [...dialect.opening(before, false), ...fold(dialect, before, log.slice(before.seq)).messages];
  const end = messages.findIndex(({ ends }) => ends);
  return messages.slice(0, end + 1).map(({ payload }) => payload);
}

const said = ({ messages }: HttpAgent): unknown[] =>
  messages.map((message) => {
    if (message.role !== 'assistant') return [message.role, message.content];
    return ['assistant', message.content, ...(message.toolCalls ?? []).map((call) => Object.values(call.function))];
  });

describe('the AG-UI client', () => {
  const warn = jest.spyOn(console, 'warn');
  beforeEach(() => {
    warn.mockClear();
  });
  // it strips what the protocol doesn't know, and says so
  afterEach(() => {
    expect(warn).not.toHaveBeenCalled();
  });

  test('makes a conversation of tool calls, thoughts and results, and follows the state', async () => {
    const agent = clientOf(streamOf(logOf('completed'), initialState('req-1')));
    const { result } = await agent.runAgent();
    expect(result).toEqual({ verdict: 'scam' });
    expect(agent.state).toMatchObject({ status: 'completed', progress: 100, steps: [{}, { status: 'completed' }] });
    expect(said(agent)).toEqual([
      ['assistant', undefined, ['entity_extraction', '{"text":"Call now!"}']],
      ['tool', '{"phones":["+3612345678"]}'],
      ['reasoning', 'There is a number in it.'],
      ['assistant', undefined, ['http_get', '{"url":"https://example.org"}']],
      ['tool', 'ok'],
      ['assistant', undefined, ['reasoning', '{}']],
      ['tool', '{"verdict":"scam"}'],
    ]);
  });

  test('joins the texts of steps that run side by side, each its own', async () => {
    const agent = clientOf(streamOf(logOf('two-phases'), initialState('req-1')));
    await agent.runAgent();
    const texts = agent.messages.filter(({ id }) => id.endsWith('/1')).map(({ content }) => content);
    expect(texts).toEqual(['It rings', 'Nothing']);
  });

  test('who joins late has the open calls and the text so far', async () => {
    const log = logOf('late-join');
    const before = statesOf(log).find(({ steps }) => steps.some(({ output }) => output !== ''));
    const agent = clientOf(streamOf(log, before ?? initialState('req-1')));
    await agent.runAgent();
    expect(said(agent)).toEqual([
      ['assistant', undefined, ['phone_validator_tool', '{"country":"HU"}']],
      ['tool', 'true'],
      ['assistant', undefined, ['scam_db_tool', '{}']],
      ['tool', '0'],
      ['assistant', 'It rings'],
      ['assistant', undefined, ['reasoning_tool', '{}']],
      ['tool', 'fine'],
    ]);
  });

  test('meets a question as an interrupt, and the run that answers it goes on with the call it has', async () => {
    const log = logOf('question-answered');
    const answered = log.findIndex(({ type }) => type === 'question.answered');
    const after = statesOf(log)[answered + 1] ?? initialState('req-1');
    const known = new Set(['req-1/entity_extraction']);
    const agent = clientOf(
      streamOf(log.slice(0, answered), initialState('req-1')).map(withoutDeadline),
      streamOf(log, after, known),
    );
    await agent.runAgent();
    expect(agent.pendingInterrupts).toEqual([
      {
        id: 'q1',
        reason: 'input_required',
        message: 'Who sent it?',
        toolCallId: 'req-1/entity_extraction',
        responseSchema: { type: 'string', enum: ['a friend', 'nobody I know'] },
      },
    ]);
    await agent.runAgent({ resume: [{ interruptId: 'q1', status: 'resolved', payload: 'nobody I know' }] });
    expect(agent.pendingInterrupts).toEqual([]);
    expect(said(agent)).toEqual([
      ['assistant', undefined, ['entity_extraction', '{"text":"Call now!"}']],
      ['tool', 'found'],
      ['assistant', undefined, ['reasoning', '{}']],
      ['tool', 'a scam'],
    ]);
  });

  test('hears of a failure as an error, of a cancel as an outcome', async () => {
    const failed = streamOf(logOf('failed-after-retry'), initialState('req-1'));
    expect(failed.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'tool_failed' });
    const outcomes: unknown[] = [];
    const agent = clientOf(streamOf(logOf('cancelled'), initialState('req-1')));
    await agent.runAgent({}, { onRunFinishedEvent: ({ outcome }) => void outcomes.push(outcome) });
    expect(outcomes).toEqual(['cancelled']);
  });
});

/** The clock of the client is today's; the recorded question's time has long run out. */
const withoutDeadline = (event: unknown): unknown =>
  JSON.parse(JSON.stringify(event, (key, value) => (key === 'expiresAt' ? undefined : value)));
