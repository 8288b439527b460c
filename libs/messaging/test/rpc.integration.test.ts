import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '@stepwire/observability';
import { agentMethods, exchanges, queues, type RpcRequest, routingKeys, StepwireError } from '@stepwire/protocol';
import { type BrokerForTest, TcpProxy, waitFor, withBroker } from '@stepwire/testing';
import { connect } from 'amqplib';
import { type Broker, declareTopology, type RpcClient, type RpcHandler, rpcClient } from '../src/index.ts';
import { Cleanup, gate, openBroker } from './harness.ts';

const caller = { userId: 'ada', operator: false };

describe('questions to the coordinator', () => {
  const cleanup = new Cleanup();
  let rabbit: BrokerForTest;
  let proxy: TcpProxy;
  let asking: Broker;
  let answering: Broker;
  let client: RpcClient;

  beforeEach(async () => {
    rabbit = cleanup.add(await withBroker());
    proxy = cleanup.add(await TcpProxy.open(rabbit.url));
    asking = cleanup.add(await openBroker(proxy.url));
    answering = cleanup.add(await openBroker(rabbit.url));
    client = rpcClient(asking);
  });
  afterEach(() => cleanup.run());

  const serve = (handler: RpcHandler) => answering.rpcServer(queues.rpc, handler);

  test('are answered, each with its own answer', async () => {
    const requests: RpcRequest[] = [];
    serve(async (request) => {
      requests.push(request);
      if (request.method !== 'heads') throw new Error('not this');
      const { requestIds } = request.params as { requestIds: string[] };
      return Object.fromEntries(requestIds.map((id) => [id, { seq: Number(id), epoch: 'e', finished: false }]));
    });
    const ids = Array.from({ length: 300 }, (_, n) => String(n));
    const heads = await Promise.all(ids.map((id) => client.call('heads', { requestIds: [id] })));
    expect(heads.map((head, n) => head[String(n)]?.seq)).toEqual(ids.map(Number));
    expect(requests).toHaveLength(300);
  });

  test('carry the command’s id and how long its asker waits', async () => {
    const seen = gate();
    let request: RpcRequest | undefined;
    serve(async (asked) => {
      request = asked;
      seen.resolve();
      return { requestId: 'r', seq: 1, status: 'cancelled' };
    });
    await client.call('cancel', { requestId: 'r', caller }, { commandId: 'c-1', timeoutMs: 5_000 });
    await seen.promise;
    expect(request).toEqual({
      method: 'cancel',
      commandId: 'c-1',
      timeoutMs: 5_000,
      params: { requestId: 'r', caller },
    });
  });

  test('may be given a deadline in parts of a ms', async () => {
    serve(async () => ({}));
    await expect(client.call('heads', { requestIds: ['r'] }, { timeoutMs: 5_000 / 3 })).resolves.toEqual({});
  });

  test('are answered soon after their queue is there again, however long it was gone', async () => {
    let lost = 0;
    const logger = createLogger('test', 'fatal', false);
    logger.warn = () => {
      lost += 1;
    };
    const patient = cleanup.add(await openBroker(rabbit.url, { logger }));
    const model = cleanup.add(await connect(rabbit.url));
    await (await model.createChannel()).deleteQueue(queues.rpc);
    patient.rpcServer(queues.rpc, async () => ({}));
    // doubled every time, the next pause would be 5 s at the least
    await waitFor(() => lost >= 7, { timeoutMs: 20_000 });
    await declareTopology(rabbit.url);
    const startedAt = performance.now();
    await expect(client.call('heads', { requestIds: ['r'] })).resolves.toEqual({});
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  test('get a refusal as the error it is', async () => {
    serve(async () => {
      throw new StepwireError('rate_limited', 'slowly', { retryAfterMs: 70, path: '/requestId' });
    });
    await expect(client.call('health', {})).rejects.toMatchObject({
      name: 'StepwireError',
      code: 'rate_limited',
      message: 'slowly',
      retryAfterMs: 70,
      path: '/requestId',
    });
  });

  test('learn nothing of a defect but that it is one', async () => {
    serve(async () => {
      throw new TypeError('secret.member is undefined');
    });
    await expect(client.call('health', {})).rejects.toMatchObject({ code: 'unavailable', message: 'internal error' });
  });

  test('with wrong params are a bad_request, without the handler', async () => {
    let calls = 0;
    serve(async () => {
      calls++;
      return {};
    });
    await expect(client.call('heads', { requestIds: [''] })).rejects.toMatchObject({
      code: 'bad_request',
      path: '/requestIds/0',
    });
    expect(calls).toBe(0);
  });

  test('of agents go to a queue of their own, where what is meant for gateways is refused', async () => {
    const methods: string[] = [];
    const handler: RpcHandler = async ({ method }) => {
      methods.push(method);
      return { verdict: 'go' };
    };
    answering.rpcServer(queues.agentRpc, handler, { methods: agentMethods });
    const claim = { requestId: 'r', stepId: 's', attempt: 1, instance: 'i' };
    await expect(client.call('claim', claim)).resolves.toEqual({ verdict: 'go' });

    const connection = cleanup.add(await connect(rabbit.url));
    const channel = await connection.createChannel();
    const reply = gate<string>();
    const replyTo = 'amq.rabbitmq.reply-to';
    await channel.consume(replyTo, (message) => reply.resolve(String(message?.content)), { noAck: true });
    const params = { requestId: 'r', caller: { userId: 'root', operator: true }, userQuery: 'q', context: {} };
    const body = JSON.stringify({ method: 'start', params, timeoutMs: 5_000 });
    channel.publish(exchanges.coordinatorAgents, routingKeys.rpc, Buffer.from(body), { replyTo });
    expect(JSON.parse(await reply.promise)).toMatchObject({
      ok: false,
      error: { code: 'bad_request', path: '/method' },
    });
    expect(methods).toEqual(['claim']);
  });

  test('are given up at their deadline, and not begun once the broker let them expire', async () => {
    const started = performance.now();
    await expect(client.call('health', {}, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - started).toBeLessThan(1_500);
    // its time began later at the broker than here, by the way between them
    await waitFor(async () => (await rabbit.queueDepth(queues.rpc)) === 0);
    const methods: string[] = [];
    serve(async ({ method }) => {
      methods.push(method);
      return {};
    });
    await client.call('heads', { requestIds: [] });
    expect(methods).toEqual(['heads']);
  });

  test('are unavailable at once when the line breaks, and answered again on the next one', async () => {
    const never = gate();
    let calls = 0;
    serve(async () => {
      if (++calls === 1) await never.promise;
      return { database: 'ok', agents: {} };
    });
    const lost = client.call('health', {});
    await waitFor(() => calls === 1);
    const started = performance.now();
    proxy.cut();
    await expect(lost).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - started).toBeLessThan(1_000);
    never.resolve();
    await waitFor(async () => (await client.call('health', {})).database === 'ok');
  });

  test('are unavailable at once while there is no connection', async () => {
    proxy.holdAnswers();
    proxy.cut();
    await waitFor(() => asking.status() === 'connecting');
    await expect(
      waitFor(async () => {
        const started = performance.now();
        const answer = await client.call('health', {}, { timeoutMs: 5_000 }).catch((error: unknown) => error);
        return performance.now() - started < 100 && answer;
      }),
    ).resolves.toMatchObject({ code: 'unavailable' });
  });

  test('are unavailable at once where no queue takes them', async () => {
    await rabbit.management.call('DELETE', `/queues/${rabbit.vhost}/${queues.rpc}`);
    await expect(client.call('health', {})).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no queue'),
    });
  });

  test('that a dying process held are answered by another', async () => {
    const line = cleanup.add(await TcpProxy.open(rabbit.url));
    const dying = cleanup.add(await openBroker(line.url));
    const never = gate();
    const begun = gate();
    dying.rpcServer(queues.rpc, async () => {
      begun.resolve();
      await never.promise;
      return {};
    });
    const answer = client.call('health', {});
    await begun.promise;
    serve(async () => ({ database: 'ok', agents: { planner: 1 } }));
    await line.close();
    await expect(answer).resolves.toMatchObject({ agents: { planner: 1 } });
    never.resolve();
  });

  test('that run when the server closes are still answered', async () => {
    const hold = gate();
    const begun = gate();
    const server = serve(async () => {
      begun.resolve();
      await hold.promise;
      return { database: 'ok', agents: {} };
    });
    const answer = client.call('health', {});
    await begun.promise;
    const closed = server.close();
    hold.resolve();
    await expect(answer).resolves.toMatchObject({ database: 'ok' });
    await closed;
  });
});
