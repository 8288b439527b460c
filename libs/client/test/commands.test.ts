import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
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
const opened = async (): Promise<Stage> => {
  const stage = new Stage();
  await quiet();
  await stage.accept();
  return stage;
};
const again = async (stage: Stage): Promise<void> => {
  jest.advanceTimersByTime(30_000);
  await quiet();
  await stage.accept();
};
const stateOf = (log: Log) => {
  const run = log.events.reduce(evolve, initialState(log.requestId));
  return { ...snapshotForClient(run, 'e'), run, model: MODEL_VERSION };
};
const refusal = (code: string) => ({ ok: false, error: { code, message: code } });

describe('a command', () => {
  test('given while offline waits, in order, and is sent once', async () => {
    const stage = new Stage();
    const first = stage.client.cancel('r', 'one');
    const second = stage.client.answer('r', 'q', 'two');
    await quiet();
    expect(stage.asked).toEqual([]);
    await stage.accept();
    expect(stage.asked).toEqual([{ command: 'cancel', body: { requestId: 'r', reason: 'one' } }]);
    await stage.answer({ ok: true, seq: 5 });
    expect(await first).toEqual({ requestId: 'r', seq: 5 });
    expect(stage.asked.slice(1)).toEqual([
      { command: 'feedback', body: { requestId: 'r', questionId: 'q', answer: 'two' } },
    ]);
    await stage.answer({ ok: true, seq: 6 });
    expect(await second).toEqual({ requestId: 'r', seq: 6 });
  });

  test('that shall fail while offline fails, and says where it may have had its effect', async () => {
    const stage = await opened();
    const given = stage.client.cancel('r', undefined, { whenOffline: 'fail' });
    await quiet();
    const refused = expect(given).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching('may have had its effect'),
    });
    await stage.cut();
    await refused;
    await expect(stage.client.cancel('r', undefined, { whenOffline: 'fail' })).rejects.toMatchObject({
      message: 'not connected',
    });
    stage.client.disconnect();
  });

  test('whose answer was lost is repeated as it was', async () => {
    const stage = await opened();
    const given = stage.client.start({ requestId: 'r', userQuery: 'x' });
    await quiet();
    await stage.cut();
    await again(stage);
    const starts = stage.asked.filter(({ command }) => command === 'start');
    expect(starts).toHaveLength(2);
    expect(starts[0]).toEqual(starts[1]);
    await stage.answer({ ok: true, seq: 0 });
    await stage.answer({ ok: true, seq: 1, created: false });
    expect(await given).toEqual({ requestId: 'r', seq: 1, created: false });
    stage.client.disconnect();
  });

  test('that is aborted is given up', async () => {
    const stage = new Stage();
    const abort = new AbortController();
    const given = stage.client.cancel('r', undefined, { signal: abort.signal });
    const refused = expect(given).rejects.toThrow('enough');
    await quiet();
    abort.abort(new Error('enough'));
    await refused;
    await stage.accept();
    expect(stage.asked).toEqual([]);
  });

  test('that came too fast, or to a gateway that cannot answer, is given again after a pause', async () => {
    const stage = await opened();
    const given = stage.client.cancel('r');
    await quiet();
    await stage.answer({ ok: false, error: { code: 'rate_limited', message: 'slow', retryAfterMs: 50 } });
    jest.advanceTimersByTime(50);
    await quiet();
    await stage.answer(refusal('unavailable'));
    jest.advanceTimersByTime(500);
    await quiet();
    await stage.answer({ ok: true, seq: 9 });
    expect(await given).toEqual({ requestId: 'r', seq: 9 });
    expect(stage.asked).toHaveLength(3);
  });
});

describe('an answer that was lost and is refused when it is repeated', () => {
  const repeated = async (answer: unknown, counted: string, code = 'already_answered') => {
    const stage = await opened();
    const given = stage.client.answer('req-1', 'q', answer).catch((error: unknown) => error);
    await quiet();
    await stage.cut();
    await again(stage);
    await stage.answer(refusal(code));
    const log = new Log().planned().asking();
    log.add('question.answered', { questionId: 'q', answer: counted, answeredBy: 'ann' });
    await stage.frame('state', stateOf(log));
    stage.client.disconnect();
    return given;
  };

  test('counts where it is the one that was taken', async () => {
    expect(await repeated('Nobody', 'Nobody')).toEqual({ requestId: 'req-1', seq: null });
    expect(await repeated('Nobody', 'Nobody', 'already_finished')).toEqual({ requestId: 'req-1', seq: null });
  });

  test('does not where another one was', async () => {
    expect(await repeated('Nobody', 'A friend')).toMatchObject({ code: 'already_answered' });
  });

  test('and one that was refused at first is refused', async () => {
    const client = createTestClient(new Log().planned().asking().events, {
      refuse: () => ({ code: 'already_answered', message: 'by bob' }),
    });
    await expect(client.answer('req-1', 'q', 'Nobody')).rejects.toMatchObject({ code: 'already_answered' });
    client.disconnect();
  });
});

describe('onCompleted', () => {
  test('is called once by the terminal event, and never by a disconnect', async () => {
    const client = createTestClient(new Log().planned().completed().events);
    const run = client.watch('req-1');
    const ends: string[] = [];
    run.onCompleted(({ status }) => ends.push(status));
    await quiet();
    client.play(3);
    client.cut();
    await quiet();
    client.disconnect();
    await quiet();
    expect(ends).toEqual([]);
    client.mend();
    client.connect();
    await quiet();
    client.play();
    expect(ends).toEqual(['completed']);
    run.onCompleted(({ status }) => ends.push(`late ${status}`));
    await quiet();
    expect(ends).toEqual(['completed', 'late completed']);
    expect(await run.completed()).toMatchObject({ status: 'completed', result: { safe: true } });
    client.disconnect();
  });

  test('a listener that is gone hears nothing, and one that throws spoils it for nobody', async () => {
    const client = createTestClient(new Log().planned().completed().events);
    const heard: string[] = [];
    const stop = client.on('request.accepted', () => heard.push('never'));
    const run = client.watch('req-1');
    run.on('request.accepted', () => heard.push('accepted'));
    stop();
    await quiet();
    client.play();
    expect(heard).toEqual(['accepted']);
    client.disconnect();
  });
});

test('nobody watches any longer: it is left after a moment, and a timer is all that is left until then', async () => {
  const stage = await opened();
  const stop = stage.client.watch('r').subscribe(() => undefined);
  await quiet();
  stop();
  const again = stage.client.watch('r').subscribe(() => undefined);
  jest.advanceTimersByTime(5_000);
  await quiet();
  expect(stage.asked.map(({ command }) => command)).toEqual(['rejoin']);
  again();
  jest.advanceTimersByTime(1_000);
  await quiet();
  expect(stage.asked.map(({ command }) => command)).toEqual(['rejoin', 'leave']);
  expect(jest.getTimerCount()).toBe(0);
});
