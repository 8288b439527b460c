import type { LogEvent } from '@stepwire/protocol';
import { evolve, initialState, type RunState } from '@stepwire/run-model';
import fc from 'fast-check';
import { agentEvent, otherInput } from '../../run-model/test/arbitrary-inputs.ts';
import { REQUEST, Run, step } from '../../run-model/test/run.ts';
import { World } from '../../run-model/test/world.ts';

/** Logs as a coordinator would have them: whatever agents and clients say goes through `decide` first. */

const phased = [
  step('a', 1, { phaseId: 'look', input: { x: 1 } }),
  step('b', 2, { phaseId: 'look', optional: true }),
  step('c', 3, { dependsOn: ['a', 'b'], phaseId: 'weigh' }),
];

const inputs = fc.array(fc.oneof({ weight: 4, arbitrary: agentEvent }, { weight: 3, arbitrary: otherInput }), {
  minLength: 1,
  maxLength: 60,
  size: 'max',
});

/** Agents say anything, in any order, of a request that is theirs, was started, or has a plan. */
const arbitrary: fc.Arbitrary<readonly LogEvent[]> = fc
  .tuple(inputs, fc.constantFrom('observed', 'started', 'planned'))
  .map(([given, how]) => {
    const run = new Run({ maxLeaseLosses: 2 });
    if (how === 'started') run.start();
    if (how === 'planned') run.planned(...phased);
    for (const [i, { input, laterMs }] of given.entries()) {
      run.now += laterMs;
      run.give(input.kind === 'event' ? { ...input, event: { ...input.event, id: `${i}` } } : input);
    }
    return run.log;
  });

/** Executors work, crash, ask and are repeated until the request ends. */
const lifelike: fc.Arbitrary<readonly LogEvent[]> = fc
  .tuple(fc.infiniteStream(fc.nat(2 ** 20)), fc.integer({ min: 0, max: 60 }))
  .map(([numbers, acts]) => {
    const world = new World(phased, (n) => (numbers.next().value ?? 0) % n);
    world.run.start();
    for (let i = 0; i < acts; i++) world.act();
    world.settle();
    return world.run.log;
  });

export const anyLog = fc.oneof(arbitrary, lifelike).filter((log) => log.length > 0);

/** The states before each event, and the one after the last. */
export function statesOf(log: readonly LogEvent[]): readonly RunState[] {
  const states = [initialState(log[0]?.requestId ?? REQUEST)];
  for (const event of log) states.push(evolve(states.at(-1) ?? initialState(event.requestId), event));
  return states;
}
