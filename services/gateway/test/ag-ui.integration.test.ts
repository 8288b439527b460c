import { randomUUID } from 'node:crypto';
import { HttpAgent } from '@ag-ui/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type OwnStack, Publisher, waitFor, withStack } from '@stepwire/testing';

let stack: OwnStack;
let agent: Publisher;

beforeAll(async () => {
  stack = await withStack();
  agent = await Publisher.open(stack.broker.url);
}, 120_000);
afterAll(async () => {
  await agent?.close();
  await stack?.close();
});

/** The published client, and the types of all events it was given. */
function client(threadId: string) {
  const http = new HttpAgent({ url: `${stack.url}/api/ag-ui`, threadId });
  const types: string[] = [];
  http.subscribe({ onEvent: ({ event }) => void types.push(event.type) });
  return { http, types };
}

test('the published client runs a request to its end', async () => {
  const { http, types } = client(randomUUID());
  http.addMessage({
    id: randomUUID(),
    role: 'user',
    content: 'is this message from my bank safe? http://dhl-parcel.test/x',
  });
  const runId = randomUUID();
  const run = http.runAgent({ runId });
  await waitFor(() => types.includes('STATE_SNAPSHOT'), { timeoutMs: 20_000 });
  // whatever the built-in agents do with it, this ends it
  await fetch(`${stack.url}/api/requests/${runId}/cancel`, { method: 'POST' });
  await run;
  expect(types[0]).toBe('RUN_STARTED');
  expect(types.at(-1)).toBe('RUN_FINISHED');
}, 60_000);

test('what waits for an answer ends its run with an interrupt, and the answer begins the next', async () => {
  const { http, types } = client(randomUUID());
  const requestId = randomUUID();
  const questionId = `${requestId}/ask/1`;
  await agent.event(
    requestId,
    'executor.step.progress',
    { stepId: 's', stepOrder: 1, status: 'running', tool: 'ask' },
    'local',
  );
  await agent.event(requestId, 'executor.question.asked', {
    questionId,
    stepId: 's',
    prompt: 'Really?',
    kind: 'confirm',
  });
  await waitFor(async () => {
    const state = await (await fetch(`${stack.url}/api/requests/${requestId}`)).json();
    return Reflect.get(Object(state), 'seq') === 2;
  });
  const run = http.runAgent({
    runId: randomUUID(),
    resume: [{ interruptId: questionId, status: 'resolved', payload: true }],
  });
  await waitFor(() => types.includes('STATE_SNAPSHOT'), { timeoutMs: 20_000 });
  await agent.event(requestId, 'executor.step.output', { stepId: 's', delta: 'All is well.' });
  await agent.event(requestId, 'executor.step.progress', {
    stepId: 's',
    stepOrder: 1,
    status: 'completed',
    tool: 'ask',
  });
  await agent.event(requestId, 'request.completed', { result: 'fine' });
  const { result } = await run;
  expect(result).toBe('fine');
  expect(types[0]).toBe('RUN_STARTED');
  expect(types.at(-1)).toBe('RUN_FINISHED');
}, 60_000);

test('what is no RunAgentInput is refused with the path', async () => {
  const response = await fetch(`${stack.url}/api/ag-ui`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ threadId: 't', runId: 'r', messages: 'x' }),
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'bad_request', path: '/messages' });
});
