import { test } from '@jest/globals';
import { limits, type Plan, parseCommand, parsePlan } from '@stepwire/protocol';
import { planProblem } from '@stepwire/run-model';
import { fuzz, mutatedJson, mutatedValue, outcome, validPlan } from '@stepwire/testing';
import fc from 'fast-check';

/** Plans, which a model wrote, and commands, which agents in any language read. */
const runnable = ({ steps }: Plan): boolean => {
  // by trying: what can never be ready makes a plan that cannot be run
  const done = new Set<string>();
  for (let before = -1; before !== done.size; ) {
    before = done.size;
    for (const { id, dependsOn = [] } of steps) if (dependsOn.every((other) => done.has(other))) done.add(id);
  }
  return done.size === steps.length;
};

const step = fc.record(
  {
    id: fc.constantFrom('a', 'b', 'c', 'd', 'plan', '__proto__', 'constructor'),
    order: fc.integer({ min: 1, max: 6 }),
    title: fc.constant('t'),
    action: fc.constant('x'),
    dependsOn: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__', 'toString'), { maxLength: 3 }),
  },
  { requiredKeys: ['id', 'order', 'title', 'action'] },
);

fuzz(test, {
  'a value that is nearly a plan': fc.property(mutatedValue([validPlan]), (value) => {
    const read = outcome(() => {
      const parsed = parsePlan(value);
      return { parsed, problem: planProblem(parsed) };
    });
    if ('accepted' in read && read.accepted.problem === null && !runnable(read.accepted.parsed))
      throw new Error('it can never be run');
  }),
  'graphs of steps': fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
    const read = outcome(() => planProblem(parsePlan({ goal: 'g', steps })));
    if (!('accepted' in read)) throw read.refused;
    if (read.accepted === null && !runnable({ goal: 'g', steps })) throw new Error('it can never be run');
  }),
  'as many steps as a plan may have, each depending on all before it': fc.property(
    fc.integer({ min: limits.planSteps - 5, max: limits.planSteps + 5 }),
    fc.nat({ max: 200 }),
    (count, width) => {
      const steps = Array.from({ length: count }, (_, at) => ({
        id: `s${at}`,
        order: at + 1,
        title: '',
        action: 'x',
        dependsOn: Array.from({ length: Math.min(at, width) }, (_unused, back) => `s${at - back - 1}`),
      }));
      const read = outcome(() => planProblem(parsePlan({ goal: 'g', steps })));
      if ('accepted' in read !== count <= limits.planSteps) throw new Error(`${count} steps were misjudged`);
    },
  ),
  'bodies that are nearly commands': fc.property(
    fc.constantFrom('plan.create', 'step.execute', 'request.cancel', 'request.feedback', '__proto__', 'constructor'),
    mutatedJson([
      { requestId: 'r', userQuery: 'q', context: {}, attempt: 1 },
      {
        requestId: 'r',
        step: { id: 'a', order: 1, title: '', action: 'x' },
        inputs: {},
        answers: {},
        attempt: 1,
        lastAttempt: false,
      },
      { requestId: 'r', by: 'ada' },
      { requestId: 'r', questionId: 'q', answer: 1 },
    ]),
    (type, body) => {
      const read = outcome(() => parseCommand(type, body));
      if ('accepted' in read && JSON.stringify(read.accepted.body) !== JSON.stringify(JSON.parse(body)))
        throw new Error('it was changed');
    },
  ),
});
