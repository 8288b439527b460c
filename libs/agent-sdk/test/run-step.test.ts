import { describe, expect, test } from '@jest/globals';
import { StepwireError } from '@stepwire/protocol';
import { ToolError } from '../src/tool.ts';
import { gate, Runner, stepKey } from './runner.ts';

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

describe('a step that runs', () => {
  test('is claimed, acked and reported, with ids that a repeat keeps', async () => {
    await using runner = new Runner();
    await runner.run(({ input }) => ({ got: input }), {
      step: { id: 's1', order: 3, title: '', action: 'tool', input: { a: 1 } },
      attempt: 2,
    });
    expect(runner.asked[0]).toEqual({
      method: 'claim',
      params: { requestId: 'r1', stepId: 's1', attempt: 2, instance: 'executor-1' },
    });
    expect(runner.settled).toEqual(['ack']);
    expect(runner.events).toMatchObject([
      {
        id: 'r1/s1/2/completed',
        type: 'executor.step.progress',
        agent: 'executor-agent',
        data: { stepId: 's1', stepOrder: 3, tool: 'tool', attempt: 2, status: 'completed', result: { got: { a: 1 } } },
      },
    ]);
  });

  test('that returns nothing completes with null', async () => {
    await using runner = new Runner();
    await runner.run(() => undefined);
    expect(runner.events[0]?.data).toMatchObject({ status: 'completed', result: null });
  });

  test('says everything in the order in which the tool said it, the outcome last', async () => {
    await using runner = new Runner();
    await runner.run(async (context) => {
      await context.output('a');
      const call = context.toolStarted('search', { q: 1 });
      await context.output('b');
      context.toolCompleted(call, { output: 2 });
      await context.progress(50, 'half');
      await context.artifact('a.txt', 'text/plain', Buffer.from('hello'));
      context.usage({ inputTokens: 1, outputTokens: 2 });
      context.usage({ inputTokens: 10, outputTokens: 20 });
      return 'done';
    });
    expect(runner.types()).toEqual([
      'executor.step.output',
      'executor.tool.started',
      'executor.step.output',
      'executor.tool.completed',
      'executor.step.progress running',
      'executor.artifact.created',
      'executor.step.progress completed',
    ]);
    expect(new Set(runner.events.map(({ id }) => id)).size).toBe(7);
    expect(runner.events.at(-1)?.data).toMatchObject({ usage: { inputTokens: 11, outputTokens: 22 } });
  });

  test('joins text that comes close together, and keeps only the newest progress that was not sent', async () => {
    await using runner = new Runner();
    await runner.run(async (context) => {
      for (const letter of 'abc') void context.output(letter);
      for (const percent of [1, 2, 3]) void context.progress(percent);
    });
    expect(runner.events.map(({ data }) => data.delta ?? data.percent ?? data.status)).toEqual(['abc', 3, 'completed']);
  });

  test('makes a talkative tool wait while the broker is slow, and loses none of its text', async () => {
    await using runner = new Runner();
    const confirmed = gate();
    runner.confirm = () => confirmed.promise;
    const ran = runner.run(async (context) => {
      let waited = false;
      for (let n = 0; n < 40; n++) {
        const room = context.output('x'.repeat(5_000)).then(() => {
          waited = true;
        });
        if (n === 39) {
          expect(waited).toBe(true);
          confirmed.resolve();
        }
        if (n % 7 === 6) await Promise.race([room, new Promise(setImmediate)]);
      }
    });
    await ran;
    const text = runner.events.map(({ data }) => (typeof data.delta === 'string' ? data.delta : '')).join('');
    expect(text).toBe('x'.repeat(200_000));
    expect(runner.events.length).toBeLessThan(15);
  });

  test('gets the results of the steps before it, also those that travel by reference', async () => {
    await using runner = new Runner();
    const large = { list: Array.from({ length: 5_000 }, (_, n) => n) };
    const resultRef = await runner.blobs.put(Buffer.from(JSON.stringify(large)), 'application/json');
    const seen = gate<unknown>();
    await runner.run(({ inputs }) => seen.resolve(inputs), {
      inputs: {
        big: { status: 'completed', result: null, resultRef },
        none: { status: 'skipped', result: null, reason: 'no key' },
      },
    });
    expect(await seen.promise).toEqual({
      big: { status: 'completed', result: large },
      none: { status: 'skipped', result: null, reason: 'no key' },
    });
  });
});

describe('a result', () => {
  test('above 16 KiB travels by reference', async () => {
    await using runner = new Runner();
    await runner.run(() => 'x'.repeat(17_000));
    const [event] = runner.events;
    expect(event?.data).not.toHaveProperty('result');
    expect(event?.data.resultRef).toMatchObject({ bytes: 17_002, mediaType: 'application/json' });
    expect(runner.types()).toEqual(['executor.step.progress completed']);
  });

  test('above 256 KiB is an artifact too, told before the step completes', async () => {
    await using runner = new Runner();
    await runner.run(() => 'x'.repeat(300_000));
    expect(runner.types()).toEqual(['executor.artifact.created', 'executor.step.progress completed']);
    const [artifact] = runner.events;
    const bytes = await runner.blobs.get(String(artifact?.data.artifactId));
    expect(JSON.parse(bytes.toString())).toBe('x'.repeat(300_000));
  });

  test.each([
    ['that is nested too deep', () => JSON.parse('['.repeat(40) + ']'.repeat(40)), 'too_deep'],
    [
      'that refers to itself',
      () => {
        const a: Record<string, unknown> = {};
        a.a = a;
        return a;
      },
      'bad_request',
    ],
    ['that JSON cannot hold', () => 1n, 'bad_request'],
  ])('%s fails the step for good instead of ending as a dead letter', async (_, make, code) => {
    await using runner = new Runner();
    await runner.run(make);
    expect(runner.events[0]?.data).toMatchObject({ status: 'failed', retryable: false, error: { code } });
  });
});

describe('a failure', () => {
  test('is repeated unless the tool says otherwise; the stack stays in the logs', async () => {
    await using runner = new Runner();
    await runner.run(() => {
      throw new TypeError('boom');
    });
    expect(runner.events[0]?.data).toMatchObject({ status: 'failed', error: { code: 'tool_error', message: 'boom' } });
    expect(runner.events[0]?.data).not.toHaveProperty('retryable');
    expect(JSON.stringify(runner.events)).not.toContain('.ts:');
  });

  test.each([
    ['nothing', () => undefined, 'undefined'],
    ['an object that has no text', () => Object.create(null), 'an error that cannot be read'],
    ['an error whose message is no text', () => Object.assign(new Error(), { message: { a: 1 } }), '[object Object]'],
    [
      'an error that throws when it is read',
      () =>
        Object.defineProperty(new Error(), 'message', {
          get() {
            throw new Error();
          },
        }),
      'an error that cannot be read',
    ],
  ])('is told, whatever the tool throws: %s', async (_, thrown, message) => {
    await using runner = new Runner();
    await runner.run(() => {
      throw thrown();
    });
    expect(runner.events.at(-1)?.data).toMatchObject({ status: 'failed', error: { code: 'tool_error', message } });
  });

  test('of a kind that no repeat mends says so', async () => {
    await using runner = new Runner();
    await runner.run(() => Promise.reject(new ToolError('bad_input', 'no text', { retryable: false })));
    expect(runner.events[0]?.data).toMatchObject({ status: 'failed', retryable: false, error: { code: 'bad_input' } });
  });

  test('of an unknown tool names the tools there are', async () => {
    await using runner = new Runner();
    await runner.run(() => 0, { step: { id: 's1', order: 1, title: '', action: 'nope' } });
    expect(runner.events[0]?.data).toMatchObject({
      retryable: false,
      error: { code: 'unknown_tool', message: 'there is no tool "nope"; the tools are tool' },
    });
  });

  test('to load an input is one of the step', async () => {
    await using runner = new Runner();
    const resultRef = { blobId: 'f'.repeat(64), bytes: 1, mediaType: 'application/json' };
    await runner.run(() => 0, { inputs: { big: { status: 'completed', result: null, resultRef } } });
    expect(runner.events[0]?.data).toMatchObject({ status: 'failed', error: { code: 'not_found' } });
  });
});

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

describe('a question', () => {
  const ask = { kind: 'choice', prompt: 'Who?', choices: ['a', 'b'], expiresInMs: 60_000, default: 'a' } as const;

  test('parks the step: it is asked, nothing else is said, the lease is let go', async () => {
    await using runner = new Runner();
    await runner.run((context) => context.ask(ask));
    expect(runner.types()).toEqual(['executor.question.asked']);
    expect(runner.events[0]?.data).toMatchObject({ stepId: 's1', attempt: 1, ...ask });
    expect(runner.session.hold(stepKey)).toBeDefined();
  });

  test('parks the step also where the tool swallows the signal; what it does then is dropped', async () => {
    await using runner = new Runner();
    const refused: unknown[] = [];
    await runner.run(async (context) => {
      await context.ask(ask).catch(() => {});
      await context.output('still here').catch((error) => refused.push(error));
      await context.ask({ kind: 'text', prompt: 'And?' }).catch((error) => refused.push(error));
      return 'a result';
    });
    expect(runner.types()).toEqual(['executor.question.asked']);
    expect(refused).toHaveLength(2);
  });

  test('that is answered resolves at once, and the next one is asked', async () => {
    await using runner = new Runner();
    const tool: Parameters<Runner['run']>[0] = async (context) => {
      const who = await context.ask(ask);
      const sure = await context.ask({ kind: 'confirm', prompt: 'Sure?' });
      return { who, sure };
    };
    const answers: Record<string, unknown> = {};
    for (const [attempt, answer] of [
      [1, 'b'],
      [2, true],
      [3, null],
    ] as const) {
      await runner.run(tool, { attempt, answers: { ...answers } });
      const id = runner.events.at(-1)?.data.questionId;
      if (typeof id === 'string') answers[id] = answer;
    }
    expect(Object.keys(answers)).toHaveLength(2);
    expect(runner.types()).toEqual([
      'executor.question.asked',
      'executor.question.asked',
      'executor.step.progress completed',
    ]);
    expect(runner.events.at(-1)?.data.result).toEqual({ who: 'b', sure: true });
  });

  test('that breaks the schema fails the step', async () => {
    await using runner = new Runner();
    await runner.run((context) => context.ask({ kind: 'choice', prompt: 'Who?', choices: [] }));
    expect(runner.events[0]?.data).toMatchObject({
      status: 'failed',
      retryable: false,
      error: { code: 'bad_request' },
    });
  });
});

test('a tool that skips says why', async () => {
  await using runner = new Runner();
  await runner.run((context) => context.skip('no key'));
  expect(runner.events[0]).toMatchObject({ id: 'r1/s1/1/skipped', data: { status: 'skipped', message: 'no key' } });
});

describe('a cancel', () => {
  test('fires the signal, and the step is reported as skipped when the tool has stopped', async () => {
    await using runner = new Runner();
    const running = gate();
    const stopped = gate();
    const ran = runner.run(async ({ signal }) => {
      running.resolve();
      await untilAborted(signal).catch(() => {});
      await stopped.promise;
      return 'late';
    });
    await running.promise;
    runner.session.cancel('another request');
    runner.session.cancel('r1');
    expect(runner.events).toEqual([]);
    stopped.resolve();
    await ran;
    expect(runner.events).toMatchObject([
      { id: 'r1/s1/1/skipped', data: { status: 'skipped', message: 'cancelled', attempt: 1 } },
    ]);
  });

  test('gives up on a tool that ignores it, and drops what it says later', async () => {
    await using runner = new Runner();
    const running = gate();
    const goOn = gate();
    const said = gate<unknown>();
    const ran = runner.run(
      async (context) => {
        running.resolve();
        await goOn.promise;
        await context.output('I am still here').catch(said.resolve);
        return 'late';
      },
      {},
      { stopGraceMs: 10 },
    );
    await running.promise;
    runner.session.cancel('r1');
    await ran;
    goOn.resolve();
    expect(await said.promise).toMatchObject({ name: 'AbortError' });
    expect(runner.types()).toEqual(['executor.step.progress skipped']);
  });

  test('that overtakes the answer to the claim stops the step before its tool runs', async () => {
    await using runner = new Runner({
      claim: () => {
        runner.session.cancel('r1');
        return { verdict: 'go' };
      },
    });
    let ran = false;
    await runner.run(() => {
      ran = true;
    });
    expect(ran).toBe(false);
    expect(runner.events).toMatchObject([{ data: { status: 'skipped', message: 'cancelled' } }]);
  });

  test('that only the heartbeat’s answer tells stops the step too', async () => {
    await using runner = new Runner({
      heartbeat: ({ steps }) => ({ stop: steps.map((held) => ({ ...held, reason: 'cancelled' })) }),
    });
    runner.session.start();
    await runner.run(({ signal }) => untilAborted(signal));
    expect(runner.events).toMatchObject([{ data: { status: 'skipped', message: 'cancelled' } }]);
  });
});

describe('a lost lease', () => {
  test('stops the tool, and nothing more is published', async () => {
    await using runner = new Runner({
      heartbeat: ({ steps }) => ({ stop: steps.map((held) => ({ ...held, reason: 'lease_lost' })) }),
    });
    runner.session.start();
    await runner.run(async (context) => {
      await untilAborted(context.signal).catch(() => {});
      return 'late';
    });
    expect(runner.events).toEqual([]);
  });

  test('ends the repeating of an outcome that is not confirmed', async () => {
    let published = 0;
    await using runner = new Runner({
      heartbeat: ({ steps }) => ({
        stop: published < 2 ? [] : steps.map((held) => ({ ...held, reason: 'lease_lost' })),
      }),
    });
    runner.confirm = () => {
      published += 1;
      throw new StepwireError('unavailable', 'no confirm');
    };
    runner.session.start();
    await runner.run(() => 'ok');
    expect(runner.events).toEqual([]);
  });
});

test('an outcome that is not confirmed is published again with its id, and the step is held until then', async () => {
  await using runner = new Runner();
  const ids: string[] = [];
  runner.confirm = ({ id }) => {
    ids.push(id);
    expect(runner.session.hold(stepKey)).toBeUndefined();
    if (ids.length < 3) throw new StepwireError('unavailable', 'no confirm');
  };
  await runner.run(() => 'ok');
  expect(ids).toEqual(Array(3).fill('r1/s1/1/completed'));
  expect(runner.events).toHaveLength(1);
});
