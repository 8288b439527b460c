import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Broker } from '@stepwire/messaging';
import { exchanges, routingKeys } from '@stepwire/protocol';
import { type BrokerForTest, waitFor, withBroker } from '@stepwire/testing';
import { pino } from 'pino';
import { Outbox } from '../src/outbox.ts';
import { observed, openScene, type Scene } from './scene.ts';

let kept: BrokerForTest;
let broker: Broker;
let scene: Scene;
let outbox: Outbox;
let tried = 0;
beforeAll(async () => {
  [kept, scene] = await Promise.all([withBroker(), openScene('postgres')]);
  const logger = pino({ level: 'silent' });
  broker = Broker.open({ url: kept.url, name: 'test', logger, topology: { exchanges: [], queues: [] } });
  await broker.ready();
  outbox = new Outbox({
    pool: scene.database.read,
    publish: (message) => {
      tried += 1;
      return broker.publish(message);
    },
    onFailure: (error) => {
      throw error;
    },
  });
  outbox.start();
}, 60_000);
afterAll(async () => {
  await outbox.stop();
  await broker.close();
  await scene.close();
  await kept.close();
});

const left = async (): Promise<number> =>
  (await scene.database.read.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox')).rows[0]?.n ?? -1;
/** an answer to an agent's question: for whoever listens to `request.feedback`, which here is nobody */
const answerTo = (requestId: string, count = 1) =>
  scene.database.read.query(
    "INSERT INTO outbox (routing_key, body, created_at) SELECT $1, $2, now() - interval '1 minute' FROM generate_series(1, $3)",
    [routingKeys.requestFeedback, JSON.stringify({ requestId, questionId: 'q', answer: true }), count],
  );

test('a command that no queue takes waits for its agent, and keeps nothing from what comes after it', async () => {
  const requestId = randomUUID();
  await scene.writers[0].submit([observed(requestId, 'first')]);
  await answerTo(requestId, 600);
  await scene.database.read.query(
    "INSERT INTO outbox (routing_key, body, created_at) VALUES ($1, $2, now() - interval '1 minute')",
    [routingKeys.planCreate, JSON.stringify({ requestId })],
  );
  await waitFor(async () => (await kept.queueDepth('planner.plans')) === 1);
  const heard: unknown[] = [];
  const queue = broker.instanceQueue({ service: 'agent', onMessage: ({ body }) => void heard.push(body) });
  await queue.bind(exchanges.agentCommands, routingKeys.requestFeedback);
  await waitFor(async () => (await left()) === 0);
  expect(heard.length).toBeGreaterThanOrEqual(600);
  await queue.close();
}, 60_000);

test('a command that no queue takes is given up once its request has ended', async () => {
  const requestId = randomUUID();
  await scene.writers[0].submit([observed(requestId, 'first')]);
  await answerTo(requestId);
  const before = tried;
  await waitFor(() => tried >= before + 2);
  expect(await left()).toBe(1);
  await scene.writers[0].submit([observed(requestId, 'last', { result: {} }, 'request.completed')]);
  await waitFor(async () => (await left()) === 0);
}, 60_000);
