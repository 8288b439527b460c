import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@stepwire/testing';
import { Agents } from './stack.ts';

let agents: Agents;
beforeAll(async () => {
  // Leases run out soon, so that a killed executor is noticed in a test's time.
  agents = await Agents.start(2, { LEASE_MS: '3000', STEP_RETRY_BASE_MS: '50' });
}, 90_000);
afterAll(() => agents.stop(), 30_000);

const running = { stepId: 'w', status: 'running' };
const wait = (ms: number) => ({ id: 'w', order: 1, title: 'Wait', action: 'wait', input: { ms } });

describe('the check of a message', () => {
  const parcel = 'Your parcel is held, pay 2.99 at http://dhl-parcel.test/x or call +44 7700 900123';

  test('plans, looks at the parts side by side, asks, and comes to a verdict that the answer changes', async () => {
    await agents.start('check', parcel);
    const { data: question } = await agents.until('check', 'executor.question.asked');
    expect(question).toMatchObject({
      prompt: 'Who sent this to you?',
      kind: 'choice',
      allowOther: true,
      stepId: 'sender',
    });
    await agents.answer('check', String(question.questionId), 'DHL');
    const { data } = await agents.until('check', 'request.completed');
    expect(data.result).toMatchObject({
      verdict: 'likely_scam',
      reasons: expect.arrayContaining([
        {
          text: expect.stringContaining('You say it came from DHL, but dhl-parcel.test'),
          weight: 0.5,
          source: 'sender',
        },
      ]),
      notChecked: [{ step: 'exa_search', reason: expect.stringContaining('EXA_API_KEY') }],
    });
    const events = await agents.events('check');
    const indexOf = (stepId: string, status: string) =>
      events.findIndex((event) => event.data.stepId === stepId && event.data.status === status);
    const besides = ['scam_db', 'domain_reputation', 'phone_validator', 'exa_search', 'sender'];
    for (const id of besides) {
      expect(indexOf(id, 'running')).toBeGreaterThan(indexOf('entity_extraction', 'completed'));
      expect(indexOf(id, 'running')).toBeLessThan(indexOf('reasoning', 'running'));
    }
    expect(events.some(({ type, data: { stepId } }) => type === 'executor.step.output' && stepId === 'reasoning')).toBe(
      true,
    );
  });

  test('asks nobody when the caller names the sender', async () => {
    await agents.start('named', parcel, { sender: 'my daughter' });
    const { data } = await agents.until('named', 'request.completed');
    expect(JSON.stringify(data.result)).toContain('You know who it came from (my daughter)');
    expect((await agents.events('named')).map(({ type }) => type)).not.toContain('executor.question.asked');
  });

  test('hands results above 16 KiB on by reference', async () => {
    const links = Array.from({ length: 150 }, (_, n) => `http://www.site-${n}.example/some/path/${n}`);
    await agents.start('large', links.join(' '), { sender: 'somebody' });
    const { data: extracted } = await agents.until('large', 'executor.step.progress', {
      stepId: 'entity_extraction',
      status: 'completed',
    });
    expect(extracted).toMatchObject({ resultRef: { mediaType: 'application/json' } });
    const { data: judged } = await agents.until('large', 'executor.step.progress', {
      stepId: 'domain_reputation',
      status: 'completed',
    });
    expect(judged).toHaveProperty('resultRef');
    await agents.until('large', 'request.completed');
  });
});

test('a plan that is none fails the request at once, naming what is wrong', async () => {
  await agents.start('no plan', 'x', { plan: { goal: 'g', steps: [] } });
  const { data } = await agents.until('no plan', 'request.failed');
  expect(data.message).toContain('context.plan');
  expect((await agents.events('no plan')).filter(({ type }) => type === 'agent.progress')).toHaveLength(1);
});

test('a step with an unknown tool fails at once and names the tools', async () => {
  await agents.startPlan('no tool', [{ id: 'x', order: 1, title: 'X', action: 'nope' }]);
  const { data } = await agents.until('no tool', 'request.failed');
  expect(data.message).toMatch(/no tool "nope".*entity_extraction.*wait/);
});

test('a cancel in the middle of a step stops the tool, and nothing has to be forced', async () => {
  await agents.startPlan('cancelled', [wait(60_000)]);
  await agents.until('cancelled', 'executor.step.progress', running);
  await agents.cancel('cancelled');
  const { data } = await agents.until('cancelled', 'request.cancelled');
  expect(data.forced).not.toBe(true);
  await agents.until('cancelled', 'executor.step.progress', { stepId: 'w', status: 'skipped', message: 'cancelled' });
});

test('the health check of a container is content with both agents', async () => {
  for (const service of ['executor', 'planner']) {
    const program = join(import.meta.dirname, `../../${service}/dist/healthcheck.js`);
    await promisify(execFile)(process.execPath, [program], { env: { TMPDIR: agents.folder } });
  }
});

test('a step tells how far it is', async () => {
  await agents.startPlan('progress', [wait(600)]);
  await agents.until('progress', 'request.completed');
  const percents = (await agents.events('progress')).flatMap(({ data }) => data.percent ?? []);
  expect(percents.length).toBeGreaterThan(1);
  expect(percents).toEqual([...percents].sort((a, b) => Number(a) - Number(b)));
});

test('an executor that is asked to stop finishes what is short and ends with exit code 0', async () => {
  await agents.startPlan('short', [wait(1_500)]);
  const { data } = await agents.until('short', 'executor.step.progress', running);
  const name = agents.executorOf(data.instance);
  expect(await agents.stack.terminate(name)).toBe('exit code 0');
  const done = await agents.until('short', 'executor.step.progress', { stepId: 'w', status: 'completed' });
  expect(done.data.attempt).toBe(1);
  await agents.stack.restart(name);
}, 40_000);

test('an executor that is asked to stop hands back what is long, and another runs it', async () => {
  await agents.startPlan('long', [wait(8_000)]);
  const { data } = await agents.until('long', 'executor.step.progress', running);
  const name = agents.executorOf(data.instance);
  expect(await agents.stack.terminate(name)).toBe('exit code 0');
  const again = await agents.until('long', 'executor.step.progress', { ...running, attempt: 2 });
  expect(agents.executorOf(again.data.instance)).not.toBe(name);
  await agents.cancel('long');
  await agents.until('long', 'request.cancelled');
  await agents.stack.restart(name);
}, 60_000);

test('an executor that is killed in the middle of a step loses it to another, which finishes it', async () => {
  await agents.startPlan('killed', [wait(2_500)]);
  const { data } = await agents.until('killed', 'executor.step.progress', running);
  const name = agents.executorOf(data.instance);
  await agents.stack.kill(name);
  const done = await agents.until('killed', 'executor.step.progress', { stepId: 'w', status: 'completed' });
  expect(done.data.attempt).toBe(2);
  await agents.until('killed', 'request.completed');
  await agents.stack.restart(name);
}, 40_000);

test('an executor that was frozen past its lease says nothing more of the step that another has finished', async () => {
  await agents.startPlan('frozen', [wait(1_000)]);
  const { data } = await agents.until('frozen', 'executor.step.progress', running);
  const name = agents.executorOf(data.instance);
  agents.stack.freeze(name);
  const done = await agents.until('frozen', 'executor.step.progress', { stepId: 'w', status: 'completed' });
  expect(done.data.attempt).toBe(2);
  agents.stack.thaw(name);
  const letGo = (entry: Record<string, unknown>) => entry.requestId === 'frozen' && entry.msg === 'step ended';
  await waitFor(() => agents.stack.logEntries(name).some(letGo), { what: 'the thawed executor to let go' });
  // What it said, if anything, came before what this request says.
  await agents.startPlan('after', [wait(0)]);
  await agents.until('after', 'request.completed');
  const ends = (await agents.events('frozen')).filter(({ data: { status } }) => status === 'completed');
  expect(ends).toHaveLength(1);
}, 40_000);
