import { describe, expect, jest, test } from '@jest/globals';
import type { PlanStep } from '@stepwire/protocol';
import { evolve, initialState, isFinished } from '@stepwire/run-model';
import fc from 'fast-check';
import { agentEvent, anyEvent, otherInput } from './arbitrary-inputs.ts';
import { REQUEST, Run, step, T0 } from './run.ts';
import { World } from './world.ts';

// Thousands of requests a test: seconds alone, more on a machine that is busy with other things.
jest.setTimeout(180_000);

/** An acyclic plan: each step may wait for those before it. */
const plan: fc.Arbitrary<PlanStep[]> = fc
  .array(
    fc.record(
      {
        after: fc.array(fc.nat(9), { maxLength: 3 }),
        optional: fc.boolean(),
        maxAttempts: fc.integer({ min: 1, max: 3 }),
        phaseId: fc.constantFrom('look', 'weigh'),
      },
      { requiredKeys: ['after'] },
    ),
    { minLength: 1, maxLength: 6, size: 'max' },
  )
  .map((steps) =>
    steps.map(({ after, ...more }, i) => ({
      id: `s${i + 1}`,
      order: i + 1,
      title: 't',
      action: 'tool',
      dependsOn: i === 0 ? [] : [...new Set(after.map((n) => `s${(n % i) + 1}`))],
      ...more,
    })),
  );

/** Each number is one choice of the world's; `acts` things happen in it. */
const choices = fc.infiniteStream(fc.nat(2 ** 20));
const acts = fc.integer({ min: 0, max: 150 });

function worldOf(steps: PlanStep[], numbers: Iterator<number>): World {
  const world = new World(steps, (n) => (numbers.next().value ?? 0) % n);
  world.run.start();
  return world;
}

describe('a managed request in a world of crashes, repeats, zombies and late timers', () => {
  test('driven fairly, whatever happened before, ends in exactly one way, with everything that must hold on the way', () => {
    const ends = new Map<string, number>();
    fc.assert(
      fc.property(plan, choices, acts, (steps, numbers, count) => {
        const world = worldOf(steps, numbers);
        for (let i = 0; i < count; i++) world.act();
        world.settle();
        const { status } = world.run.state;
        ends.set(status, (ends.get(status) ?? 0) + 1);
      }),
      { numRuns: 200 },
    );
    // The world reaches every end, so none of the expectations is idle.
    expect([...ends.keys()].sort()).toEqual(['cancelled', 'completed', 'failed']);
  });

  test('waits exactly when a question is open and nothing runs or is ready', () => {
    let waited = 0;
    fc.assert(
      fc.property(plan, choices, acts, (steps, numbers, count) => {
        const world = worldOf(steps, numbers);
        for (let i = 0; i < count; i++) {
          world.act();
          const { state } = world.run;
          if (isFinished(state.status) || state.status === 'cancelling' || state.plan === null) continue;
          const busy = state.steps.some(({ status }) => status === 'running' || status === 'ready');
          const waits = state.questions.length > 0 && !busy;
          expect(state.status).toBe(waits ? 'waiting' : 'running');
          expect(state.currentStage === 'waiting').toBe(waits);
          if (waits) waited++;
        }
      }),
      { numRuns: 60 },
    );
    expect(waited).toBeGreaterThan(0);
  });
});

describe('whatever agents, clients, executors and timers say, in any order', () => {
  const inputs = fc.array(fc.oneof({ weight: 4, arbitrary: agentEvent }, { weight: 3, arbitrary: otherInput }), {
    minLength: 1,
    maxLength: 60,
    size: 'max',
  });
  const beginning = fc.constantFrom('observed', 'started', 'planned');
  const begin = (how: string): Run => {
    const run = new Run({ maxLeaseLosses: 2 });
    if (how === 'started') run.start();
    if (how === 'planned') {
      run.planned(
        step('a', 1, { phaseId: 'look' }),
        step('b', 2, { optional: true }),
        step('c', 3, { dependsOn: ['a', 'b'] }),
      );
    }
    return run;
  };

  test('decide never throws, and what it decides folds to the state it worked with', () => {
    let decisions = 0;
    fc.assert(
      fc.property(inputs, beginning, (given, how) => {
        const run = begin(how);
        for (const [i, { input, laterMs }] of given.entries()) {
          run.now += laterMs;
          // A delivery of its own each time; the coordinator drops those whose id it knows.
          const own = input.kind === 'event' ? { ...input, event: { ...input.event, id: `${i}` } } : input;
          if (run.give(own).kind === 'decision') decisions++;
        }
      }),
      { numRuns: 250 },
    );
    expect(decisions).toBeGreaterThan(1_000);
  });

  test('evolve never throws on any log, takes progress up only, and lets nothing change after the end', () => {
    const log = fc.array(anyEvent, { minLength: 1, maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(log, beginning, (events, how) => {
        let { state } = begin(how);
        for (const event of events) {
          const before = state;
          state = evolve(before, { ...event, seq: before.seq + 1, timestamp: new Date(T0 + before.seq).toISOString() });
          expect(state.progress).toBeGreaterThanOrEqual(before.progress);
          expect(state.progress).toBeLessThanOrEqual(100);
          if (isFinished(before.status))
            expect(state).toEqual({ ...before, seq: state.seq, updatedAt: state.updatedAt });
          expect(JSON.stringify(JSON.parse(JSON.stringify(state)))).toBe(JSON.stringify(state));
          expect(Object.keys(state)).toEqual(Object.keys(initialState(REQUEST)));
        }
      }),
      { numRuns: 250 },
    );
  });

  test('evolve copies: the state before an event is the same afterwards', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 20 }), (events) => {
        let state = initialState(REQUEST);
        for (const event of events) {
          const text = JSON.stringify(state);
          const next = evolve(state, { ...event, seq: state.seq + 1 });
          expect(JSON.stringify(state)).toBe(text);
          state = next;
        }
      }),
      { numRuns: 200 },
    );
  });
});
