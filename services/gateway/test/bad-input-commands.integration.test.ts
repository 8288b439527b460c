import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { limits } from '@stepwire/protocol';
import { type OwnStack, Publisher, waitFor, withStack } from '@stepwire/testing';
import { WebSocket } from 'ws';
import { type Body, Client } from './client.ts';
import { EventStream } from './event-stream.ts';
import { WebSocketClient } from './web-socket-client.ts';

/** Bad input (bad-input.test.ts lists all of it): what is sent, and what may not be done any more. */
let stack: OwnStack;
let agent: Publisher;
let client: Client;
const listed = async (): Promise<unknown> => Reflect.get(Object(await got('/api/requests?limit=100')), 'requests');
const got = async (path: string): Promise<unknown> => (await fetch(`${stack.url}${path}`)).json();
const stateOf = (id: string): Promise<unknown> => got(`/api/requests/${id}`);
const post = (path: string, body: string | Body, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const problem = async (response: Response): Promise<[number, unknown]> => [
  response.status,
  Reflect.get(Object(await response.json()), 'code'),
];
const reached = (id: string, seq: number): Promise<unknown> =>
  waitFor(async () => Number(Reflect.get(Object(await stateOf(id)), 'seq')) >= seq, { what: `${id} at ${seq}` });
const codeOf = ({ ok, error }: Body): unknown => (ok === true ? 'ok' : Reflect.get(Object(error), 'code'));
/** an observed request of these events: nothing happens in it by itself */
const observed = async (...events: [type: string, data: object][]): Promise<string> => {
  const id = randomUUID();
  for (const [type, data] of events) await agent.event(id, type, data, 'local');
  await reached(id, events.length);
  return id;
};

beforeAll(async () => {
  stack = await withStack({ COMMANDS_PER_SECOND: '50' });
  agent = await Publisher.open(stack.broker.url);
  client = new Client(stack.url);
}, 120_000);
afterEach(async () => {
  // the connection that was refused and the gateway still serve
  expect(codeOf(await client.ask('leave', { requestId: 'r' }))).toBe('ok');
  expect((await fetch(`${stack.url}/ready`)).status).toBe(200);
});
afterAll(async () => {
  client?.socket.close();
  await agent?.close();
  await stack?.close();
});

const nested = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
const large = 'x'.repeat(limits.payloadBytes);

describe('the body of a start', () => {
  test.each([
    ['over the limit', `{"userQuery":"${large}"}`, 413, 'too_large'],
    ['too deep', `{"userQuery":"q","context":${nested}}`, 400, 'too_deep'],
    ['with a member __proto__', '{"userQuery":"q","context":{"__proto__":{"admin":true}}}', 400, 'bad_request'],
    ['with an escaped __proto__', '{"userQuery":"q","context":{"\\u005f_proto__":{}}}', 400, 'bad_request'],
    ['with a lone surrogate in its id', '{"requestId":"a\\ud800","userQuery":"q"}', 400, 'bad_request'],
    ['with NUL in its id', '{"requestId":"a\\u0000","userQuery":"q"}', 400, 'bad_request'],
    ['with an id of 201 bytes', `{"requestId":"${'x'.repeat(201)}","userQuery":"q"}`, 400, 'bad_request'],
    ['that is no object', '[1]', 400, 'bad_request'],
    ['that is no JSON', '{"userQuery', 400, 'bad_request'],
  ])('%s is refused at every door', async (_what, text, status, code) => {
    const before = await listed();
    expect(await problem(await post('/api/requests', text))).toEqual([status, code]);
    const execute = text.replace('"userQuery"', '"task"');
    if (!text.includes('requestId')) {
      expect(await problem(await post('/api/agent/execute', execute))).toEqual([status, code]);
      const scan = await post('/scan-image', text.replace('"userQuery"', '"text"'));
      // it takes no context
      if (!text.includes('context') || code !== 'ok') expect(await problem(scan)).toEqual([status, code]);
    }
    if (code !== 'bad_request' || !/^\[|query$|"userQuery$/.test(text))
      expect(codeOf(await client.ask('start', JSON.parse(text)))).toBe(code);
    const run = `{"threadId":"t","runId":"r","messages":[{"role":"user","content":"q"}],"context":[${text}]}`;
    // a conversation may be longer, but what is in it has the same rules
    if (status === 400 && !text.includes('requestId') && text !== '[1]')
      expect(await problem(await post('/api/ag-ui', run))).toEqual([status, code]);
    expect(await listed()).toEqual(before);
  });

  test('over the limit of a conversation is refused by AG-UI', async () => {
    const content = 'x'.repeat(limits.pageBytes);
    const run = { threadId: 't', runId: 'r', messages: [{ role: 'user', content }] };
    expect(await problem(await post('/api/ag-ui', run))).toEqual([413, 'too_large']);
  });

  test('NUL and lone surrogates in its text are text', async () => {
    const requestId = randomUUID();
    const userQuery = 'a\0b\ud800c';
    expect(await client.ask('start', { requestId, userQuery })).toMatchObject({ ok: true, created: true });
    expect(await stateOf(requestId)).toMatchObject({ userQuery });
    expect(await listed()).toContainEqual(expect.objectContaining({ requestId }));
    await client.ask('cancel', { requestId });
  });
});

test('over plain WebSockets: too large, too deep, __proto__, not JSON, binary', async () => {
  for (const [frame, status, code] of [
    ['x'.repeat(limits.payloadBytes + 1), 1009, undefined],
    [nested, 4400, 'too_deep'],
    ['{"__proto__":{}}', 4400, 'bad_request'],
    ['{"type":', 4400, 'bad_request'],
    [Buffer.from('{}'), 4400, 'bad_request'],
  ] as const) {
    const told = new WebSocketClient(`${stack.url}/ws/agents`);
    told.socket.on('open', () => told.socket.send(frame));
    expect([(await told.close()).code, told.messages.findLast(({ type }) => type === 'error')?.code]).toEqual([
      status,
      code,
    ]);
  }
});

describe('binary attachments over Socket.IO', () => {
  const connected = async (): Promise<[WebSocket, string[]]> => {
    const socket = new WebSocket(`${stack.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(String(data)));
    socket.on('open', () => socket.send('40'));
    await waitFor(() => heard.some((packet) => packet.startsWith('40')), { what: 'the connection' });
    return [socket, heard];
  };
  const start = '["start",{"userQuery":{"_placeholder":true,"num":0}}]';

  test('that are announced and not sent start nothing; what comes instead ends the connection, and it alone', async () => {
    const before = await listed();
    const [socket, heard] = await connected();
    socket.send(`451-7${start}`);
    socket.send('42["leave",{"requestId":"r"}]');
    await waitFor(() => socket.readyState === WebSocket.CLOSED, { what: 'the end' });
    expect(heard.some((packet) => packet.startsWith('43'))).toBe(false);
    expect(await listed()).toEqual(before);
  });

  test.each([
    ['so many', `4599999999-${start}`],
    ['a number that is none', `45x-${start}`],
    ['another than is announced', `451-["start",{"userQuery":{"_placeholder":true,"num":7}}]`],
  ])('announced as %s end the connection', async (_what, packet) => {
    const before = await listed();
    const [socket] = await connected();
    socket.send(packet);
    socket.send(Buffer.from('x'));
    await waitFor(() => socket.readyState === WebSocket.CLOSED, { what: 'the end' });
    expect(await listed()).toEqual(before);
  });

  test('that are sent where JSON belongs are refused', async () => {
    const before = await listed();
    expect(codeOf(await client.ask('start', { userQuery: Buffer.from('x') }))).toBe('bad_request');
    expect(codeOf(await client.ask('start', { userQuery: 'q', context: { file: Buffer.from('x') } }))).toBe(
      'bad_request',
    );
    expect(await listed()).toEqual(before);
  });
});

describe('a flood of commands', () => {
  test('over Socket.IO is told when to come back', async () => {
    const flooding = new Client(stack.url);
    const answers = await Promise.all(Array.from({ length: 80 }, () => flooding.ask('leave', { requestId: 'r' })));
    const refused = answers.filter(({ ok }) => ok !== true);
    expect(refused.length).toBeGreaterThan(10);
    expect(refused[0]).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: expect.any(Number) } });
    expect(flooding.socket.connected).toBe(true);
    flooding.socket.close();
  });

  test('over plain WebSockets is closed', async () => {
    const flooding = new WebSocketClient(`${stack.url}/ws/agents`);
    flooding.socket.on('open', () => {
      for (let nth = 0; nth < 80; nth += 1) flooding.socket.send('{"type":"subscribe"}');
    });
    expect((await flooding.close()).code).toBe(1013);
    expect(flooding.messages.at(-1)).toMatchObject({ code: 'rate_limited' });
  });
});

describe('what a request’s state does not allow', () => {
  test('cancel of a finished request', async () => {
    const requestId = await observed(['acme.tick', {}], ['request.completed', { result: 1 }]);
    const before = await stateOf(requestId);
    expect(await problem(await post(`/api/requests/${requestId}/cancel`, {}))).toEqual([409, 'already_finished']);
    expect(codeOf(await client.ask('cancel', { requestId }))).toBe('already_finished');
    expect(await stateOf(requestId)).toEqual(before);
  });

  test('answers that fit no question', async () => {
    const ask = (questionId: string, more: object): [string, object] => [
      'executor.question.asked',
      { questionId, prompt: 'Which?', kind: 'choice', choices: ['a', 'b'], ...more },
    ];
    const requestId = await observed(
      ask('open', {}),
      ask('sure', { kind: 'confirm', choices: undefined }),
      ask('answered', {}),
      ask('expired', { expiresInMs: 1, default: 'a' }),
    );
    const other = await observed(ask('foreign', {}));
    await client.ask('feedback', { requestId, questionId: 'answered', answer: 'a' });
    await reached(requestId, 6);
    const before = [await stateOf(requestId), await stateOf(other)];
    for (const [questionId, answer, status, code] of [
      ['unknown', 'a', 404, 'not_found'],
      ['foreign', 'a', 404, 'not_found'],
      ['answered', 'b', 409, 'already_answered'],
      ['expired', 'b', 409, 'expired'],
      ['open', 'c', 400, 'bad_request'],
      ['open', { a: 1 }, 400, 'bad_request'],
      ['sure', 'yes', 400, 'bad_request'],
    ] as const) {
      const body = { questionId, answer };
      const told = await problem(await post(`/api/requests/${requestId}/feedback`, body));
      expect([questionId, answer, ...told]).toEqual([questionId, answer, status, code]);
      expect(codeOf(await client.ask('feedback', { requestId, ...body }))).toBe(code);
    }
    expect([await stateOf(requestId), await stateOf(other)]).toEqual(before);
  });

  test('the same start with another body', async () => {
    const requestId = randomUUID();
    const key = { 'idempotency-key': randomUUID() };
    expect((await post('/api/requests', { requestId, userQuery: 'one' })).status).toBe(201);
    const { requestId: keyed } = Object(await (await post('/api/requests', { userQuery: 'one' }, key)).json()) as Body;
    for (const id of [requestId, String(keyed)]) {
      await client.ask('cancel', { requestId: id });
      await waitFor(async () => Reflect.get(Object(await stateOf(id)), 'status') === 'cancelled');
    }
    const before = [await stateOf(requestId), await stateOf(String(keyed)), await listed()];
    expect(await problem(await post('/api/requests', { requestId, userQuery: 'two' }))).toEqual([409, 'conflict']);
    expect(await problem(await post('/api/requests', { requestId, userQuery: 'one', context: { a: 1 } }))).toEqual([
      409,
      'conflict',
    ]);
    expect(await problem(await post('/api/requests', { userQuery: 'two' }, key))).toEqual([409, 'conflict']);
    expect(await problem(await post('/api/agent/execute', { task: 'two' }, key))).toEqual([409, 'conflict']);
    expect(await problem(await post('/scan-image', { text: 'two' }, key))).toEqual([409, 'conflict']);
    expect(codeOf(await client.ask('start', { requestId, userQuery: 'two' }))).toBe('conflict');
    const run = { threadId: 't', runId: requestId, messages: [{ role: 'user', content: 'two' }] };
    expect(await problem(await post('/api/ag-ui', run))).toEqual([409, 'conflict']);
    expect([await stateOf(requestId), await stateOf(String(keyed)), await listed()]).toEqual(before);
  });
});

describe('an image bomb', () => {
  const sent = async (form: FormData): Promise<[number, unknown]> =>
    problem(await fetch(`${stack.url}/scan-image`, { method: 'POST', body: form }));
  const image = (bytes: number): Blob => new Blob([new Uint8Array(bytes)], { type: 'image/png' });

  test.each([
    ['as a file', () => image(2_000_000), 'image'],
    ['as a file by another name', () => image(1), 'text'],
  ])('%s is refused before anything of it is decoded', async (_what, bytes, name) => {
    const before = await listed();
    const form = new FormData();
    form.set(name, bytes(), 'bomb.png');
    expect(await sent(form)).toEqual([415, 'image_not_supported']);
    expect(await listed()).toEqual(before);
  });

  test('as the body itself is refused', async () => {
    const before = await listed();
    const headers = { 'content-type': 'image/png' };
    const response = await fetch(`${stack.url}/scan-image`, { method: 'POST', headers, body: image(2_000_000) });
    expect(await problem(response)).toEqual([415, 'image_not_supported']);
    expect(await listed()).toEqual(before);
  });

  test.each([
    ['too many parts', Array.from({ length: 1000 }, (_, nth) => [`f${nth}`, 'x'] as const), 'bad_request'],
    ['a field over the limit', [['text', `${large}x`] as const], 'too_large'],
    ['a name over the limit', [['x'.repeat(10_000), 'x'] as const], 'bad_request'],
    ['names that nest', [[`a${'[b]'.repeat(100)}`, 'x'] as const, ['text', 'q'] as const], 'bad_request'],
    ['a field __proto__', [['__proto__[admin]', 'x'] as const], 'bad_request'],
  ])('multipart of %s', async (_what, fields, code) => {
    const before = await listed();
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    const [status, told] = await sent(form);
    expect([status, told]).toEqual([code === 'too_large' ? 413 : 400, code]);
    expect(await listed()).toEqual(before);
  });

  test('multipart that is cut off or has no boundary', async () => {
    const before = await listed();
    for (const [type, body] of [
      ['multipart/form-data', 'x'],
      ['multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nq'],
      ['multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data\r\n\r\nq\r\n--b--'],
    ] as const) {
      const told = await problem(await post('/scan-image', body, { 'content-type': type }));
      expect([type, body, ...told]).toEqual([type, body, 400, 'bad_request']);
    }
    expect(await listed()).toEqual(before);
  });
});

describe('text that means something elsewhere', () => {
  const html = '<script>alert(1)</script><img src=x onerror=alert(1)>';
  const controls = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e';
  const forged = 'a\n\ndata: {"forged":true}\r\n\r\nevent: request.completed\nid: 99\n\n';

  test('\\n\\ndata: in a payload is data of its own message', async () => {
    const requestId = await observed(
      ['agent.thinking', { thought: forged }],
      [`acme.${'x'.repeat(10)}`, { text: forged }],
      ['request.completed', { result: forged }],
    );
    for (const path of [`/api/requests/${requestId}/events`, `/api/agent/stream/${requestId}`]) {
      const stream = await EventStream.open(`${stack.url}${path}`);
      await stream.end();
      expect(stream.messages.some(({ id }) => id === '99')).toBe(false);
      expect(stream.payloads.some(({ forged: is }) => is === true)).toBe(false);
      expect(JSON.stringify(stream.payloads)).toContain(JSON.stringify(forged).slice(1, -1));
    }
  });

  test('HTML and terminal escapes in every text field arrive as data, as JSON that no browser sniffs', async () => {
    const text = html + controls;
    const requestId = await observed(
      ['planner.plan.created', { plan: { goal: text, steps: [{ id: 's', order: 1, title: text, action: text }] } }],
      ['executor.step.progress', { stepId: 's', status: 'running', tool: text, message: text }],
      ['agent.thinking', { thought: text }],
      ['agent.progress', { stage: text, message: text }],
      ['executor.question.asked', { questionId: 'q', prompt: text, kind: 'choice', choices: [text] }],
      ['executor.artifact.created', { artifactId: 'x', name: text, mediaType: text, bytes: 1 }],
    );
    const refused = await fetch(`${stack.url}/api/requests/${encodeURIComponent(html)}`);
    const answers = [
      await fetch(`${stack.url}/api/requests/${requestId}`),
      await fetch(`${stack.url}/api/requests/${requestId}/events`),
      refused,
    ];
    for (const { headers } of answers) {
      expect(headers.get('content-type')).toMatch(/^application\/(problem\+)?json/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect(JSON.stringify(await answers[0]?.json())).toContain(JSON.stringify(text).slice(1, -1));
    expect(refused.status).toBe(404);
    const watching = new Client(stack.url, { requestId, since: '0' });
    const { missed } = await watching.frame('state');
    expect(JSON.stringify(missed)).toContain(JSON.stringify(text).slice(1, -1));
    watching.socket.close();
  });
});
