import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cursor, Dialect } from '@stepwire/dialects';
import { StepwireError } from '@stepwire/protocol';
import { isFinished } from '@stepwire/run-model';
import { type Credential, callerOf } from '../auth/credential.ts';
import type { LiveConnections } from '../auth/live-connections.ts';
import { runState } from '../coordinator-answers.ts';
import type { Gateway } from '../gateway.ts';
import { lastEventId, queryOf, typesOf } from '../http/query.ts';
import type { Proxies } from '../proxies.ts';
import { Backlog } from '../pump/backlog.ts';
import { feedMarks } from '../pump/feed-marks.ts';
import { FeedPump } from '../pump/feed-pump.ts';
import { Renderer } from '../pump/renderer.ts';
import { requestCursor } from '../pump/request-cursor.ts';
import { RequestPump } from '../pump/request-pump.ts';
import { SseSink } from './sse-sink.ts';

export interface StreamSettings {
  readonly heartbeatMs: number;
  readonly maxBacklogBytes: number;
}

export interface StreamRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly credential: Credential;
  readonly requestId: string;
  readonly dialect: Dialect;
  /** where a client begins that does not say so itself; null: at the first event */
  readonly begin?: Cursor | null;
}

/** Streams of Server-Sent Events: who may have one, from where it goes on, and when it ends. */
export class Streams {
  readonly #gateway: Gateway;
  readonly #live: LiveConnections;
  readonly #proxies: Proxies;
  readonly #settings: StreamSettings;
  readonly #open = new Set<SseSink>();

  constructor(gateway: Gateway, live: LiveConnections, proxies: Proxies, settings: StreamSettings) {
    this.#gateway = gateway;
    this.#live = live;
    this.#proxies = proxies;
    this.#settings = settings;
  }

  /**
   * One request, from its beginning or from where the client was. Who has everything of one that ended gets 204, at which
   * an `EventSource` stays away.
   * @throws StepwireError before anything is sent: `not_found`, `bad_cursor`, `cursor_gone`, `too_many_connections` …
   */
  async request({ request, response, credential, requestId, dialect, begin = null }: StreamRequest): Promise<void> {
    const id = lastEventId(request);
    const cursor = id === undefined ? begin : requestCursor(id);
    const types = typesOf(queryOf(request));
    const { viewer } = credential;
    const answer = await this.#gateway.ask('snapshot', { requestId, caller: viewer });
    if (!answer.known) throw new StepwireError('not_found', `there is no request ${requestId}`);
    const newest = runState(answer.state);
    if (cursor !== null) checkWithin(cursor, newest.seq);
    if (id !== undefined && isFinished(newest.status) && cursor?.seq === newest.seq) {
      response.writeHead(204).end();
      return;
    }
    const pump: RequestPump = new RequestPump({
      rooms: this.#gateway.rooms,
      coordinator: this.#gateway.coordinator,
      requestId,
      viewer,
      epoch: answer.epoch,
      renderer: new Renderer(dialect, requestId, types),
      sink: this.#begin(request, response, credential, () => pump.stop()),
      maxBacklogBytes: this.#settings.maxBacklogBytes,
    });
    await pump.run(cursor, newest);
  }

  /**
   * Everything in the requests of whoever signed in, from now on or from where they were; `since=0`: from the oldest that is
   * kept. At once it says where it is, so that who drops out before the first event misses none.
   * @throws StepwireError before anything is sent: `bad_cursor`, `cursor_gone`, `too_many_connections` …
   */
  async feed({ request, response, credential }: Omit<StreamRequest, 'requestId' | 'dialect'>): Promise<void> {
    const types = typesOf(queryOf(request));
    const { feeds } = this.#gateway;
    // Where it begins is looked for before the stream is: a refusal still has an HTTP status.
    const marks = await feedMarks(feeds, callerOf(credential), lastEventId(request));
    const sink = this.#begin(request, response, credential, () => pump.stop());
    const pump: FeedPump = new FeedPump({
      feeds,
      caller: callerOf(credential),
      marks,
      sink,
      backlog: new Backlog(sink, this.#settings.maxBacklogBytes),
      pass: (event, cursor) => {
        if (types === undefined || types.includes(event.type))
          sink.send([{ id: cursor, name: 'message', payload: event }]);
      },
    });
    sink.mark(pump.cursor);
    await pump.run();
  }

  /** The gateway ends: all are told to come back. */
  close(): void {
    for (const sink of this.#open) sink.goodbye();
  }

  /** @throws StepwireError `too_many_connections`, `auth_expired`, `unauthorized` */
  #begin(request: IncomingMessage, response: ServerResponse, credential: Credential, stop: () => void): SseSink {
    const end = (reason: StepwireError): void => {
      stop();
      sink.end(reason);
    };
    const left = this.#live.add({ credential, address: this.#proxies.addressOf(request), end });
    const sink = new SseSink(response, this.#settings.heartbeatMs);
    this.#open.add(sink);
    response.once('close', () => {
      this.#open.delete(sink);
      left();
      stop();
    });
    return sink;
  }
}

/** @throws StepwireError `cursor_gone` */
function checkWithin({ seq, parts }: Cursor, head: number): void {
  if (parts === 0 ? seq <= head : seq < head) return;
  throw new StepwireError('cursor_gone', `that is beyond the head of this request, ${head}: start over`);
}
