import { expect, test } from '@jest/globals';
import { evolve, initialState } from '@stepwire/run-model';
import { Trace } from '../src/request/log/trace.ts';
import { Recording } from './recording.ts';

const traced = ({ events }: Recording): Trace => {
  const trace = new Trace('r');
  for (const event of events) trace.append(event);
  return trace;
};
const spansOf = (trace: Trace, stepId: string) =>
  trace.step(stepId).spans.map(({ status, attempt, end }) => `${status} ${attempt} → ${end?.status ?? ''}`);

test('the state at every event is the fold up to it, in whichever order they are asked for', () => {
  const recording = new Recording().planned().report(30, 'a', { status: 'running' });
  for (let at = 0; at < 700; at += 1) {
    recording.add(31 + at, 'executor.step.output', { stepId: 'a', delta: `line ${at}\n`, attempt: 1 });
  }
  const trace = traced(recording);
  let state = initialState('r');
  const folded = [state, ...recording.events.map((event) => (state = evolve(state, event)))];
  for (const seq of [0, 1, 704, 703, 99, 100, 101, 350, 351, 349]) expect(trace.stateAt(seq)).toEqual(folded[seq]);
});

test('a step is queued, fails, waits, runs again and is done: each a stretch of its own', () => {
  const trace = traced(
    new Recording()
      .planned()
      .report(30, 'a', { status: 'running', instance: 'x' })
      .report(40, 'a', { status: 'failed', error: 'away', willRetry: true })
      .report(90, 'a', { status: 'running', attempt: 2, instance: 'x' })
      .report(95, 'a', { status: 'completed', attempt: 2, result: 1 }),
  );
  expect(spansOf(trace, 'a')).toEqual([
    'ready 1 → running',
    'running 1 → retrying',
    'retrying 2 → running',
    'running 2 → completed',
  ]);
  expect(trace.step('a').spans[1]?.end?.error).toBe('away');
  expect(spansOf(trace, 'plan')).toEqual(['ready 1 → running', 'running 1 → completed']);
  expect(spansOf(trace, 'c')).toEqual([]);
});

test('a step that asks waits for its answer, and what was asked is known by its id', () => {
  const trace = traced(
    new Recording()
      .planned()
      .report(30, 'b', { status: 'running', instance: 'x' })
      .asks(40)
      .add(90, 'question.answered', { questionId: 'q', answer: 'a friend', answeredBy: 'ann' }),
  );
  expect(spansOf(trace, 'b')).toEqual(['ready 1 → running', 'running 1 → waiting', 'waiting 1 → ready', 'ready 2 → ']);
  expect(trace.questions.get('q')?.prompt).toBe('Who sent it?');
});

test('tool calls, thoughts and output are kept with the event they came with', () => {
  const call = { stepId: 'a', toolCallId: 't', toolName: 'search' };
  const trace = traced(
    new Recording()
      .planned()
      .add(30, 'executor.tool.started', { ...call, input: { q: 1 } })
      .add(35, 'executor.tool.completed', { ...call, output: [2] })
      .add(40, 'executor.tool.completed', { ...call, toolCallId: 'u', error: 'gone', durationMs: 3 })
      .add(50, 'agent.thinking', { thought: 'hm' }),
  );
  const [known, endOnly] = trace.step('a').calls;
  expect(known).toMatchObject({ fromSeq: 4, input: { q: 1 }, end: { seq: 5, output: [2], error: null } });
  expect(endOnly).toMatchObject({ fromSeq: 6, end: { error: 'gone', durationMs: 3 } });
  expect(trace.step('').thoughts).toEqual([{ seq: 7, text: 'hm' }]);
});

test('where agents’ clocks differ, time does not run backwards', () => {
  const { times } = traced(new Recording().planned().report(5, 'a', { status: 'running' }));
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
