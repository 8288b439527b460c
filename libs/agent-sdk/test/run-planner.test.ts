import { expect, test } from '@jest/globals';
import type { Plan, PlanCreate } from '@stepwire/protocol';
import { type Planner, runPlanner } from '../src/run-planner.ts';
import { ToolError } from '../src/tool.ts';
import { gate, Runner } from './runner.ts';

const plan: Plan = { goal: 'g', steps: [{ id: 'a', order: 1, title: 'A', action: 'tool' }] };
const command: PlanCreate = { requestId: 'r1', userQuery: 'q', context: {}, attempt: 2 };
const make = (runner: Runner, makePlan: Planner['makePlan']) =>
  runPlanner({ session: runner.session, makePlan }, command, runner.delivery);

test('planning is claimed like a step and says the plan with its attempt', async () => {
  await using runner = new Runner();
  await make(runner, () => plan);
  expect(runner.asked[0]?.params).toMatchObject({ stepId: 'plan', attempt: 2 });
  expect(runner.events).toMatchObject([
    { type: 'planner.plan.created', id: 'r1/plan/2/completed', agent: 'planner-agent', data: { plan, attempt: 2 } },
  ]);
});

test.each([
  [
    'what it throws',
    () => Promise.reject(new Error('model is down')),
    { message: 'model is down', code: 'tool_error' },
  ],
  [
    'that no repeat helps',
    () => {
      throw new ToolError('bad_plan', 'no', { retryable: false });
    },
    { message: 'no', code: 'bad_plan', retryable: false },
  ],
  [
    'that its plan is none',
    () => ({ goal: 'g', steps: [] }),
    { message: expect.stringContaining('/data/plan/steps'), code: 'bad_request', retryable: false },
  ],
])('a failed attempt says %s', async (_, makePlan, data) => {
  await using runner = new Runner();
  await make(runner, makePlan);
  expect(runner.events).toMatchObject([
    { type: 'agent.failed', id: 'r1/plan/2/failed', data: { step: 'plan', attempt: 2, ...data } },
  ]);
});

test('a cancelled planner says that it has stopped', async () => {
  await using runner = new Runner();
  const running = gate();
  const made = make(
    runner,
    (_, signal) =>
      new Promise((__, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        running.resolve();
      }),
  );
  await running.promise;
  runner.session.cancel('r1');
  await made;
  expect(runner.events).toMatchObject([
    { type: 'agent.failed', data: { code: 'cancelled', step: 'plan', attempt: 2 } },
  ]);
});
