import { io, type Socket } from 'socket.io-client';
import type { DialectName, RequestLog } from '../../request-log.ts';
import { isObject } from '../../watcher.ts';
import { type Cursor, isLegal, type LegalCursor } from './cursor.ts';
import { Stay } from './stay.ts';

/** What became of a join. `away`: no answer, or that the gateway can't let anybody in now; this connection is of no use any more */
export type Joined = 'in' | 'refused' | 'overtaken' | 'away';

interface Place {
  readonly log: RequestLog;
  /** states that came and whose join was not answered yet */
  readonly unclaimed: Stay[];
  current: Stay | undefined;
}

const ANSWER_WITHIN_MS = 20_000;

/**
 * One connection that joins many requests, many times. An answer that names a seq stands for the `state` that came just
 * before it: so each stay finds the cursor that it began with.
 */
export class CursorClient {
  readonly url: string;
  readonly dialect: DialectName;
  readonly broken: string[] = [];
  /** each `state` that came, with what followed it until the next one, or until they left */
  readonly ended: Stay[] = [];
  events = 0;
  joins = 0;
  #socket: Socket | undefined;
  #places = new Map<string, Place>();

  constructor(url: string, dialect: DialectName) {
    this.url = url;
    this.dialect = dialect;
  }

  get connected(): boolean {
    return this.#socket?.connected === true;
  }

  /** stays that go on */
  get open(): Stay[] {
    return [...this.#places.values()].flatMap(({ current }) => (current === undefined ? [] : [current]));
  }

  /** Begins anew, on a new connection. @throws Error where the gateway is not there */
  async connect(): Promise<void> {
    this.close();
    const query = { dialect: this.dialect };
    const socket = io(this.url, { transports: ['websocket'], forceNew: true, reconnection: false, query });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    socket.onAny((name: string, body: unknown) => {
      if (socket === this.#socket) this.#receive(name, body);
    });
  }

  close(): void {
    this.#socket?.off().disconnect();
    this.#socket = undefined;
    for (const { current, unclaimed } of this.#places.values()) {
      // the answer that would have claimed it did not come any more
      if (current !== undefined && !unclaimed.includes(current)) this.ended.push(current);
    }
    this.#places = new Map();
  }

  async join(log: RequestLog, cursor: Cursor): Promise<Joined> {
    this.joins += 1;
    const place = this.#placeOf(log);
    const places = this.#places;
    const answer = await this.#ask('rejoin', { requestId: log.requestId, ...cursor });
    if (answer === undefined || places !== this.#places) return 'away';
    if (answer.ok === true) {
      if (isLegal(cursor)) return this.#entered(place, answer.seq, cursor);
      this.#complain(log, `${JSON.stringify(cursor)} was taken: ${JSON.stringify(answer)}`);
      return 'away';
    }
    const code = isObject(answer.error) ? answer.error.code : undefined;
    if (code === 'unavailable') {
      // It goes on trying, and its state would stand for no answer.
      await this.leave(log);
      place.unclaimed.length = 0;
      return 'away';
    }
    if (code !== 'bad_request' || isLegal(cursor))
      this.#complain(log, `${JSON.stringify(cursor)} was answered ${JSON.stringify(answer)}`);
    return 'refused';
  }

  async leave(log: RequestLog): Promise<void> {
    const places = this.#places;
    const answer = await this.#ask('leave', { requestId: log.requestId });
    if (answer === undefined || places !== this.#places) return;
    if (answer.ok !== true) this.#complain(log, `leave was answered ${JSON.stringify(answer)}`);
    this.#end(this.#placeOf(log));
  }

  /** The state that an answer names has come by then: the connection keeps the order. */
  #entered({ log, unclaimed }: Place, seq: unknown, cursor: LegalCursor): Joined {
    if (seq === undefined) return 'overtaken';
    const stay = unclaimed.shift();
    if (stay === undefined) this.#complain(log, `the answer says that a state at ${seq} was sent, and none came`);
    else if (stay.seq !== seq) this.#complain(log, `the answer says ${seq}, the state ${stay.seq}`);
    stay?.claim(cursor);
    return 'in';
  }

  async #ask(command: string, body: object): Promise<Readonly<Record<string, unknown>> | undefined> {
    const answer: unknown = await this.#socket
      ?.timeout(ANSWER_WITHIN_MS)
      .emitWithAck(command, body)
      .catch(() => undefined);
    return isObject(answer) ? answer : undefined;
  }

  #receive(name: string, body: unknown): void {
    if (name === 'state') {
      if (isObject(body)) this.#state(body);
      return;
    }
    for (const event of Array.isArray(body) ? body : [body]) {
      if (!isObject(event) || typeof event.seq !== 'number') this.broken.push(`${name}: ${JSON.stringify(event)}`);
      else this.#event(event.seq, event);
    }
  }

  #state(state: Readonly<Record<string, unknown>>): void {
    const place = this.#places.get(String(state.requestId));
    if (place === undefined) {
      this.broken.push(`a state of ${state.requestId}, which was not asked for`);
      return;
    }
    this.#end(place);
    const stay = Stay.begin(place.log, this.dialect, state);
    this.events += stay.missed?.length ?? 0;
    place.current = stay;
    place.unclaimed.push(stay);
  }

  #event(seq: number, event: Readonly<Record<string, unknown>>): void {
    this.events += 1;
    const place = this.#places.get(String(event.requestId));
    if (place?.current === undefined) this.broken.push(`${event.requestId}: event ${seq}, and they were not let in`);
    else place.current.live(seq, event);
  }

  #end(place: Place): void {
    if (place.current !== undefined) this.ended.push(place.current);
    place.current = undefined;
  }

  #placeOf(log: RequestLog): Place {
    const found = this.#places.get(log.requestId);
    if (found !== undefined) return found;
    const place: Place = { log, unclaimed: [], current: undefined };
    this.#places.set(log.requestId, place);
    return place;
  }

  #complain({ requestId }: RequestLog, what: string): void {
    this.broken.push(`${requestId}: ${what}`);
  }
}
