import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  DEAD_REASON_HEADER,
  type DeadLetter,
  exchanges,
  limits,
  parseCommand,
  queues,
  routingKeys,
  USER_ID_HEADER,
} from '@stepwire/protocol';
import { type BrokerForTest, type DatabaseForTest, waitFor, withBroker, withDatabase } from '@stepwire/testing';
import { type ConfirmChannel, connect, type Options } from 'amqplib';
import { pino } from 'pino';
import { Coordinator, type CoordinatorSettings } from '../src/coordinator.ts';

const logger = pino({ level: 'silent' });
const caller = { userId: 'root', operator: true };
const notFound = { code: 'not_found' };
const settings: Omit<CoordinatorSettings, 'amqpUrl' | 'dataDir' | 'databaseUrl'> = {
  maxAttempts: 3,
  retryBaseMs: 1_000,
  retryMaxMs: 30_000,
  leaseMs: 15_000,
  cancelGraceMs: 10_000,
  stallAfterMs: 60_000,
  abandonAfterMs: 86_400_000,
  keepDays: 30,
  keepDeadLetters: 10_000,
};
let n = 0;

describe.each(['pglite', 'postgres'] as const)('dead letters on %s', (kind) => {
  let files: DatabaseForTest;
  let rabbit: BrokerForTest;
  let coordinator: Coordinator;
  let connection: Awaited<ReturnType<typeof connect>>;
  let channel: ConfirmChannel;

  async function open(): Promise<void> {
    const { dataDir, databaseUrl } = files;
    coordinator = await Coordinator.open({ ...settings, amqpUrl: rabbit.url, dataDir, databaseUrl }, logger);
    coordinator.start();
    await coordinator.broker.ready();
    const { broker, ingest, deadLetters } = coordinator;
    broker.consumeBatches(queues.ingest, { prefetch: 100, maxBatch: 50 }, (batch) => ingest.take(batch));
    broker.consumeBatches(queues.deadLetters, { prefetch: 100, maxBatch: 50 }, (batch) => deadLetters.take(batch));
  }

  beforeAll(async () => {
    [files, rabbit] = await Promise.all([withDatabase(kind), withBroker()]);
    await open();
    connection = await connect(rabbit.url);
    channel = await connection.createConfirmChannel();
  }, 60_000);
  afterAll(async () => {
    await connection.close();
    await coordinator.close();
    await rabbit.close();
    await files.close();
  });

  /** Resolves when the broker has it. */
  async function publish(
    routingKey: string,
    body: unknown,
    options: Options.Publish = {},
    exchange = exchanges.agentEvents as string,
  ) {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    channel.publish(exchange, routingKey, bytes, { persistent: true, ...options });
    await channel.waitForConfirms();
  }
  const all = async (): Promise<DeadLetter[]> => {
    const letters: DeadLetter[] = [];
    let cursor: string | null = null;
    do {
      const page = await coordinator.deadLetters.list({ caller, limit: 3, ...(cursor === null ? {} : { cursor }) });
      letters.push(...page.deadLetters);
      ({ cursor } = page);
    } while (cursor !== null);
    return letters;
  };
  const letter = (matches: (letter: DeadLetter) => boolean): Promise<DeadLetter> =>
    waitFor(async () => (await all()).find(matches), { what: 'the dead letter' });
  const logged = (requestId: string) => coordinator.reads.events({ requestId, caller, after: 0 });
  const event = (type = 'agent.progress', data: object = {}, more: object = {}) => ({
    requestId: `dead-${++n}`,
    type,
    data,
    ...more,
  });

  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const bad: [what: string, routingKey: string, body: () => string | Buffer | object, reason: RegExp][] = [
    ['no JSON', 'agent.progress', () => 'percent=25', /^bad_request: not JSON/],
    ['nothing', 'agent.progress', () => '', /^bad_request: not JSON/],
    ['bytes', 'agent.progress', () => Buffer.from([0, 255, 0, 254]), /^bad_request: not JSON/],
    [
      'no requestId',
      'agent.progress',
      () => ({ type: 'agent.progress' }),
      /^bad_request: event: \/requestId is missing/,
    ],
    [
      'a broken schema',
      'agent.progress',
      () => event('agent.progress', { percent: 101 }),
      /^bad_request: .*\/data\/percent/,
    ],
    [
      'another routing key',
      'agent.thinking',
      () => event('agent.progress'),
      /^routing_key: published as agent.thinking/,
    ],
    ['too deep', 'x', () => `{"requestId":"deep","type":"x","data":${nested(40)}}`, /^too_deep: /],
    [
      '__proto__',
      'x',
      () => '{"requestId":"proto","type":"x","data":{"__proto__":{"a":1}}}',
      /^bad_request: .*__proto__/,
    ],
    ['a NUL in an id', 'x', () => ({ requestId: 'a\0b', type: 'x' }), /^bad_request: \/requestId has a NUL/],
    [
      'half a character in an id',
      'x',
      () => '{"requestId":"a\\ud800","type":"x"}',
      /^bad_request: \/requestId .*lone surrogate/,
    ],
    [
      'an owner that is no id',
      'x',
      () => event('x', { userId: 'ü'.repeat(101) }),
      /^bad_request: \/data\/userId is longer than 200 bytes/,
    ],
    ['a reserved id', 'x', () => event('x', {}, { id: '~1' }), /^bad_request: \/id may not begin with ~/],
  ];

  test.each(bad)(
    '%s is put away with its reason, and what comes after it is not disturbed',
    async (_what, routingKey, body, reason) => {
      const good = event();
      const messageId = `bad-${++n}`;
      await publish(routingKey, body(), { messageId, appId: 'crawler', headers: { team: 'blue', deep: { er: 1 } } });
      await publish('agent.progress', good);
      expect(await letter((found) => found.messageId === messageId)).toMatchObject({
        reason: expect.stringMatching(reason),
        exchange: exchanges.agentEvents,
        routingKey,
        appId: 'crawler',
        retryable: true,
        count: 1,
        at: expect.stringMatching(/^\d{4}-/),
      });
      await waitFor(() => logged(good.requestId), { what: 'the event after it' });
    },
  );

  test.each([
    ['of a megabyte', 1 << 20],
    // more than our own publisher would send, and than RabbitMQ 4 takes
    ['of 17 MiB, where the broker takes it', 17 * 1024 * 1024],
  ])('a body %s is cut, and can only be discarded', async (_what, bytes) => {
    const good = event();
    const messageId = `large-${++n}`;
    await publish('x', Buffer.alloc(bytes, 'x'), { messageId });
    await publish('agent.progress', good);
    const found = await letter((one) => one.messageId === messageId);
    expect(found).toMatchObject({
      bytes,
      retryable: false,
      reason: expect.stringMatching(/^too_large: .*524288 bytes/),
    });
    expect(found.body).toHaveLength(limits.deadLetterBodyChars);
    await waitFor(() => logged(good.requestId), { what: 'the event after it' });
    const { deadLetterId } = found;
    await expect(coordinator.deadLetters.retry({ caller, deadLetterId })).rejects.toMatchObject({ code: 'conflict' });
    await coordinator.deadLetters.discard({ caller, deadLetterId });
    expect((await all()).map((one) => one.deadLetterId)).not.toContain(deadLetterId);
  });

  test('headers as large as our client can read and write harm neither a good event nor a bad one', async () => {
    const headers = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`h${i}`, 'x'.repeat(2_000)]));
    const good = event();
    const messageId = `headers-${++n}`;
    await publish('agent.progress', 'no JSON', { messageId, headers: { ...headers, [USER_ID_HEADER]: 'ann' } });
    await publish('agent.progress', good, { headers });
    expect(await letter((found) => found.messageId === messageId)).toMatchObject({ body: 'no JSON' });
    await waitFor(() => logged(good.requestId), { what: 'the good one' });
  });

  test('headers larger than a frame are refused at the sender’s, by its client or with 501 by the broker', async () => {
    const own = await connect(rabbit.url);
    const closed = new Promise<{ code: number }>((resolve) => own.on('error', resolve));
    const sender = await own.createChannel();
    sender.on('error', () => undefined);
    const headers = { large: 'x'.repeat(10 << 20) };
    const refused = await Promise.resolve()
      .then(() => sender.publish(exchanges.agentEvents, 'x', Buffer.from('{}'), { headers }))
      .then(
        () => closed.then(({ code }) => code),
        () => 'by its client',
      );
    expect([501, 'by its client']).toContain(refused);
    if (refused === 'by its client') await own.close();
    const good = event();
    await publish('agent.progress', good);
    await waitFor(() => logged(good.requestId), { what: 'somebody else’s event' });
  });

  test('equal ones without an id are one letter with a count; a retry sends as many, and they come back as they were', async () => {
    const body = `not JSON either ${++n}`;
    for (let i = 0; i < 3; i++) await publish('agent.progress', body);
    const found = await letter((one) => one.body === body && one.count === 3);
    const { deadLetterId } = found;
    await coordinator.deadLetters.retry({ caller, deadLetterId });
    expect(await letter((one) => one.deadLetterId === deadLetterId && one.count === 3)).toEqual({
      ...found,
      at: expect.any(String),
    });
    await coordinator.deadLetters.discard({ caller, deadLetterId });
  });

  test('one that can be taken now is, as the event it was, and is gone from the list', async () => {
    const late = event('agent.progress', { stage: 'late' });
    const options = {
      messageId: `late-${++n}`,
      headers: { [DEAD_REASON_HEADER]: 'poison: once', [USER_ID_HEADER]: 'ann' },
    };
    await publish('agent.progress', late, options, exchanges.agentDead);
    const { deadLetterId } = await letter((one) => one.messageId === options.messageId);
    await coordinator.deadLetters.retry({ caller, deadLetterId });
    const { events } = await waitFor(() => logged(late.requestId), { what: 'the event' });
    expect(events).toMatchObject([{ id: options.messageId, seq: 1, data: { stage: 'late', userId: 'ann' } }]);
    expect((await all()).map((one) => one.deadLetterId)).not.toContain(deadLetterId);
    await expect(coordinator.deadLetters.retry({ caller, deadLetterId })).rejects.toMatchObject(notFound);
  });

  test('a command that its consumer rejects is one too, and goes out again as a command', async () => {
    const command = { requestId: `dead-${++n}`, userQuery: 'q', context: {}, attempt: 1 };
    await publish(routingKeys.planCreate, command, { messageId: `command-${n}` }, exchanges.agentCommands);
    const take = () => waitFor(() => channel.get(queues.plans), { what: 'the command' });
    channel.nack(await take(), false, false);
    const found = await letter((one) => one.messageId === `command-${n}`);
    expect(found).toMatchObject({
      reason: `rejected: by a consumer or the limits of ${queues.plans}`,
      exchange: exchanges.agentCommands,
      routingKey: routingKeys.planCreate,
    });
    await coordinator.deadLetters.retry({ caller, deadLetterId: found.deadLetterId });
    const again = await take();
    expect(parseCommand(again.fields.routingKey, again.content).body).toEqual(command);
    channel.ack(again);
  });

  test('an event can’t get itself published as a command by headers that it made up', async () => {
    const headers = { 'x-first-death-exchange': exchanges.agentCommands, 'x-first-death-queue': queues.plans };
    await publish(routingKeys.planCreate, 'no JSON', { messageId: `forged-${++n}`, headers });
    expect(await letter((one) => one.messageId === `forged-${n}`)).toMatchObject({ exchange: exchanges.agentEvents });
  });

  test('are for operators', async () => {
    const stranger = { userId: 'ann', operator: false };
    await publish('x', 'for operators', { messageId: `kept-${++n}` });
    const { deadLetterId } = await letter((one) => one.messageId === `kept-${n}`);
    for (const asked of [
      coordinator.deadLetters.list({ caller: stranger, limit: 1 }),
      coordinator.deadLetters.retry({ caller: stranger, deadLetterId }),
      coordinator.deadLetters.discard({ caller: stranger, deadLetterId }),
      coordinator.deadLetters.discard({ caller, deadLetterId: 'none' }),
      coordinator.deadLetters.retry({ caller, deadLetterId: 'none' }),
    ])
      await expect(asked).rejects.toMatchObject(notFound);
    await expect(coordinator.deadLetters.list({ caller, limit: 1, cursor: 'x' })).rejects.toMatchObject({
      code: 'bad_cursor',
    });
    const letters = await all();
    expect(letters.map((one) => one.deadLetterId)).toContain(deadLetterId);
    const { total } = await coordinator.deadLetters.list({ caller, limit: 1 });
    expect(total).toBe(letters.reduce((sum, { count }) => sum + count, 0));
  });

  test('outlive a restart, and what came meanwhile is taken then', async () => {
    const before = await all();
    await coordinator.close();
    await publish('agent.progress', 'meanwhile', { messageId: `meanwhile-${++n}` });
    await open();
    await letter((one) => one.messageId === `meanwhile-${n}`);
    const after = await all();
    for (const old of before) expect(after).toContainEqual(old);
  });

  test('one that is delivered twice, since its acknowledgement was lost, counts once', async () => {
    const delivery = {
      body: Buffer.from(`twice ${++n}`),
      exchange: exchanges.agentDead,
      routingKey: 'x',
      headers: { [DEAD_REASON_HEADER]: 'bad_request: not JSON' },
      messageId: undefined,
      appId: undefined,
      userId: undefined,
      correlationId: undefined,
      replyTo: undefined,
      ack: () => false,
      nack: () => false,
      reject: () => false,
    };
    await coordinator.deadLetters.take([{ ...delivery, redelivered: false }]);
    await coordinator.deadLetters.take([{ ...delivery, redelivered: true }]);
    const count = async () => (await all()).find((one) => one.body === `twice ${n}`)?.count;
    expect(await count()).toBe(1);
    await coordinator.deadLetters.take([{ ...delivery, redelivered: false }]);
    expect(await count()).toBe(2);
    const other = { ...delivery, body: Buffer.from('never seen before'), redelivered: true };
    await coordinator.deadLetters.take([other, other]);
    expect((await all()).find((one) => one.body === 'never seen before')?.count).toBe(1);
  });
});
