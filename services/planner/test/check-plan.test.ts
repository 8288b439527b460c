import { describe, expect, test } from '@jest/globals';
import { limits, type Plan, parseEvent } from '@stepwire/protocol';
import { planFor } from '../src/check-plan.ts';

const ask = (context: object = {}, userQuery = 'pay 2.99') => planFor({ userQuery, context });
const inputOf = (plan: Plan, id: string) => plan.steps.find((step) => step.id === id)?.input;

describe('the plan of a check', () => {
  test('extracts first, looks at the parts side by side, and concludes from all of them', () => {
    const steps = Object.fromEntries(ask().steps.map(({ id, dependsOn = [] }) => [id, dependsOn]));
    const besides = ['scam_db', 'domain_reputation', 'phone_validator', 'exa_search', 'sender'];
    expect(steps.entity_extraction).toEqual([]);
    for (const id of besides) expect(steps[id]).toEqual(['entity_extraction']);
    expect(steps.reasoning).toEqual(['entity_extraction', ...besides]);
  });

  test('is the same every time, counts its steps from 1 and passes as an event', () => {
    const plan = ask();
    expect(ask()).toEqual(plan);
    expect(plan.steps.map(({ order }) => order)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const event = { type: 'planner.plan.created', requestId: 'r', data: { plan } };
    expect(parseEvent(JSON.stringify(event), { now: 0 }).data).toEqual({ plan });
  });

  test('lets no look at a part fail the check', () => {
    const optional = ask().steps.filter((step) => step.optional === true);
    expect(optional.map(({ phaseId }) => phaseId)).toEqual(Array(5).fill('check'));
  });

  test('names a phase for every step', () => {
    const { phases = [], steps } = ask();
    expect(new Set(steps.map(({ phaseId }) => phaseId))).toEqual(new Set(phases.map(({ id }) => id)));
  });

  test('of the longest message there may be is still an event', () => {
    const plan = ask({}, '"'.repeat(limits.payloadBytes));
    const event = { type: 'planner.plan.created', requestId: 'r', data: { plan } };
    expect(() => parseEvent(JSON.stringify(event), { now: 0 })).not.toThrow();
  });
});

describe('the context', () => {
  test('may name the sender and the country', () => {
    const plan = ask({ sender: 'DHL', country: 'GB', other: 1 });
    expect(inputOf(plan, 'sender')).toEqual({ sender: 'DHL' });
    expect(inputOf(plan, 'phone_validator')).toEqual({ country: 'GB' });
    expect(inputOf(plan, 'scam_db')).toEqual({ text: 'pay 2.99', country: 'GB' });
  });

  test.each([{ sender: 1 }, { sender: '' }, { country: {} }, { sender: 'x'.repeat(501) }])(
    '%j is refused for good',
    (context) => {
      expect(() => ask(context)).toThrow(expect.objectContaining({ code: 'bad_context', retryable: false }));
    },
  );

  test('may hold a plan of the caller’s own, which is taken as it is', () => {
    const plan = { goal: 'g', steps: [{ id: 'w', order: 1, title: 'W', action: 'wait', input: { ms: 5 } }], extra: 1 };
    expect(ask({ plan })).toEqual(plan);
  });

  test.each([null, {}, { goal: 'g', steps: [] }, { goal: 'g', steps: [{ id: 'a' }] }, 'plan'])(
    'with the plan %j is refused for good, naming what is wrong',
    (plan) => {
      expect(() => ask({ plan })).toThrow(
        expect.objectContaining({
          code: 'bad_plan',
          retryable: false,
          message: expect.stringContaining('context.plan'),
        }),
      );
    },
  );
});
