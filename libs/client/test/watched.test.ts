import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createTestClient } from '@stepwire/client/testing';
import { evolve, initialState, MODEL_VERSION, snapshotForClient } from '@stepwire/run-model';
import { Log } from './log.ts';
import { quiet, Stage } from './stage.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
});
afterEach(() => {
  jest.useRealTimers();
});
const stateAt = (log: Log, seq: number, more: object = {}) => {
  const run = log.events.slice(0, seq).reduce(evolve, initialState(log.requestId));
  return { ...snapshotForClient(run, 'e'), run, model: MODEL_VERSION, ...more };
};

test('a gateway of another version: its states are shown, and asked for as events tell of news', async () => {
  const log = new Log().planned().asking();
  const stage = new Stage();
  const run = stage.client.watch('req-1');
  const heard: number[] = [];
  run.on('*', ({ seq }) => heard.push(seq));
  await quiet();
  await stage.accept();
  const model = MODEL_VERSION + 1;
  await stage.frame('state', stateAt(log, 3, { model, currentStage: 'of the server' }));
  expect(run.getSnapshot()).toMatchObject({ seq: 3, currentStage: 'of the server' });
  for (const event of log.events.slice(3)) await stage.frame('events', [event]);
  expect(heard).toEqual([4, 5, 6, 7]);
  expect(run.getSnapshot().currentStage).toBe('of the server');
  expect(stage.asked).toHaveLength(1);
  jest.advanceTimersByTime(500);
  await quiet();
  expect(stage.asked).toHaveLength(2);
  expect(stage.asked[1]).toEqual({ command: 'rejoin', body: { requestId: 'req-1', since: 7, epoch: 'e' } });
  await stage.frame('state', stateAt(log, 7, { model, missed: [], currentStage: 'waiting there' }));
  expect(run.getSnapshot()).toMatchObject({ seq: 7, currentStage: 'waiting there', question: { questionId: 'q' } });
  stage.client.disconnect();
});

test('a gap is asked for, and nothing is passed on before it is filled', async () => {
  const log = new Log().planned().asking();
  const stage = new Stage();
  const run = stage.client.watch('req-1', { since: 1, epoch: 'e' });
  const heard: number[] = [];
  run.on('*', ({ seq }) => heard.push(seq));
  await quiet();
  await stage.accept();
  expect(stage.asked.at(-1)?.body).toEqual({ requestId: 'req-1', since: 1, epoch: 'e' });
  await stage.frame('state', stateAt(log, 3, { missed: log.events.slice(1, 3) }));
  await stage.frame('events', log.events.slice(4, 5));
  expect(heard).toEqual([2, 3]);
  expect(stage.state).toBe('catching-up');
  expect(stage.asked.at(-1)?.body).toEqual({ requestId: 'req-1', since: 3, epoch: 'e' });
  await stage.frame('state', stateAt(log, 6, { missed: log.events.slice(3, 6) }));
  await stage.frame('events', log.events.slice(5, 7));
  expect(heard).toEqual([2, 3, 4, 5, 6, 7]);
  expect(stage.state).toBe('live');
  stage.client.disconnect();
});

test('a history that was replaced begins anew', async () => {
  const log = new Log().planned().asking();
  const stage = new Stage();
  const run = stage.client.watch('req-1');
  run.subscribe(() => undefined);
  await quiet();
  await stage.accept();
  await stage.frame('state', stateAt(log, 7));
  await stage.frame('state', { ...stateAt(log, 2), epoch: 'e2', reset: true, code: 'cursor_gone' });
  expect(run.getSnapshot()).toMatchObject({ seq: 2, epoch: 'e2', status: 'planning', plan: null });
  stage.client.disconnect();
});

test('a request that may not be watched says why, and is asked for again on the next connection', async () => {
  const stage = new Stage();
  const run = stage.client.watch('');
  run.subscribe(() => undefined);
  await quiet();
  await stage.accept();
  await stage.answer({ ok: false, error: { code: 'bad_request', message: 'too short', path: '/requestId' } });
  expect(run.getSnapshot().refusal).toMatchObject({ code: 'bad_request' });
  await expect(run.completed()).rejects.toMatchObject({ code: 'bad_request' });
  expect(stage.state).toBe('live');
  stage.client.disconnect();
});

test('what does not change stays the same object', async () => {
  const client = createTestClient(new Log().planned().report('a', 'running').output('a', 'x').output('a', 'y').events);
  const run = client.watch('req-1');
  run.subscribe(() => undefined);
  await quiet();
  client.play(5);
  const before = run.getSnapshot();
  expect(run.getSnapshot()).toBe(before);
  client.play();
  const after = run.getSnapshot();
  expect(after.steps[0]?.data.output).toBe('xy');
  expect(after.steps[0]).not.toBe(before.steps[0]);
  expect(after.steps.slice(1).every((step, at) => step === before.steps[at + 1])).toBe(true);
  expect(after.plan).toBe(before.plan);
  client.disconnect();
});

test('hundreds are joined a few at a time, and one that came too fast once more', async () => {
  const stage = new Stage();
  for (let at = 0; at < 20; at += 1) stage.client.watch(`r${at}`).subscribe(() => undefined);
  await quiet();
  await stage.accept();
  expect(stage.asked).toHaveLength(8);
  await stage.answer({ ok: false, error: { code: 'rate_limited', message: 'slow', retryAfterMs: 100 } });
  expect(stage.asked).toHaveLength(8);
  jest.advanceTimersByTime(100);
  await quiet();
  for (let at = 0; at < 20; at += 1) await stage.answer({ ok: true });
  expect(stage.asked).toHaveLength(21);
  expect(new Set(stage.asked.map(({ body }) => JSON.stringify(body))).size).toBe(20);
  stage.client.disconnect();
});
