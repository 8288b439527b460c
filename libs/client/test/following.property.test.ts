import { expect, test } from '@jest/globals';
import type { LogEvent } from '@stepwire/protocol';
import { evolve, initialState, MODEL_VERSION, type RunState, snapshotForClient } from '@stepwire/run-model';
import fc from 'fast-check';
import { cursorOf, type Followed, follow, type Incoming, isStale, step } from '../src/following.ts';
import { readEvents, readState } from '../src/frames.ts';
import { Log } from './log.ts';

/**
 * A request's history at a gateway and a client that follows it, with a network between them that loses, doubles and reorders
 * whatever it likes, as Socket.IO never would.
 */
const REQUEST = 'req-1';

class World {
  epoch = 'e1';
  log: LogEvent[] = [];
  following = follow(REQUEST);
  /** each history as it was passed on */
  readonly heard: { epoch: string | null; seqs: number[] }[] = [];
  wire: { name: 'state' | 'events'; payload: unknown }[] = [];
  readonly model: number;
  #joined = false;
  #written = 0;

  constructor(model: number) {
    this.model = model;
  }

  write(count: number): void {
    const source = new Log(REQUEST).planned();
    while (source.events.length < this.#written + count) source.output('a', `${source.events.length} `);
    const next = source.events.slice(this.#written, this.#written + count);
    this.#written += count;
    const events = next.map((event, at) => ({ ...event, seq: this.log.length + 1 + at }));
    this.log.push(...events);
    if (this.#joined) this.wire.push({ name: 'events', payload: JSON.parse(JSON.stringify(events)) });
  }

  replace(keep: number): void {
    this.log = this.log.slice(0, keep);
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}`;
    if (this.#joined) this.#answer(Number.MAX_SAFE_INTEGER, undefined);
  }

  connect(): void {
    if (!this.#joined) this.#join();
  }

  cut(): void {
    this.#joined = false;
    this.wire = [];
    this.#take({ kind: 'cut' });
  }

  deliver(at: number, copies: number): void {
    const [frame] = this.wire.splice(at % Math.max(1, this.wire.length), 1);
    if (frame === undefined) return;
    for (let copy = 0; copy < copies; copy += 1) {
      const state = frame.name === 'state' ? readState(frame.payload) : null;
      if (state !== null) this.#take({ kind: 'state', frame: state });
      else this.#take({ kind: 'events', events: readEvents(frame.payload) });
    }
  }

  /** A connection on which nothing is lost any more. */
  settle(): void {
    this.cut();
    this.#join();
    for (let round = 0; this.wire.length > 0; round += 1) {
      if (round > 1000) throw new Error('it never comes to rest');
      this.deliver(0, 1);
      if (this.wire.length === 0 && isStale(this.following)) this.#join();
    }
  }

  folded(upTo = this.log.length): RunState {
    return this.log.slice(0, upTo).reduce(evolve, initialState(REQUEST));
  }

  #join(): void {
    this.#joined = true;
    this.#take({ kind: 'asking' });
    const { since, epoch } = cursorOf(this.following);
    this.#answer(since, epoch);
  }

  /** As the gateway does: PROTOCOL.md §5. */
  #answer(since: number | undefined, epoch: string | undefined): void {
    const seq = this.log.length;
    const gone = since !== undefined && (since > seq || (epoch !== undefined && epoch !== this.epoch));
    const lost = gone ? { reset: true, code: 'cursor_gone' } : {};
    if (seq === 0) {
      const unknown = { requestId: REQUEST, status: 'unknown', seq: 0, progress: 0, steps: [], model: this.model };
      this.wire.push({ name: 'state', payload: { ...unknown, ...lost } });
      return;
    }
    const run = this.folded();
    const missed = since === undefined || gone ? {} : { missed: this.log.slice(since) };
    const state = { ...snapshotForClient(run, this.epoch), run, model: this.model, ...missed, ...lost };
    this.wire.push({ name: 'state', payload: JSON.parse(JSON.stringify(state)) });
  }

  #take(incoming: Incoming): void {
    const before = this.following;
    const { following, news, ask }: Followed = step(before, incoming);
    this.following = following;
    const continued = following.epoch === before.epoch || before.epoch === null;
    if (this.heard.length === 0 || !continued || following.seq < before.seq) this.heard.push({ epoch: null, seqs: [] });
    this.heard.at(-1)?.seqs.push(...news.map(({ seq }) => seq));
    if (following.seq !== before.seq && news.length > 0) expect(following.seq).toBe(news.at(-1)?.seq);
    if (ask) this.#join();
  }
}

const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      at: fc.nat(3),
      copies: fc.constantFrom(0, 1, 1, 1, 1, 2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('connect' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replace' as const), keep: fc.nat(4) }) },
);

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const play = (world: World, happenings: readonly Happening[]): void => {
  for (const it of happenings) {
    if (it.kind === 'write') world.write(it.count);
    else if (it.kind === 'deliver') world.deliver(it.at, it.copies);
    else if (it.kind === 'connect') world.connect();
    else if (it.kind === 'cut') world.cut();
    else world.replace(it.keep);
  }
  world.settle();
};

const dense = (seqs: readonly number[]): boolean =>
  seqs.every((seq, at) => at === 0 || seq === (seqs[at - 1] ?? 0) + 1);

test('whatever is lost, doubled or reordered: each event once and in order, and the state is the server’s', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const world = new World(MODEL_VERSION);
      play(world, happenings);
      for (const { seqs } of world.heard) expect(dense(seqs)).toBe(true);
      const { view, seq, standing } = world.following;
      expect({ seq, standing }).toEqual({ seq: world.log.length, standing: 'level' });
      expect(view).toEqual({ kind: 'folded', run: world.folded() });
    }),
    { numRuns: 500 },
  );
});

test('where versions differ, the server’s states are shown, and events are heard all the same', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      const world = new World(MODEL_VERSION + 1);
      play(world, happenings);
      for (const { seqs } of world.heard) expect(dense(seqs)).toBe(true);
      const { view, seq } = world.following;
      expect(seq).toBe(world.log.length);
      if (view.kind !== 'shown') throw new Error(`it was ${view.kind}`);
      expect(view.state).toMatchObject({ seq, progress: world.folded().progress });
      expect(isStale(world.following)).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test('without a replaced history nothing that happened after the first state is missing', () => {
  const losing = happening.filter(({ kind }) => kind !== 'replace');
  fc.assert(
    fc.property(fc.array(losing, { maxLength: 60 }), (happenings) => {
      const world = new World(MODEL_VERSION);
      world.write(1);
      world.connect();
      world.deliver(0, 1);
      play(world, happenings);
      const all = world.heard.flatMap(({ seqs }) => seqs);
      expect(all).toEqual(world.log.slice(1).map(({ seq }) => seq));
    }),
    { numRuns: 300 },
  );
});
