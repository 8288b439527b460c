import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Log } from './log.ts';
import { quiet, Stage } from './stage.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
});
afterEach(() => {
  jest.useRealTimers();
});
const pass = async (ms: number): Promise<void> => {
  jest.advanceTimersByTime(ms);
  await quiet();
};

describe('back-off', () => {
  test('pauses double up to the longest, and each is drawn from its upper half', async () => {
    for (const [random, pauses] of [
      [1, [500, 1000, 2000, 4000, 4000]],
      [0, [250, 500, 1000, 2000, 2000]],
    ] as const) {
      const stage = new Stage({ random: () => random, backoff: { maxMs: 4000 } });
      await quiet();
      for (const [at, ms] of pauses.entries()) {
        await stage.refuse();
        await pass(ms - 1);
        expect(stage.attempts).toHaveLength(at + 1);
        await pass(1);
        expect(stage.attempts).toHaveLength(at + 2);
      }
      stage.client.disconnect();
    }
  });

  test('a connection that opens and dies at once does not start it over, one that lived does', async () => {
    const stage = new Stage();
    await quiet();
    await stage.refuse();
    await pass(500);
    await stage.accept();
    await stage.cut();
    expect(stage.client.status.getSnapshot()).toMatchObject({ attempts: 2, retryAt: Date.now() + 1000 });
    await pass(1000);
    await stage.accept();
    await pass(5_000);
    await stage.cut();
    expect(stage.client.status.getSnapshot()).toMatchObject({ attempts: 1, retryAt: Date.now() + 500 });
    stage.client.disconnect();
  });

  test('waits as long as it is told to, and gives up after maxAttempts; connect begins anew', async () => {
    const stage = new Stage({ maxAttempts: 2 });
    await quiet();
    await stage.refuse('too_many_connections', { retryAfterMs: 9_000 });
    await pass(8_999);
    expect(stage.attempts).toHaveLength(1);
    await pass(1);
    await stage.refuse();
    expect(stage.client.status.getSnapshot()).toMatchObject({ state: 'failed', reason: { code: 'unavailable' } });
    expect(jest.getTimerCount()).toBe(0);
    stage.client.connect();
    await quiet();
    await stage.accept();
    expect(stage.state).toBe('live');
  });

  test('what another try does not mend has failed at once', async () => {
    const stage = new Stage();
    await quiet();
    await stage.refuse('origin_refused');
    expect(stage.client.status.getSnapshot()).toMatchObject({ state: 'failed', reason: { code: 'origin_refused' } });
  });

  test('left, it holds no timer, and what waits for a connection is told', async () => {
    const stage = new Stage();
    await quiet();
    const waiting = stage.client.cancel('req-1');
    await stage.refuse();
    stage.client.disconnect();
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
    expect(stage.state).toBe('offline: disconnected');
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the token', () => {
  test('is asked for before each attempt, and once more where it was refused', async () => {
    const asked: unknown[] = [];
    const stage = new Stage({
      token: async (refused) => {
        asked.push(refused?.code ?? null);
        return `t${asked.length}`;
      },
    });
    await quiet();
    expect(stage.attempts).toEqual([{ dialect: 'log', token: 't1' }]);
    await stage.refuse('unauthorized');
    expect(stage.attempts.at(-1)).toMatchObject({ token: 't2' });
    await stage.accept();
    await stage.cut('auth_expired');
    expect(stage.attempts.at(-1)).toMatchObject({ token: 't3' });
    await stage.refuse('unauthorized');
    expect(stage.client.status.getSnapshot()).toMatchObject({ state: 'failed', reason: { code: 'unauthorized' } });
    expect(asked).toEqual([null, 'unauthorized', 'auth_expired']);
  });

  test('that cannot be had is tried for again', async () => {
    let fails = true;
    const stage = new Stage({
      token: async () => {
        if (fails) throw new Error('no network');
        return 't';
      },
    });
    await quiet();
    expect(stage.state).toBe('offline: retrying');
    fails = false;
    await pass(500);
    expect(stage.attempts).toHaveLength(1);
    stage.client.disconnect();
  });

  test('that is fixed has failed when it is refused', async () => {
    const stage = new Stage({ token: 'old' });
    await quiet();
    await stage.refuse('auth_expired');
    expect(stage.state).toBe('failed');
  });
});

describe('the page', () => {
  test('offline it does not try, and online it does at once', async () => {
    const stage = new Stage();
    await quiet();
    await stage.refuse();
    await stage.signal('offline');
    expect(stage.state).toBe('offline: no-network');
    await pass(60_000);
    expect(stage.attempts).toHaveLength(1);
    await stage.signal('online');
    expect(stage.attempts).toHaveLength(2);
    await stage.accept();
    expect(stage.state).toBe('live');
  });

  test('hidden for long it has no connection; seen again it has one at once', async () => {
    const stage = new Stage({ hiddenAfterMs: 60_000 });
    await quiet();
    await stage.accept();
    await stage.signal('hidden');
    await pass(59_999);
    expect(stage.isOpen).toBe(true);
    await pass(1);
    expect(stage.isOpen).toBe(false);
    expect(stage.state).toBe('offline: hidden');
    expect(jest.getTimerCount()).toBe(0);
    await stage.signal('visible');
    expect(stage.attempts).toHaveLength(2);
    await stage.accept();
    await stage.signal('hidden');
    await stage.signal('visible');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('opened in the background, it has a connection for as long as one that was hidden', async () => {
    const stage = new Stage({ hiddenAfterMs: 60_000 }, true);
    await quiet();
    await stage.accept();
    await pass(60_000);
    expect(stage.state).toBe('offline: hidden');
  });

  test('waiting for the next try, it is waked by being seen', async () => {
    const stage = new Stage();
    await quiet();
    for (let failures = 0; failures < 6; failures += 1) {
      await stage.refuse();
      if (failures < 5) await pass(30_000);
    }
    const before = stage.attempts.length;
    await stage.signal('hidden');
    await stage.signal('visible');
    expect(stage.attempts).toHaveLength(before + 1);
    stage.client.disconnect();
  });

  test('seen again after a while, an open connection has to answer', async () => {
    const stage = new Stage();
    await quiet();
    await stage.accept();
    await stage.signal('hidden');
    await pass(15_000);
    await stage.signal('visible');
    expect(stage.asked).toHaveLength(1);
    stage.client.disconnect();
  });

  test('in the back-forward cache it is closed; back, it goes on from where it was', async () => {
    const log = new Log().planned();
    const stage = new Stage();
    const heard: number[] = [];
    stage.client.watch('req-1', { since: 0 }).on('*', ({ seq }) => heard.push(seq));
    await quiet();
    await stage.accept();
    await stage.frame('state', { requestId: 'req-1', status: 'unknown', seq: 0, progress: 0, steps: [], model: 1 });
    await stage.frame('events', log.events);
    await stage.signal('left');
    expect(stage.isOpen).toBe(false);
    expect(stage.state).toBe('offline: page-left');
    await stage.signal('returned');
    await stage.accept();
    expect(stage.asked.at(-1)).toEqual({ command: 'rejoin', body: { requestId: 'req-1', since: 3 } });
    expect(heard).toEqual([1, 2, 3]);
    stage.client.disconnect();
  });
});
