import { io } from 'socket.io-client';

/** Somebody who listens at one front door and never leaves. */
export interface Listener {
  readonly door: string;
  /** `seq` of each event that it was told, in the order of coming */
  readonly seqs: number[];
  /** signs of life beside events: how many, and ms between two signs of any kind at most */
  readonly life: Life;
  /** why the connection is not there any more; undefined: it is */
  broken: string | undefined;
  close(): void;
}

class Life {
  heartbeats = 0;
  longestMs = 0;
  #last = performance.now();

  sign(isHeartbeat: boolean): void {
    if (isHeartbeat) this.heartbeats += 1;
    const now = performance.now();
    this.longestMs = Math.max(this.longestMs, now - this.#last);
    this.#last = now;
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const member = (value: unknown, name: string): unknown => Reflect.get(Object(value), name);

/** `GET /api/requests/:id/events`; heartbeats are comments. */
export async function listenBySse(url: string, requestId: string, door: string): Promise<Listener> {
  const abort = new AbortController();
  const listener: Listener = { door, seqs: [], life: new Life(), broken: undefined, close: () => abort.abort() };
  const response = await fetch(`${url}/api/requests/${requestId}/events`, {
    headers: { accept: 'text/event-stream' },
    signal: abort.signal,
  });
  if (response.status !== 200 || response.body === null) throw new Error(`${door}: ${response.status}`);
  const { body } = response;
  const read = async () => {
    let text = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, id] = /^id: (\d+)\n(?:event: .*\n)?data: /.exec(block) ?? [];
        listener.life.sign(block.startsWith(':'));
        if (id !== undefined) listener.seqs.push(Number(id));
      }
    }
    return 'ended';
  };
  void read().then(
    (why) => end(listener, why),
    (error: unknown) => end(listener, textOf(error)),
  );
  return listener;
}

/** `/ws/agent-progress/:taskId`; heartbeats are messages, and the current step is said again. */
export function listenByWebSocket(url: string, requestId: string, door: string): Promise<Listener> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/agent-progress/${requestId}`);
  const listener: Listener = { door, seqs: [], life: new Life(), broken: undefined, close: () => socket.close() };
  socket.onmessage = ({ data }) => {
    const message: unknown = JSON.parse(String(data));
    listener.life.sign(member(message, 'heartbeat') === true);
    const seq = member(message, 'seq');
    if (typeof seq === 'number' && seq > (listener.seqs.at(-1) ?? 0)) listener.seqs.push(seq);
  };
  socket.onclose = ({ code, reason }) => end(listener, `closed ${code} ${reason}`.trim());
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(listener);
    socket.onerror = () => reject(new Error(`${door}: no connection`));
  });
}

/** Socket.IO over WebSocket; heartbeats are Engine.IO's pings. */
export function listenBySocketIo(url: string, requestId: string, door: string): Promise<Listener> {
  const socket = io(url, { query: { requestId }, transports: ['websocket'], forceNew: true, reconnection: false });
  const listener: Listener = { door, seqs: [], life: new Life(), broken: undefined, close: () => socket.close() };
  socket.onAny((name: string, body: unknown) => {
    listener.life.sign(false);
    const seq = member(body, 'seq');
    if (typeof seq === 'number' && (name !== 'state' || seq > 0)) listener.seqs.push(seq);
  });
  socket.io.on('ping', () => listener.life.sign(true));
  socket.on('disconnect', (why) => end(listener, why));
  return new Promise((resolve, reject) => {
    socket.on('connect', () => resolve(listener));
    socket.on('connect_error', (error) => reject(new Error(`${door}: ${error.message}`)));
  });
}

function end(listener: Listener, why: string): void {
  listener.broken ??= why;
}
