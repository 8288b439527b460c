import { describe, expect, test } from '@jest/globals';
import { StepwireError } from '@stepwire/protocol';
import { ToolError } from '../src/tool.ts';
import { gate, Runner, stepKey } from './runner.ts';

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
