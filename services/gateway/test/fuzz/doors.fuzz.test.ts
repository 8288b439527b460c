import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, test } from '@jest/globals';
import { errorTable } from '@stepwire/protocol';
import { fuzz, longText, mutatedText, mutatedValue, type OwnStack, waitFor, withStack } from '@stepwire/testing';
import fc from 'fast-check';
import { WebSocket } from 'ws';

/**
 * A real gateway, and what libraries parse before we do: targets and headers of HTTP, multipart, packets of Socket.IO, frames of
 * WebSockets. It answers with a row of the error table or ends the connection; no answer is a defect's (5xx), none is
 * logged, and it serves the next good request.
 */
let stack: OwnStack;
beforeAll(async () => {
  // as many as it likes; 408 would only be slow
  stack = await withStack({ COMMANDS_PER_SECOND: '1000000', MAX_WEBSOCKETS: '10000' });
}, 120_000);
afterAll(async () => stack?.close());

async function checkAlive(): Promise<void> {
  const { ok } = await fetch(`${stack.url}/health`);
  if (!ok || !stack.alive('gateway')) throw new Error('it does not serve any longer');
  const defect = stack.logEntries('gateway').find(({ level }) => level === 'error' || Number(level) >= 50);
  if (defect !== undefined) throw new Error(`it logged a defect: ${JSON.stringify(defect)}`);
}

/** @returns status and body of the first answer; status 0: none, it was cut off */
const raw = (bytes: string): Promise<{ status: number; body: string }> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(stack.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    const done = (): void => {
      socket.destroy();
      const [head = '', ...body] = text.split('\r\n\r\n');
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), body: body.join('\r\n\r\n') });
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      // a stream of events would never end
      if (text.includes('text/event-stream')) done();
    });
    socket.on('error', done).on('close', done);
    socket.setTimeout(2_000, done);
    socket.end(bytes, 'latin1');
  });

function checkAnswer({ status, body }: { status: number; body: string }): void {
  if (status >= 500) throw new Error(`${status}: ${body}`);
  const code = /"code":"([^"]*)"/.exec(body)?.[1];
  if (status >= 400 && body.includes('"type":"/api/docs') && !Object.hasOwn(errorTable, code ?? ''))
    throw new Error(`${status} with code ${code}`);
}

const heads = [
  'GET /api/requests?status=queued&q=x&from=2026-01-01T00:00:00Z&limit=5&cursor=x HTTP/1.1',
  'GET /api/requests/req-1/events?since=7.1&types=a,b HTTP/1.1',
  'GET /api/agent/stream/req%2d1?since=1 HTTP/1.1',
  'GET /api/agent-progress?requestId=req-1 HTTP/1.1',
  'GET /api/feed?since=1.abc.e.7&types=a HTTP/1.1',
  'GET /api/requests/req-1/artifacts/aaaa HTTP/1.1',
  'GET /api/dead-letters?limit=5&cursor=x HTTP/1.1',
  'POST /api/requests/req-1/shares HTTP/1.1',
  'DELETE /api/requests/req-1/shares/share-1 HTTP/1.1',
  'GET /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1',
  'GET /ws/agent-progress/req-1?since=7&ticket=x HTTP/1.1\r\nUpgrade: websocket',
  'OPTIONS /api/requests HTTP/1.1\r\nAccess-Control-Request-Method: POST',
];
const request = mutatedText(
  fc
    .tuple(
      fc.constantFrom(...heads),
      fc.constantFrom('Last-Event-ID: 7.1', 'Origin: http://localhost:1', 'Cookie: a=b'),
    )
    .map(([head, header]) => `${head}\r\nHost: localhost\r\n${header}\r\nConnection: close\r\n\r\n`),
);

const BOUNDARY = 'b';
const part = (disposition: string, body: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${body}\r\n`;
const forms = [
  // no text: nothing is ever started
  `${part('name="note"', 'x')}${part('name="a[b][c]"', 'y')}--${BOUNDARY}--\r\n`,
  `${part('name="image"; filename="x.png"\r\nContent-Type: image/png', 'PNG')}--${BOUNDARY}--\r\n`,
  `${part('name="__proto__[x]"', 'x')}${part('name="image"', 'y')}--${BOUNDARY}--\r\n`,
];

const runInputs = [
  {
    threadId: 't',
    runId: 'r',
    // of nobody's request: nothing is ever started
    messages: [{ id: 'm', role: 'assistant', content: 'x', toolCalls: [{ id: 'c' }] }],
    state: { requestId: 'nobody-knows' },
    context: [{ description: 'd', value: 'v' }],
    resume: [{ interruptId: 'nobody/knows', status: 'resolved', payload: { a: 1 } }],
  },
];

const packets = ['40', '42["leave",{"requestId":"r"}]', '421["rejoin",{"requestId":"r","since":1}]', '41', '2', '3'];
const attached = ['451-["start",{"a":{"_placeholder":true,"num":0}}]', '461-1[{"_placeholder":true,"num":0}]'];

/** Sends them all, and waits until the gateway had to read them: it answers a ping after them, or closes. */
async function speak(path: string, messages: readonly (string | Buffer)[]): Promise<void> {
  const socket = new WebSocket(`${stack.url.replace('http', 'ws')}${path}`);
  let read = false;
  socket.on('pong', () => {
    read = true;
  });
  socket.on('error', () => undefined); // a close follows
  socket.on('open', () => {
    for (const message of messages) socket.send(message);
    socket.ping();
  });
  await waitFor(() => read || socket.readyState === WebSocket.CLOSED, { what: 'its answer', everyMs: 1 });
  socket.terminate();
}

fuzz(test, {
  'HTTP that is nearly a request': fc.asyncProperty(request, async (bytes) => {
    checkAnswer(await raw(bytes));
    await checkAlive();
  }),
  'forms that are nearly multipart': fc.asyncProperty(
    fc.oneof(mutatedText(fc.constantFrom(...forms)), longText(100_000)),
    mutatedText(fc.constant(`multipart/form-data; boundary=${BOUNDARY}`)),
    async (form, type) => {
      const body = Buffer.from(form);
      const head = `POST /scan-image HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n`;
      const header = type.replace(/[^\t\x20-\x7e]/g, '');
      checkAnswer(await raw(`${head}Content-Type: ${header}\r\n\r\n${body.toString('latin1')}`));
      await checkAlive();
    },
  ),
  'what is nearly a RunAgentInput': fc.asyncProperty(mutatedValue(runInputs), async (input) => {
    const body = JSON.stringify(input);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${stack.url}/api/ag-ui`, { method: 'POST', headers, body });
    const { status } = response;
    // a run that was started after all streams on
    if (status === 200) await response.body?.cancel();
    else checkAnswer({ status, body: await response.text() });
    await checkAlive();
  }),
  'packets that are nearly Socket.IO’s': fc.asyncProperty(
    fc.array(
      fc.oneof(
        mutatedText(fc.constantFrom(...packets, ...attached)),
        fc.uint8Array().map((b) => Buffer.from(b)),
      ),
      {
        maxLength: 5,
      },
    ),
    async (messages) => {
      await speak('/socket.io/?EIO=4&transport=websocket', ['40', ...messages]);
      await checkAlive();
    },
  ),
  'frames that are nearly a subscription': fc.asyncProperty(
    fc.array(mutatedText(fc.constantFrom('{"type":"subscribe","events":["a","b"]}', '{"type":"auth","token":"x"}')), {
      maxLength: 3,
    }),
    fc.constantFrom('/ws/agents', `/ws/agent-progress/${randomUUID()}`),
    async (messages, path) => {
      await speak(path, messages);
      await checkAlive();
    },
  ),
});
