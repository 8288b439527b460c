import { io, type Socket } from 'socket.io-client';
import type { Random } from '../../random.ts';
import { isObject } from '../../watcher.ts';
import { type Canary, canaryTypes } from './canary.ts';

type Types = ReadonlySet<string> | null;

/** A room that this connection asked for and has not been told to have left. */
interface Membership {
  /** what it may be told now: of each join that may still be in force (null: everything) */
  types: Types[];
  /** seq of the newest event; undefined before the `state` of the newest join */
  last: number | undefined;
  /** joins whose answers are on their way */
  joining: number;
  /** joins and leaves so far: only the answer to the newest says how it is */
  asked: number;
}

export class WandererTally {
  deliveries = 0;
  joins = 0;
  leaves = 0;
  reconnects = 0;
  /** joins that a busy gateway answered with `unavailable` */
  refused = 0;
  readonly broken: string[] = [];
}

const PAUSE_MS = [200, 1_500] as const;
/** the rooms of one wanderer at a time */
const ROOMS = [20, 120] as const;

/**
 * Joins, leaves, joins again with other types, and connects anew to the other gateway, all the time. It holds every delivery
 * to what this connection asked for: after the answer to a `leave` nothing of that room may come.
 */
export class Wanderer {
  readonly #urls: readonly string[];
  readonly #canaries: ReadonlyMap<string, number>;
  readonly #ids: readonly string[];
  readonly #random: Random;
  readonly #tally: WandererTally;
  readonly #wanted: number;
  #rooms = new Map<string, Membership>();
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(urls: readonly string[], canaries: readonly Canary[], random: Random, tally: WandererTally) {
    this.#urls = urls;
    this.#ids = canaries.map(({ requestId }) => requestId);
    this.#canaries = new Map(canaries.map(({ requestId, secret }) => [requestId, secret]));
    this.#random = random;
    this.#tally = tally;
    this.#wanted = random.between(...ROOMS);
    this.#connect();
  }

  /** in rooms, as many as it wants */
  get settled(): boolean {
    return this.#socket?.connected === true && this.#rooms.size >= ROOMS[0];
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket?.off().disconnect();
  }

  #connect(): void {
    this.close();
    // what comes on another connection is of another's memberships
    const rooms = new Map<string, Membership>();
    this.#rooms = rooms;
    const socket = io(this.#random.pick(this.#urls), {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      query: { dialect: 'log' },
    });
    this.#socket = socket;
    socket.on('connect', () => {
      this.#tally.reconnects += 1;
      for (let n = 0; n < ROOMS[0]; n += 1) this.#join();
      this.#later();
    });
    for (const bad of ['disconnect', 'connect_error']) socket.on(bad, () => this.#connect());
    socket.on('state', (state: unknown) => {
      if (isObject(state)) this.#state(state);
    });
    socket.on('events', (events: unknown) => {
      if (Array.isArray(events)) for (const event of events) if (isObject(event)) this.#take(event, 'live');
    });
  }

  #later(): void {
    this.#timer = setTimeout(
      () => {
        const dice = this.#random.next();
        if (dice < 0.02) this.#connect();
        else {
          if (dice < 0.3) this.#rejoin();
          else if (dice < 0.65 && this.#rooms.size > ROOMS[0]) this.#leave();
          else if (this.#rooms.size < this.#wanted) this.#join();
          this.#later();
        }
      },
      this.#random.between(...PAUSE_MS),
    );
  }

  #join(): void {
    this.#ask(this.#random.pick(this.#ids));
  }

  #rejoin(): void {
    if (this.#rooms.size > 0) this.#ask(this.#random.pick([...this.#rooms.keys()]));
  }

  #ask(requestId: string): void {
    const names = this.#random.chance(0.3) ? canaryTypes.filter(() => this.#random.chance(0.5)) : undefined;
    const types = names === undefined ? null : new Set<string>(names);
    let room = this.#rooms.get(requestId);
    if (room === undefined) {
      room = { types: [], last: undefined, joining: 0, asked: 0 };
      this.#rooms.set(requestId, room);
    }
    const mine = room;
    // now and then with a cursor: what was missed may hold nothing foreign either
    const since = mine.last !== undefined && this.#random.chance(0.5) ? { since: mine.last } : {};
    mine.joining += 1;
    mine.asked += 1;
    mine.types.push(types);
    this.#tally.joins += 1;
    const body = { requestId, ...since, ...(names === undefined ? {} : { types: names }) };
    this.#socket?.emit('rejoin', body, (answer: unknown) => {
      mine.joining -= 1;
      if (!isObject(answer) || answer.ok !== true) {
        // it goes on trying to let us in, and once it does, only the newest is in force
        this.#tally.refused += 1;
        if (!isUnavailable(answer)) this.#complain(`${requestId}: join refused ${JSON.stringify(answer)}`);
      }
      // only the newest is in force, once all are answered
      if (mine.joining === 0) mine.types = mine.types.slice(-1);
    });
  }

  #leave(): void {
    const rooms = this.#rooms;
    const requestId = this.#random.pick([...rooms.keys()]);
    const room = rooms.get(requestId);
    if (room === undefined) return;
    room.asked += 1;
    const { asked } = room;
    this.#tally.leaves += 1;
    this.#socket?.emit('leave', { requestId }, () => {
      // joined again meanwhile: that join came after this
      if (room.asked === asked && rooms.get(requestId) === room) rooms.delete(requestId);
    });
  }

  #state(state: Readonly<Record<string, unknown>>): void {
    const { requestId, seq, missed } = state;
    const room = typeof requestId === 'string' ? this.#rooms.get(requestId) : undefined;
    if (room === undefined) this.#complain(`a state of ${JSON.stringify(requestId)}, which it is not in`);
    else if (typeof seq === 'number') {
      // what was missed begins after a cursor that may be older than what came since
      if (Array.isArray(missed)) for (const event of missed) if (isObject(event)) this.#check(event, 'missed', room);
      room.last = seq;
    }
    const other = JSON.stringify(state).match(/"canary":("(?:[^"\\]|\\.)*")/g) ?? [];
    for (const found of other)
      if (found !== `"canary":${JSON.stringify(requestId)}`) this.#complain(`a state of ${requestId} has ${found}`);
  }

  #take(event: Readonly<Record<string, unknown>>, how: string): void {
    const { requestId, seq } = event;
    const room = typeof requestId === 'string' ? this.#rooms.get(requestId) : undefined;
    if (room === undefined) {
      this.#complain(`event ${seq} of ${JSON.stringify(requestId)}, which it is not in`);
      return;
    }
    this.#check(event, how, room);
    if (typeof seq !== 'number') return;
    if (room.last === undefined) this.#complain(`event ${seq} of ${requestId} before its state`);
    else if (seq <= room.last) this.#complain(`event ${seq} of ${requestId} after ${room.last}`);
    else if (room.joining === 0 && room.types[0] === null && seq !== room.last + 1)
      this.#complain(`event ${seq} of ${requestId} after ${room.last}, though it wants all`);
    room.last = seq;
  }

  #check({ requestId, type, seq, data }: Readonly<Record<string, unknown>>, how: string, room: Membership): void {
    this.#tally.deliveries += 1;
    const secret = this.#canaries.get(String(requestId));
    const { canary, secret: told } = isObject(data) ? data : {};
    if (canary !== requestId || told !== secret)
      this.#complain(
        `event ${seq} (${how}) of ${JSON.stringify(requestId)} has the canary ${JSON.stringify(canary)} ${told}`,
      );
    if (!room.types.some((types) => types === null || types.has(String(type))))
      this.#complain(`event ${seq} (${how}) of ${requestId} is ${type}, it asked for other types`);
  }

  #complain(what: string): void {
    this.#tally.broken.push(`${this.#socket?.id ?? 'a socket that is gone'}: ${what}`);
  }
}

const isUnavailable = (answer: unknown): boolean =>
  isObject(answer) && isObject(answer.error) && answer.error.code === 'unavailable';
