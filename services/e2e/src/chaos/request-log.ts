import { guide } from '@stepwire/dialects';
import { fnv1a32, type LogEvent } from '@stepwire/protocol';
import { evolve, initialState, type RunState, snapshotForClient } from '@stepwire/run-model';

export type DialectName = 'guide' | 'log';

/** What somebody was told as they joined. */
interface Told {
  readonly who: string;
  readonly seq: number;
  readonly epoch: string;
  /** JSON text, without what depends on the cursor */
  readonly text: string;
  /** dialect `log` tells the whole state too, for those who fold */
  readonly withRun: boolean;
}

/**
 * The log of one request as watchers know it: each event as the first of them was told it. All others, in both dialects,
 * on every gateway, live or read again, must be told the same, byte for byte; and every `state` must be the fold of the
 * events up to it.
 */
export class RequestLog {
  readonly requestId: string;
  readonly #texts: Record<DialectName, (string | undefined)[]> = { guide: [], log: [] };
  /** what the publisher sent, by event id, and its place among all that it sent */
  readonly #published = new Map<string, { readonly body: string; readonly place: number }>();
  readonly #arrived = new Set<string>();
  /** of the event that came last, of those that are {@link published} */
  #place = -1;
  readonly #broken: string[] = [];
  /** of the events that {@link settle} saw */
  readonly #types: string[] = [];
  #told: Told[] = [];
  #state: RunState;
  #epoch: string | undefined;
  #statesChecked = 0;

  constructor(requestId: string) {
    this.requestId = requestId;
    this.#state = initialState(requestId);
  }

  /** events that are known without a gap from 1 on */
  get length(): number {
    const { log } = this.#texts;
    let known = this.#state.seq;
    while (log[known] !== undefined) known += 1;
    return known;
  }

  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** `state`s that were held against the fold */
  get statesChecked(): number {
    return this.#statesChecked;
  }

  /** The fold of what {@link settle} saw. */
  get state(): RunState {
    return this.#state;
  }

  /**
   * An event that a publisher has confirmed, or will have, and that the coordinator has no reason to change, as canonical
   * JSON. They must stand in the log in the order of these calls.
   */
  published(id: string, body: string): void {
    if (!this.#published.has(id)) this.#published.set(id, { body, place: this.#published.size });
  }

  heard(who: string, dialect: DialectName, seq: number, event: unknown): void {
    const text = JSON.stringify(event);
    const known = this.#texts[dialect][seq - 1];
    if (known === undefined) this.#texts[dialect][seq - 1] = text;
    else if (known !== text) this.#broken.push(`${who}: event ${seq} is ${short(text)}, others had ${short(known)}`);
  }

  told(who: string, state: Readonly<Record<string, unknown>>): void {
    const { missed, reset, code, model, ...snapshot } = state;
    const { seq, epoch } = snapshot;
    // of a request that is not there yet: it has no epoch
    if (typeof seq !== 'number' || seq === 0 || typeof epoch !== 'string') return;
    this.#epoch ??= epoch;
    if (epoch !== this.#epoch) this.#broken.push(`${who}: the epoch is ${epoch}, and was ${this.#epoch}`);
    this.#told.push({ who, seq, epoch, text: JSON.stringify(snapshot), withRun: 'run' in snapshot });
  }

  /** The numbers of the events in [from, to] of these types, all where none are named. Only what {@link settle} saw. */
  numbers(from: number, to: number, types: ReadonlySet<string> | undefined): number[] {
    const numbers: number[] = [];
    for (let seq = from; seq <= Math.min(to, this.#types.length); seq += 1)
      if (types === undefined || types.has(this.#types[seq - 1] ?? '')) numbers.push(seq);
    return numbers;
  }

  /**
   * Holds everything against everything, as far as the log is known; may be called again as it grows.
   * @returns what is broken, since the last call
   */
  settle(): string[] {
    const due = this.#told.sort((a, b) => a.seq - b.seq);
    const { length } = this;
    let checked = 0;
    for (let seq = this.#state.seq; ; seq += 1) {
      for (let next = due[checked]; next !== undefined && next.seq <= seq; next = due[checked]) {
        this.#compare(next);
        checked += 1;
      }
      if (seq === length) break;
      this.#take(this.#texts.log[seq] ?? '', seq + 1);
    }
    this.#told = due.slice(checked);
    return this.#broken.splice(0).map((what) => `${this.requestId}: ${what}`);
  }

  /** Once all is known: states that are beyond what anybody saw, and confirmed events that nobody did. */
  leftOver(): string[] {
    return [
      ...this.#told.map(
        ({ who, seq }) => `${this.requestId}: ${who} was told a state at ${seq}, the log ends at ${this.length}`,
      ),
      ...[...this.#published.keys()]
        .filter((id) => !this.#arrived.has(id))
        .map((id) => `${this.requestId}: ${id} was confirmed, and nobody saw it`),
    ];
  }

  /** To be held against what is stored: a 32-bit hash of each event's text. */
  hashes(): Uint32Array {
    return Uint32Array.from(this.#texts.log.slice(0, this.length), (text) => fnv1a32(text ?? ''));
  }

  #compare({ who, seq, epoch, text, withRun }: Told): void {
    this.#statesChecked += 1;
    // It came after the log had been folded further: only a fresh fold tells.
    const state = seq < this.#state.seq ? this.#foldTo(seq) : this.#state;
    this.#differs(who, seq, text, stateText(state, epoch, withRun));
  }

  #differs(who: string, seq: number, text: string, fold: string): void {
    if (text === fold) return;
    const at = text.split('').findIndex((unit, i) => unit !== fold[i]);
    const from = Math.max(0, at - 40);
    this.#broken.push(
      `${who}: the state at ${seq} is …${text.slice(from, at + 80)}…, the fold …${fold.slice(from, at + 80)}…`,
    );
  }

  #foldTo(seq: number): RunState {
    let state = initialState(this.requestId);
    for (const text of this.#texts.log.slice(0, seq)) state = evolve(state, JSON.parse(text ?? ''));
    return state;
  }

  #take(text: string, seq: number): void {
    const event: LogEvent = JSON.parse(text);
    if (event.requestId !== this.requestId) this.#broken.push(`event ${seq} is of ${event.requestId}`);
    this.#state = evolve(this.#state, event);
    this.#types.push(event.type);
    const published = this.#published.get(event.id);
    if (published !== undefined) {
      const { body, place } = published;
      this.#arrived.add(event.id);
      if (`${body.slice(0, -1)},"seq":${seq}}` !== text)
        this.#broken.push(`event ${seq} is ${short(text)}, published was ${short(body)}`);
      if (place <= this.#place) this.#broken.push(`event ${seq} is ${event.id}, which came before, or should have`);
      this.#place = place;
    }
    const inGuide = this.#texts.guide[seq - 1];
    const expected = guideText(event);
    if (inGuide === undefined) this.#texts.guide[seq - 1] = expected;
    else if (inGuide !== expected)
      this.#broken.push(`event ${seq} is ${short(inGuide)} in guide, due was ${short(expected)}`);
  }
}

export const guideText = (event: LogEvent): string => JSON.stringify(guide.messages([event])[0]?.payload);

/** A `state` without what depends on the cursor, as JSON text. */
const stateText = (state: RunState, epoch: string, withRun: boolean): string =>
  JSON.stringify({ ...snapshotForClient(state, epoch), ...(withRun ? { run: state } : {}) });

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

/** Of the requests that were watched from their first event to their last: what is stored must be that. */
export class Seen {
  readonly #hashes = new Map<string, Uint32Array>();

  keep(log: RequestLog): void {
    this.#hashes.set(log.requestId, log.hashes());
  }

  get size(): number {
    return this.#hashes.size;
  }

  get ids(): Iterable<string> {
    return this.#hashes.keys();
  }

  /** undefined: nobody watched it from the beginning */
  of(requestId: string): Uint32Array | undefined {
    return this.#hashes.get(requestId);
  }
}
