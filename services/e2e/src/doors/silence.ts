import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { exchanges } from '@stepwire/protocol';
import { waitFor } from '@stepwire/testing';
import { connect } from 'amqplib';
import { type Listener, listenBySocketIo, listenBySse, listenByWebSocket } from './listeners.ts';

export interface Silence {
  readonly door: string;
  /** ms that it was connected while nothing happened */
  readonly silentMs: number;
  readonly heartbeats: number;
  /** between two signs of life */
  readonly longestMs: number;
  /** undefined: it was there all the time, and heard everything that came after the silence */
  readonly fault: string | undefined;
}

/**
 * A request waits for an answer and nobody gives one. Everybody who watches stays, by each door, and hears the rest once
 * the answer is there, on the connection they had.
 * @param brokerUrl where an agent of somebody asks
 * @param ways to one gateway: its own address and those of proxies before it, by name
 * @param silentMs how long nobody answers
 */
export async function keepSilent(
  brokerUrl: string,
  ways: Readonly<Record<string, string>>,
  silentMs: number,
): Promise<Silence[]> {
  const [url = ''] = Object.values(ways);
  const requestId = randomUUID();
  const connection = await connect(brokerUrl);
  const channel = await connection.createConfirmChannel();
  const publish = async (type: string, data: object) => {
    const body = { type, requestId, agent: 'somebody', data };
    channel.publish(exchanges.agentEvents, type, Buffer.from(JSON.stringify(body)));
    await channel.waitForConfirms();
  };
  // without a time by which it must be answered
  await publish('executor.step.progress', { stepId: 'ask', stepOrder: 1, status: 'running', tool: 'ask' });
  const asked = { questionId: `${requestId}/ask`, stepId: 'ask', prompt: 'Shall I?', kind: 'confirm' };
  await publish('executor.question.asked', asked);
  const question = await waitFor(
    async () => {
      const { status, questions, seq } = await get(`${url}/api/requests/${requestId}`);
      const [first] = Array.isArray(questions) ? questions : [];
      return status === 'waiting' && first !== undefined && { ...Object(first), seq };
    },
    { what: 'a question that all waits for', timeoutMs: 60_000 },
  );
  const listeners = await Promise.all(
    Object.entries(ways).flatMap(([way, address]) => [
      listenBySse(address, requestId, `SSE, ${way}`),
      listenByWebSocket(address, requestId, `WebSocket, ${way}`),
      listenBySocketIo(address, requestId, `Socket.IO, ${way}`),
    ]),
  );
  try {
    await waitFor(() => listeners.every(({ seqs }) => seqs.length > 0), { what: 'the history, by each door' });
    await delay(silentMs);
    const silent = listeners.map(({ life: { heartbeats, longestMs }, broken }) => ({ heartbeats, longestMs, broken }));
    await post(`${url}/api/requests/${requestId}/feedback`, {
      questionId: question.questionId,
      answer: true,
    });
    await publish('request.completed', { result: 'done' });
    const { seq } = await waitFor(
      async () => {
        const state = await get(`${url}/api/requests/${requestId}`);
        return state.status === 'completed' && state;
      },
      { what: 'the end', timeoutMs: 60_000 },
    );
    const whole = (listener: Listener) => listener.seqs.at(-1) === seq;
    await waitFor(() => listeners.every(whole), { what: 'the end, by each door' }).catch(() => undefined);
    return listeners.map((listener, index) => {
      const { heartbeats = 0, longestMs = 0, broken } = silent[index] ?? {};
      const after = listener.seqs.filter((one) => one > question.seq);
      const lost = whole(listener) && after.every((one, at) => at === 0 || one > (after[at - 1] ?? 0));
      const fault =
        broken ?? (lost ? undefined : `heard ${after.join(' ')} of ${question.seq + 1} to ${seq} (${listener.broken})`);
      return { door: listener.door, silentMs, heartbeats, longestMs, fault };
    });
  } finally {
    for (const listener of listeners) listener.close();
    await connection.close();
  }
}

const get = async (url: string): Promise<Record<string, unknown>> => ({ ...Object(await (await fetch(url)).json()) });

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return { ...Object(await response.json()) };
}
