import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { utf8Bytes } from '@stepwire/protocol';
import { delayMs } from '../src/backoff.ts';
import { eventMessage } from '../src/events.ts';
import { heartbeatFile, isAlive } from '../src/heartbeat-file.ts';
import { publishEvent } from '../src/publish-event.ts';
import { questionId } from '../src/question-id.ts';
import { toolSet } from '../src/tool.ts';

test('delays double up to the greatest, and half of each is random', () => {
  const backoff = { baseMs: 100, maxMs: 1_000 };
  expect([1, 2, 3, 4, 5, 500].map((n) => delayMs(backoff, n, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(delayMs(backoff, 2, 0)).toBe(100);
});

test('a question is known by request, step, place and prompt, however long those are', () => {
  const id = questionId('r', 's', 1, 'Who?');
  expect(questionId('r', 's', 1, 'Who?')).toBe(id);
  const others = [
    questionId('r2', 's', 1, 'Who?'),
    questionId('r', 's2', 1, 'Who?'),
    questionId('r', 's', 2, 'Who?'),
    questionId('r', 's', 1, 'Who is it?'),
  ];
  expect(new Set([id, ...others]).size).toBe(5);
  expect(utf8Bytes(questionId('é'.repeat(100), 's'.repeat(200), 1, 'Who?'))).toBeLessThanOrEqual(200);
});

test('an event that the coordinator would refuse is refused where it is made', () => {
  const event = { id: '1', requestId: 'r', agent: 'a' };
  expect(() => eventMessage({ ...event, type: 'agent.progress', data: { percent: 101 } })).toThrow('/data/percent');
  expect(() => eventMessage({ ...event, type: 'x', data: {}, requestId: 'r'.repeat(201) })).toThrow('requestId');
});

test('a plain agent’s event carries its id, its request and its owner', async () => {
  const messages: unknown[] = [];
  await publishEvent(
    async (message) => {
      messages.push(message);
    },
    { type: 'agent.progress', requestId: 'r', agent: 'mine', data: { percent: 25, stage: 'x' }, userId: 'u', at: 0 },
  );
  expect(messages).toMatchObject([
    {
      exchange: 'agent.events',
      routingKey: 'agent.progress',
      appId: 'mine',
      messageId: expect.any(String),
      headers: { requestId: 'r', userId: 'u' },
    },
  ]);
});

test('an agent that was answered within a lease is alive; one that never was, or long ago, is not', () => {
  const role = `test-${process.pid}`;
  expect(isAlive(role)).toBe(false);
  heartbeatFile(role, 15_000)();
  expect(isAlive(role)).toBe(true);
  expect(isAlive(role, Date.now() + 16_000)).toBe(false);
  rmSync(join(tmpdir(), `stepwire-${role}.alive`));
});

test('two tools of one name are refused', () => {
  const tool = { name: 'a', about: '', run: () => 0 };
  expect(() => toolSet([tool, { ...tool }])).toThrow('same name');
});
