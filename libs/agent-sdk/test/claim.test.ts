import { describe, expect, test } from '@jest/globals';
import { StepwireError } from '@stepwire/protocol';
import { gate, Runner } from './runner.ts';

describe('a claim', () => {
  test('that is refused drops the delivery; nothing runs and nothing is said', async () => {
    await using runner = new Runner({ claim: () => ({ verdict: 'stop', reason: 'stale_attempt' }) });
    let ran = false;
    await runner.run(() => {
      ran = true;
    });
    expect({ ran, events: runner.events, settled: runner.settled }).toEqual({
      ran: false,
      events: [],
      settled: ['ack'],
    });
  });

  test('that nobody answers is repeated while the delivery is held', async () => {
    let tries = 0;
    await using runner = new Runner({
      claim: () => {
        tries += 1;
        if (tries < 3) throw new StepwireError('unavailable', 'down');
        expect(runner.settled).toEqual([]);
        return { verdict: 'go' };
      },
    });
    await runner.run(() => 'ok');
    expect(runner.settled).toEqual(['ack']);
    expect(runner.types()).toEqual(['executor.step.progress completed']);
  });

  test('that is still unanswered when the process ends goes back to the queue', async () => {
    await using runner = new Runner({
      claim: () => {
        throw new StepwireError('unavailable', 'down');
      },
    });
    const ran = runner.run(() => 'ok');
    await runner.session.close(0);
    await ran;
    expect(runner.settled).toEqual(['requeue']);
  });

  test('that is no claim at all goes to the dead letters', async () => {
    await using runner = new Runner({
      claim: () => {
        throw new StepwireError('bad_request', 'claim: /stepId is too long');
      },
    });
    await runner.run(() => 'ok');
    expect(runner.settled).toEqual(['dead']);
  });

  test('of an attempt that runs here already is not asked: a delivery that came twice runs once', async () => {
    await using runner = new Runner();
    const running = gate();
    const finish = gate();
    const first = runner.run(() => {
      running.resolve();
      return finish.promise;
    });
    await running.promise;
    await runner.run(() => 'twice');
    finish.resolve();
    await first;
    expect(runner.settled).toEqual(['ack', 'ack']);
    expect(runner.events).toHaveLength(1);
    expect(runner.asked.filter(({ method }) => method === 'claim')).toHaveLength(1);
  });
});

describe('a delivery that comes again while its claim is asked for', () => {
  test.each([
    ['go', ['ack', 'ack']],
    ['nothing', ['requeue', 'requeue']],
  ] as const)('waits for the answer; %s', async (answer, settled) => {
    const asked = gate();
    const answers = gate();
    await using runner = new Runner({
      claim: async () => {
        asked.resolve();
        await answers.promise;
        if (answer === 'go') return { verdict: 'go' };
        // as when it goes unanswered until the hold ends: the session closes
        await runner.session.close(0);
        throw new StepwireError('unavailable', 'no answer');
      },
    });
    const first = runner.run(() => 'once');
    await asked.promise;
    const second = runner.run(() => 'twice');
    expect(runner.settled).toEqual([]);
    answers.resolve();
    await Promise.all([first, second]);
    expect(runner.settled).toEqual(settled);
    expect(runner.events).toHaveLength(answer === 'go' ? 1 : 0);
  });
});
