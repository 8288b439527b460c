import { setTimeout as delay } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import type { Random } from '../../random.ts';
import { isObject } from '../../watcher.ts';
import { type Canary, ownTypes } from './canary.ts';
import { tokenOf, type User } from './visitors.ts';
import { isUnavailable, type WandererTally } from './wanderer.ts';

export interface FollowerOptions {
  readonly urls: readonly string[];
  readonly secret: string;
  readonly canaries: ReadonlyMap<string, Canary>;
  readonly user: User;
  readonly random: Random;
  readonly tally: WandererTally;
}

/** how long it stays with one stream of a request (ms) */
const STAY_MS = [500, 2_000] as const;
/** after `unavailable` (ms) */
const AGAIN_MS = 500;
/** events of the feed until it connects anew, with its cursor */
const FEED_EVENTS = 2_000;

/**
 * Who follows all requests of theirs: by the feed, by `/ws/agents`, and one after the other by SSE, where they also ask for
 * those of others. A feed is of one's own requests, for operators also of nobody's.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #name: string;
  #feed: Socket | undefined;
  #begun = false;
  #left = FEED_EVENTS;
  #cursor: string | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#name = JSON.stringify(options.user.userId);
    this.#followFeed();
    this.#followAgents();
    void this.#readStreams();
  }

  get settled(): boolean {
    return this.#begun;
  }

  #followFeed(): void {
    const { urls, random, secret, user } = this.#options;
    this.#left = FEED_EVENTS;
    const auth = { token: tokenOf(secret, user) };
    const socket = io(random.pick(urls), { transports: ['websocket'], forceNew: true, reconnection: false, auth });
    this.#feed?.off().disconnect();
    this.#feed = socket;
    socket.on('connect', () => {
      const since = this.#cursor === undefined ? {} : { since: this.#cursor };
      socket.emit('feed', since, (answer: unknown) => {
        if (isObject(answer) && answer.ok === true) this.#begun = true;
        // a busy gateway: asked for again, as a client would
        else if (isUnavailable(answer)) setTimeout(() => this.#feed === socket && this.#followFeed(), AGAIN_MS);
        else this.#complain(`no feed: ${JSON.stringify(answer)}`);
      });
    });
    socket.on('feed', ({ cursor, event }) => {
      this.#cursor = cursor;
      if (isObject(event)) this.#check('feed', event);
      this.#left -= 1;
      if (this.#left === 0) this.#followFeed();
    });
    for (const gone of ['disconnect', 'connect_error']) socket.on(gone, () => this.#followFeed());
  }

  #followAgents(): void {
    const { urls, random, secret, user, tally } = this.#options;
    const socket = new WebSocket(`${random.pick(urls).replace('http', 'ws')}/ws/agents`);
    socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token: tokenOf(secret, user) }));
    socket.onmessage = ({ data }) => {
      const message: unknown = JSON.parse(String(data));
      if (!isObject(message) || typeof message.taskId !== 'string') return;
      tally.deliveries += 1;
      tally.followed.agents += 1;
      if (!this.#isOwn(message.taskId)) this.#complain(`/ws/agents: ${JSON.stringify(message)}, of another's request`);
    };
  }

  async #readStreams(): Promise<void> {
    const { canaries, random } = this.#options;
    const all = [...canaries.values()];
    const own = all.filter(({ requestId }) => this.#isOwn(requestId));
    for (;;) {
      const canary = random.pick(random.chance(0.5) ? own : all);
      // who is busy or ends it is no matter here: only what comes
      await this.#readStream(canary).catch(() => undefined);
      await delay(random.between(...STAY_MS));
    }
  }

  async #readStream({ requestId }: Canary): Promise<void> {
    const { urls, random, secret, user, tally } = this.#options;
    const own = this.#isOwn(requestId) || user.operator;
    const response = await fetch(`${random.pick(urls)}/api/requests/${encodeURIComponent(requestId)}/events`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${tokenOf(secret, user)}` },
      signal: AbortSignal.timeout(random.between(...STAY_MS)),
    });
    if (!own) {
      if (response.status === 404) tally.strangers += 1;
      else this.#complain(`SSE of ${JSON.stringify(requestId)}, which is not theirs: ${response.status}`);
    }
    if (response.status !== 200 || response.body === null) return;
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const [, data = ''] of blocks.map((block) => /^data: (.*)$/m.exec(block) ?? [])) {
        const event: unknown = data === '' ? undefined : JSON.parse(data);
        if (isObject(event) && typeof event.seq === 'number') this.#check('SSE', event, requestId);
      }
    }
  }

  /** @param asked the request of this stream; else they may be told of any of theirs */
  #check(how: 'feed' | 'SSE', { requestId, type, seq, data }: Readonly<Record<string, unknown>>, asked?: string): void {
    const { tally, canaries } = this.#options;
    tally.deliveries += 1;
    tally.followed[how] += 1;
    const { canary, secret } = isObject(data) ? data : {};
    const expected = canaries.get(String(requestId))?.secret;
    if (asked === undefined ? !this.#isOwn(requestId) : asked !== requestId)
      this.#complain(`${how}: event ${seq} of ${JSON.stringify(requestId)}, not asked for or not theirs`);
    if (!ownTypes.includes(String(type)) && (canary !== requestId || secret !== expected))
      this.#complain(`${how}: event ${seq} of ${JSON.stringify(requestId)} has the canary ${JSON.stringify(canary)}`);
  }

  #isOwn(requestId: unknown): boolean {
    const { canaries, user } = this.#options;
    const canary = canaries.get(String(requestId));
    return canary !== undefined && (canary.owner === user.userId || (user.operator && canary.owner === null));
  }

  #complain(what: string): void {
    this.#options.tally.broken.push(`${this.#name}, who follows: ${what}`);
  }
}
