import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type BrokerForTest,
  type DatabaseForTest,
  type StackForTest,
  startStack,
  waitFor,
  withBroker,
  withDatabase,
} from '../src/index.ts';

let broker: BrokerForTest;
let database: DatabaseForTest;
let stack: StackForTest;

beforeAll(async () => {
  broker = await withBroker();
  database = await withDatabase('postgres');
  stack = await startStack({ broker, database, services: { executor: 2, gateway: 2 } });
}, 120_000);
afterAll(async () => {
  await stack.stop();
  await database.close();
  await broker.close();
}, 60_000);

const status = async (url: string) => (await fetch(`${url}/ready`)).status;

test('every gateway is ready, each on its own address', async () => {
  expect(new Set(stack.urls).size).toBe(2);
  expect(await Promise.all(stack.urls.map(status))).toEqual([200, 200]);
});

test('a killed process is dead, the others live, and restart brings it back as another process', async () => {
  const before = stack.pid('executor');
  await stack.kill('executor');
  expect([stack.alive('executor'), stack.alive('executor 2')]).toEqual([false, true]);
  await stack.restart('executor');
  expect(stack.pid('executor')).not.toBe(before);
  await stack.ready();
}, 60_000);

test('terminate is the graceful end, and says how it ended', async () => {
  expect(await stack.terminate('executor 2')).toBe('exit code 0');
}, 30_000);

test('logs are kept over restarts and can be read as entries', async () => {
  const entry = await waitFor(() => stack.logEntries('coordinator')[0]);
  expect(entry).toMatchObject({ service: 'coordinator' });
});

test('a name that is not in the stack is refused with those that are', () => {
  expect(() => stack.pid('executor 3')).toThrow(/no executor 3, only coordinator, planner, executor, executor 2/);
});
