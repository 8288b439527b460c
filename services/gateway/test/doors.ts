import { WebSocket } from 'ws';
import { Client } from './client.ts';
import { WebSocketClient } from './web-socket-client.ts';

/** What somebody brings to a door. */
export interface Knock {
  readonly url: string;
  readonly requestId: string;
  /** in the header, the handshake, or a plain WebSocket's first frame; `''`: none is given there either */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** without the question mark */
  readonly query?: string;
}

/** How a door refuses: the HTTP status, the close code, or null where an ack or a frame says it. */
export interface Refusal {
  readonly status: number | null;
  readonly code: unknown;
  /** every word of it */
  readonly text: string;
}
export type Door = (knock: Knock) => Promise<Refusal>;

const codeIn = (text: string): unknown => {
  try {
    const body: unknown = JSON.parse(text);
    return Reflect.get(Object(body), 'code');
  } catch {
    return undefined;
  }
};

const http =
  (method: string, path: string, { accept = 'application/json', body }: { accept?: string; body?: object } = {}) =>
  async ({ url, requestId, token, headers, query }: Knock): Promise<Refusal> => {
    const filled = (text: string): string => text.replaceAll(':id', encodeURIComponent(requestId));
    const address = filled(path);
    const separator = address.includes('?') ? '&' : '?';
    const response = await fetch(`${url}${address}${query === undefined ? '' : `${separator}${query}`}`, {
      method,
      headers: {
        accept,
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: filled(JSON.stringify(body)) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    return { status: response.status, code: codeIn(text), text };
  };

const stream = { accept: 'text/event-stream' };

/** Where a request's history is read from somewhere on, over HTTP. */
export const historyDoors: Readonly<Record<string, Door>> = {
  'GET …/events': http('GET', '/api/requests/:id/events'),
  'GET …/events, SSE': http('GET', '/api/requests/:id/events', stream),
  'GET /api/agent/stream': http('GET', '/api/agent/stream/:id', stream),
  'GET /api/agent-progress': http('GET', '/api/agent-progress?requestId=:id', stream),
  'POST /api/agent-progress': http('POST', '/api/agent-progress', { ...stream, body: { requestId: ':id' } }),
};

/** Everything over HTTP that is about one request. */
export const requestDoors: Readonly<Record<string, Door>> = {
  ...historyDoors,
  'GET /api/requests/:id': http('GET', '/api/requests/:id'),
  'POST …/cancel': http('POST', '/api/requests/:id/cancel', { body: {} }),
  'POST …/feedback': http('POST', '/api/requests/:id/feedback', { body: { questionId: 'q', answer: 'a' } }),
  'GET …/shares': http('GET', '/api/requests/:id/shares'),
  'POST …/shares': http('POST', '/api/requests/:id/shares', { body: {} }),
  'DELETE …/shares/:shareId': http('DELETE', '/api/requests/:id/shares/s'),
  'GET …/artifacts/:artifactId': http('GET', `/api/requests/:id/artifacts/${'a'.repeat(64)}`),
  'POST /api/ag-ui, resume': http('POST', '/api/ag-ui', {
    body: {
      threadId: 't',
      runId: 'r',
      messages: [],
      state: { requestId: ':id' },
      resume: [{ interruptId: ':id/s/1/q', status: 'resolved', payload: 'a' }],
    },
  }),
};

/** Everything over HTTP that needs somebody who signed in, and is about no request in particular. */
export const otherDoors: Readonly<Record<string, Door>> = {
  'GET /api/requests': http('GET', '/api/requests'),
  'POST /api/requests': http('POST', '/api/requests', { body: { userQuery: 'q' } }),
  'POST /api/agent/execute': http('POST', '/api/agent/execute', { body: { task: 'q' } }),
  'POST /api/ag-ui': http('POST', '/api/ag-ui', {
    body: { threadId: 't', runId: 'r', messages: [{ id: 'm', role: 'user', content: 'q' }] },
  }),
  'POST /scan-image': http('POST', '/scan-image', { body: { text: 'q' } }),
  'GET /api/feed': http('GET', '/api/feed', stream),
  'POST /api/session': http('POST', '/api/session'),
  'POST /api/ticket': http('POST', '/api/ticket', { body: { path: '/api/feed' } }),
  'GET /api/dead-letters': http('GET', '/api/dead-letters'),
};

const plain =
  (path: string): Door =>
  async ({ url, requestId, token, headers = {}, query }) => {
    const address = `${url}${path.replace(':id', encodeURIComponent(requestId))}`;
    const client = new WebSocketClient(query === undefined ? address : `${address}?${query}`, { headers });
    if (token !== undefined) {
      const frame = token === '' ? { type: 'hello' } : { type: 'auth', token };
      client.socket.on('open', () => client.socket.send(JSON.stringify(frame)));
    }
    try {
      const { code: status } = await client.close();
      const last = client.messages.at(-1) ?? {};
      return { status, code: last.code, text: JSON.stringify({ ...last, timestamp: undefined }) };
    } finally {
      client.socket.terminate();
    }
  };

/** Plain WebSockets, which tell and close. */
export const webSocketDoors: Readonly<Record<string, Door>> = {
  '/ws/agent-progress': plain('/ws/agent-progress/:id'),
  '/ws/agents': plain('/ws/agents'),
};

/** Socket.IO, where the handshake is refused. */
export const handshake: Door = async ({ url, token, headers, query }) => {
  const asked = Object.fromEntries(new URLSearchParams(query));
  const client = new Client(url, asked, {
    auth: token ? { token } : {},
    reconnection: false,
    ...(headers === undefined ? {} : { extraHeaders: { ...headers } }),
  });
  try {
    return await new Promise((resolve) => {
      client.socket.once('connect', () => resolve({ status: null, code: undefined, text: 'connected' }));
      client.socket.once('connect_error', (error) => {
        const data: unknown = Reflect.get(error, 'data');
        resolve({ status: null, code: Reflect.get(Object(data), 'code'), text: JSON.stringify(data) ?? String(error) });
      });
    });
  } finally {
    client.socket.close();
  }
};

/** A Socket.IO command on a connection of its own. */
export const command =
  (name: string, body: object): Door =>
  async ({ url, requestId, token }) => {
    const client = new Client(url, {}, { auth: token ? { token } : {}, reconnection: false });
    try {
      const { ok, error } = await client.ask(name, { requestId, ...body });
      const text = JSON.stringify(error) ?? '';
      return { status: null, code: ok === true ? undefined : Reflect.get(Object(error), 'code'), text };
    } finally {
      client.socket.close();
    }
  };

/** What an upgrade that is refused is answered with. */
export const upgrade = (address: string, headers: Record<string, string>): Promise<Refusal> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(address.replace(/^http/, 'ws'), { headers });
    socket.on('error', reject);
    socket.on('open', () => {
      socket.terminate();
      resolve({ status: 101, code: undefined, text: 'opened' });
    });
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => {
        socket.terminate();
        resolve({ status: response.statusCode ?? null, code: undefined, text });
      });
    });
  });
