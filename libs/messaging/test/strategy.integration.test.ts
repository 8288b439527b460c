import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { nestLogger } from '@stepwire/observability';
import {
  exchanges,
  queues,
  type RequestCancel,
  type RpcParams,
  routingKeys,
  type StepExecute,
  StepwireError,
} from '@stepwire/protocol';
import { type BrokerForTest, waitFor, withBroker } from '@stepwire/testing';
import {
  AmqpContext,
  AmqpStrategy,
  type Broker,
  type Delivery,
  rpcClient,
  type Source,
  StepwireErrorFilter,
} from '../src/index.ts';
import { Cleanup, gate, openBroker, quiet } from './harness.ts';

/** What the handlers saw and how they behave; a provider, so that dependency injection is in the test too. */
@Injectable()
class Script {
  readonly seen: unknown[] = [];
  failures = 0;
  readonly hold = gate();

  fail(): void {
    if (this.failures-- > 0) throw new Error('not now');
  }
}

@Controller()
class Service {
  constructor(readonly script: Script) {}

  @EventPattern<string>(queues.ingest)
  async ingest(@Payload() batch: Delivery[], @Ctx() context: AmqpContext): Promise<void> {
    this.script.fail();
    expect(context.deliveries).toBe(batch);
    this.script.seen.push(...batch.map(({ body }) => body.toString()));
  }

  @EventPattern<string>(queues.steps)
  async step(@Payload() step: StepExecute, @Ctx() context: AmqpContext): Promise<void> {
    if (step.step.action === 'forget') return void this.script.seen.push('forgot');
    if (step.step.action === 'hold') {
      this.script.seen.push(step.requestId);
      context.ack();
      return this.script.hold.promise;
    }
    this.script.fail();
    this.script.seen.push(step.requestId);
    context.ack();
  }

  @EventPattern<string>(routingKeys.requestCancel)
  cancelled(@Payload() { requestId, by }: RequestCancel): void {
    this.script.seen.push({ requestId, by });
  }

  @MessagePattern('heads')
  heads(@Payload() { requestIds }: RpcParams['heads']): unknown {
    if (requestIds.length === 0) throw new StepwireError('conflict', 'no ids');
    return Object.fromEntries(requestIds.map((id) => [id, { seq: 1, epoch: 'e', finished: true }]));
  }

  @MessagePattern('start')
  async start(@Ctx() context: AmqpContext): Promise<unknown> {
    return { requestId: 'r', seq: 1, epoch: context.commandId, created: context.request.timeoutMs > 0 };
  }
}

@Module({ controllers: [Service], providers: [Script] })
class App {}

describe('AmqpStrategy', () => {
  const cleanup = new Cleanup();
  let rabbit: BrokerForTest;
  let outside: Broker;

  beforeEach(async () => {
    rabbit = cleanup.add(await withBroker());
    outside = cleanup.add(await openBroker(rabbit.url));
  });
  afterEach(() => cleanup.run());

  const start = async (...sources: Source[]): Promise<Script> => {
    const broker = cleanup.add(await openBroker(rabbit.url));
    const app = await NestFactory.createMicroservice(App, {
      strategy: new AmqpStrategy({ broker, sources }),
      logger: nestLogger(quiet),
    });
    app.useGlobalFilters(new StepwireErrorFilter());
    await app.listen();
    cleanup.add(app);
    return app.get(Script);
  };
  const step = (requestId: string, action = 'echo') =>
    JSON.stringify({
      requestId,
      step: { id: 's', order: 1, title: 't', action },
      inputs: {},
      answers: {},
      attempt: 1,
      lastAttempt: false,
    });
  const command = (body: string, routingKey: string = routingKeys.stepExecute) =>
    outside.publish({ exchange: exchanges.agentCommands, routingKey, body });
  const slots: Source = { kind: 'slots', queue: queues.steps, slots: 2 };

  test('batch: the handler gets deliveries, and a throw brings them again', async () => {
    const script = await start({ kind: 'batch', queue: queues.ingest, prefetch: 100, maxBatch: 10 });
    script.failures = 2;
    const bodies = Array.from({ length: 30 }, (_, n) => String(n));
    for (const body of bodies) await outside.publish({ exchange: exchanges.agentEvents, routingKey: 'x', body });
    await waitFor(() => script.seen.length >= 30);
    expect(script.seen).toEqual(bodies);
  });

  test('slots: the handler gets the command and settles it; a throw before that brings it again', async () => {
    const script = await start(slots);
    script.failures = 2;
    await command(step('r1'));
    await waitFor(() => script.seen.length === 1);
    expect(script).toMatchObject({ seen: ['r1'], failures: -1 });
    await waitFor(async () => (await rabbit.queueDepth(queues.steps)) === 0);
    expect(await rabbit.queueDepth(queues.deadLetters)).toBe(0);
  });

  test('slots: as many at once as there are slots, and the rest stays in the queue', async () => {
    const script = await start(slots);
    for (const id of ['r1', 'r2', 'r3']) await command(step(id, 'hold'));
    await waitFor(() => script.seen.length === 2);
    expect(await rabbit.queueDepth(queues.steps)).toBe(1);
    script.hold.resolve();
    await waitFor(() => script.seen.length === 3);
  });

  test('slots: what does not parse goes to the dead letters and disturbs nobody', async () => {
    const script = await start(slots);
    await command('{"requestId": 1}');
    await command('not json');
    await command(step('r1'));
    await waitFor(() => script.seen.length === 1);
    await waitFor(async () => (await rabbit.queueDepth(queues.deadLetters)) === 2);
    expect(script.seen).toEqual(['r1']);
  });

  test('slots: a handler that forgets to settle gets the message again, not hot', async () => {
    const script = await start(slots);
    await command(step('r1', 'forget'));
    await waitFor(() => script.seen.length >= 3);
    expect(script.seen.length).toBeLessThan(10);
  });

  test('instance: everybody hears it, and what does not parse is skipped', async () => {
    const bindings = [{ exchange: exchanges.agentCommands, routingKey: routingKeys.requestCancel }];
    const scripts = [
      await start({ kind: 'instance', service: 'executor', bindings }),
      await start({ kind: 'instance', service: 'executor', bindings }),
    ];
    await waitFor(async () => {
      const all = await rabbit.management.list(`/queues/${rabbit.vhost}`);
      return all.filter(({ exclusive, consumers }) => exclusive && consumers === 1).length === 2;
    });
    await command('nonsense', routingKeys.requestCancel);
    await command(JSON.stringify({ requestId: 'r1', by: 'ada' }), routingKeys.requestCancel);
    await waitFor(() => scripts.every(({ seen }) => seen.length === 1));
    expect(scripts.map(({ seen }) => seen)).toEqual([
      [{ requestId: 'r1', by: 'ada' }],
      [{ requestId: 'r1', by: 'ada' }],
    ]);
  });

  test('rpc: methods are handlers, params are parsed, errors keep their code', async () => {
    await start({ kind: 'rpc', queue: queues.rpc });
    const client = rpcClient(outside);
    await expect(client.call('heads', { requestIds: ['a'] })).resolves.toEqual({
      a: { seq: 1, epoch: 'e', finished: true },
    });
    await expect(client.call('heads', { requestIds: [] })).rejects.toMatchObject({
      code: 'conflict',
      message: 'no ids',
    });
    await expect(client.call('heads', { requestIds: [''] })).rejects.toMatchObject({ code: 'bad_request' });
    await expect(client.call('health', {})).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('health'),
    });
    const params = { requestId: 'r', caller: { userId: 'ada', operator: false }, userQuery: 'q', context: {} };
    await expect(client.call('start', params, { commandId: 'c-7' })).resolves.toEqual({
      requestId: 'r',
      seq: 1,
      epoch: 'c-7',
      created: true,
    });
  });

  test('refuses to start with a source that nobody handles', async () => {
    const broker = cleanup.add(await openBroker(rabbit.url));
    const app = await NestFactory.createMicroservice(App, {
      strategy: new AmqpStrategy({ broker, sources: [{ kind: 'slots', queue: queues.plans, slots: 1 }] }),
      logger: nestLogger(quiet),
    });
    await expect(app.listen()).rejects.toThrow(queues.plans);
  });

  test('closing the app takes no more messages', async () => {
    const broker = cleanup.add(await openBroker(rabbit.url));
    const app = await NestFactory.createMicroservice(App, {
      strategy: new AmqpStrategy({ broker, sources: [slots] }),
      logger: nestLogger(quiet),
    });
    await app.listen();
    await command(step('r1'));
    const { seen } = app.get(Script);
    await waitFor(() => seen.length === 1);
    await app.close();
    await waitFor(async () => (await rabbit.management.list(`/consumers/${rabbit.vhost}`)).length === 0);
    await command(step('r2'));
    expect(await rabbit.queueDepth(queues.steps)).toBe(1);
    expect(seen).toEqual(['r1']);
  });
});
