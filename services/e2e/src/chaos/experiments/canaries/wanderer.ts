import { io, type Socket } from 'socket.io-client';
import type { Random } from '../../random.ts';
import { isObject } from '../../watcher.ts';
import { type Canary, canaryTypes, ownTypes } from './canary.ts';
import { maySee, type Pass } from './visitors.ts';

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
  /** of the deliveries, those to who follows all requests of theirs */
  readonly followed = { feed: 0, agents: 0, SSE: 0 };
  joins = 0;
  leaves = 0;
  reconnects = 0;
  /** `state`s of `unknown`, to those who may not see the request, whether it is there or not yet */
  strangers = 0;
  /** connections that were ended because their sign-in was */
  ended = 0;
  /** sign-ins that were tried again after they had ended */
  turnedAway = 0;
  /** joins that a busy gateway answered with `unavailable` */
  refused = 0;
  readonly broken: string[] = [];
}

/** timers and clocks of two processes of one machine */
const CLOCK_MS = 100;
const PAUSE_MS = [200, 1_500] as const;
/** the rooms that one wanderer comes for */
const ROOMS = [40, 120] as const;
/** and the least that it stays in */
const FEW_ROOMS = 20;

export interface WandererOptions {
  readonly urls: readonly string[];
  readonly canaries: ReadonlyMap<string, Canary>;
  readonly random: Random;
  readonly tally: WandererTally;
  /** by what they come in next; `refused`: the last is not taken any more */
  readonly pass: (refused: boolean) => Pass;
}

/**
 * Joins, leaves, joins again with other types, and connects anew to the other gateway, all the time. It holds every delivery
 * to who they are and what this connection asked for: after the answer to a `leave` nothing of that room may come.
 */
export class Wanderer {
  readonly #options: WandererOptions;
  readonly #random: Random;
  readonly #tally: WandererTally;
  readonly #wanted: number;
  readonly #ids: readonly string[];
  /** those that they may see, or else all */
  readonly #own: readonly string[];
  #pass: Pass;
  /** it came in, or tried to, by a pass that had ended */
  #stale = false;
  #rooms = new Map<string, Membership>();
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WandererOptions) {
    const { canaries, random, tally, pass } = options;
    this.#options = options;
    this.#random = random;
    this.#tally = tally;
    this.#wanted = random.between(...ROOMS);
    this.#pass = pass(false);
    this.#ids = [...canaries.keys()];
    this.#own = [...canaries.values()].filter((canary) => maySee(this.#pass.visitor, canary)).map((it) => it.requestId);
    this.#connect();
  }

  /** in rooms, as many as it wants */
  get settled(): boolean {
    return this.#socket?.connected === true && this.#rooms.size >= FEW_ROOMS;
  }

  /** connected by what is being ended, or has ended, which is soon to be noticed */
  get ending(): boolean {
    const { ending, endsAt } = this.#pass;
    return this.#socket?.connected === true && !this.#stale && (ending || Date.now() > endsAt);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket?.off().disconnect();
  }

  #connect(refused = false): void {
    this.close();
    // what comes on another connection is of another's memberships
    const before = [...this.#rooms].map(([requestId, { last }]) => ({ requestId, last }));
    const rooms = new Map<string, Membership>();
    this.#rooms = rooms;
    this.#pass = this.#options.pass(refused);
    const { handshake, visitor, endsAt } = this.#pass;
    this.#stale = Date.now() > endsAt;
    const url = this.#random.pick(this.#options.urls);
    const socket = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      ...handshake,
      // who comes with a cookie says of which page
      extraHeaders: { ...handshake.extraHeaders, origin: url },
      query: { ...handshake.query, dialect: this.#random.pick(['log', 'guide']) },
    });
    this.#socket = socket;
    socket.on('connect', () => {
      this.#tally.reconnects += 1;
      // a share says itself what it shows: that it was taken back, the coordinator says
      if (this.#stale && !('share' in visitor)) this.#complain('let in by a sign-in that had ended');
      // where they were, from there on
      for (const { requestId, last } of before.slice(0, ROOMS[0] / 2)) this.#ask(requestId, last);
      while (rooms.size < ROOMS[0]) this.#join();
      this.#later();
    });
    socket.on('disconnect', () => this.#connect());
    socket.on('connect_error', (error) => {
      const { code } = Object(Reflect.get(error, 'data'));
      const refused = code === 'unauthorized' || code === 'auth_expired';
      if (refused && !this.#pass.ending && Date.now() < this.#pass.endsAt)
        this.#complain(`not let in: ${error.message}`);
      if (refused) this.#tally.turnedAway += 1;
      this.#connect(refused);
    });
    socket.on('error', ({ code }) => {
      if (code !== 'unauthorized' && code !== 'auth_expired') return;
      this.#tally.ended += 1;
      // the end may be known here before the answer to who asked for it
      if (code === 'auth_expired' && Date.now() < endsAt - CLOCK_MS) this.#complain('ended before it expired');
    });
    socket.on('state', (state: unknown) => {
      if (isObject(state)) this.#state(state);
    });
    socket.on('events', (events: unknown) => {
      if (Array.isArray(events)) for (const event of events) if (isObject(event)) this.#take(event, 'live');
    });
    for (const type of [...canaryTypes, ...ownTypes])
      socket.on(type, (event: unknown) => isObject(event) && this.#take(event, 'live'));
  }

  #later(): void {
    this.#timer = setTimeout(
      () => {
        const dice = this.#random.next();
        if (dice < 0.02) this.#connect();
        else {
          if (dice < 0.3) this.#rejoin();
          else if (dice < 0.65 && this.#rooms.size > FEW_ROOMS) this.#leave();
          else if (this.#rooms.size < this.#wanted) this.#join();
          this.#later();
        }
      },
      this.#random.between(...PAUSE_MS),
    );
  }

  #join(): void {
    // mostly where there is something to hear, and often where there is nothing for them
    this.#ask(this.#random.pick(this.#own.length >= ROOMS[0] && this.#random.chance(0.8) ? this.#own : this.#ids));
  }

  #rejoin(): void {
    if (this.#rooms.size > 0) this.#ask(this.#random.pick([...this.#rooms.keys()]));
  }

  #ask(requestId: string, cursor?: number): void {
    const names = this.#random.chance(0.3) ? canaryTypes.filter(() => this.#random.chance(0.5)) : undefined;
    const types = names === undefined ? null : new Set<string>(names);
    let room = this.#rooms.get(requestId);
    if (room === undefined) {
      room = { types: [], last: undefined, joining: 0, asked: 0 };
      this.#rooms.set(requestId, room);
    }
    const mine = room;
    // now and then with a cursor: what was missed may hold nothing foreign either
    const from = cursor ?? (this.#random.chance(0.5) ? mine.last : undefined);
    const since = from === undefined ? {} : { since: from };
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
    const { requestId, seq, missed, status } = state;
    if (!this.#mayHear(requestId)) {
      if (seq === 0 && status === 'unknown') this.#tally.strangers += 1;
      else this.#complain(`a state of ${JSON.stringify(requestId)} at ${seq}, which is not theirs to see`);
    }
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
    const secret = this.#options.canaries.get(String(requestId))?.secret;
    if (!this.#mayHear(requestId))
      this.#complain(`event ${seq} (${how}) of ${JSON.stringify(requestId)}, which is not theirs to see`);
    const { canary, secret: told } = isObject(data) ? data : {};
    if (!ownTypes.includes(String(type)) && (canary !== requestId || told !== secret))
      this.#complain(
        `event ${seq} (${how}) of ${JSON.stringify(requestId)} has the canary ${JSON.stringify(canary)} ${told}`,
      );
    if (!room.types.some((types) => types === null || types.has(String(type))))
      this.#complain(`event ${seq} (${how}) of ${requestId} is ${type}, it asked for other types`);
  }

  /** now: not by what ended longer ago than is promised */
  #mayHear(requestId: unknown): boolean {
    const canary = this.#options.canaries.get(String(requestId));
    const { visitor, endsAt, endsWithinMs } = this.#pass;
    return canary !== undefined && maySee(visitor, canary) && !this.#stale && Date.now() < endsAt + endsWithinMs;
  }

  #complain(what: string): void {
    const { visitor } = this.#pass;
    const who = 'share' in visitor ? `who has a share of ${visitor.requestId}` : visitor.userId;
    this.#tally.broken.push(`${JSON.stringify(who)}, ${this.#socket?.id ?? 'a socket that is gone'}: ${what}`);
  }
}

export const isUnavailable = (answer: unknown): boolean =>
  isObject(answer) && isObject(answer.error) && answer.error.code === 'unavailable';
