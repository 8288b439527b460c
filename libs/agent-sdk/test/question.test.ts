import { describe, expect, test } from '@jest/globals';
import { Runner, stepKey } from './runner.ts';

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
