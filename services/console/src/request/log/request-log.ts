import { type LogEvent, type RequestStore, StepwireError, type Store } from '@stepwire/client';
import { Trace } from './trace.ts';

/** A page of `GET /api/requests/:id/events`. */
export interface EventsPage {
  readonly epoch: string;
  readonly head: number;
  readonly events: readonly LogEvent[];
}

export interface LogView {
  /** grows, and is another one where the history was replaced */
  readonly trace: Trace;
  /** how many events it has: another number is another view */
  readonly length: number;
  /** as far as is known, how many there are */
  readonly head: number;
  /** `level`: everything is there that is known to have happened */
  readonly standing: 'loading' | 'level' | 'refused';
  readonly refusal: StepwireError | null;
}

export interface RequestLogParts {
  readonly store: Pick<RequestStore, 'requestId' | 'getSnapshot' | 'subscribe'>;
  /** hears what happens, each event once and in order @returns what ends it */
  readonly hear: (heard: (event: LogEvent) => void) => () => void;
  /** the events after `after` @throws StepwireError */
  readonly page: (after: number, signal: AbortSignal) => Promise<EventsPage>;
  /** runs it soon, once: at the next frame of the screen */
  readonly soon: (run: () => void) => void;
  /** resolves after so many ms, or when it is aborted */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** between attempts to load what could not be loaded (ms) */
const RETRY_MS = 2_000;

/**
 * The whole log of one request: its past in pages, then what happens. What the client hears is in order and without a gap, also
 * after a cut; here it is put behind the pages, which may overlap with it.
 */
export class RequestLog implements Store<LogView> {
  readonly #parts: RequestLogParts;
  readonly #listeners = new Set<() => void>();
  #trace: Trace;
  #epoch: string | null = null;
  #head = 0;
  /** heard, and not yet the next one */
  #early: LogEvent[] = [];
  #refusal: StepwireError | null = null;
  #loading: AbortController | null = null;
  #told = false;
  #view: LogView;
  #stops: (() => void)[] = [];

  constructor(parts: RequestLogParts) {
    this.#parts = parts;
    this.#trace = new Trace(parts.store.requestId);
    this.#view = this.#look();
  }

  readonly getSnapshot = (): LogView => this.#view;
  readonly getServerSnapshot = (): LogView => this.#view;
  readonly subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    if (this.#listeners.size === 1) this.#open();
    return () => {
      this.#listeners.delete(changed);
      if (this.#listeners.size === 0) this.#close();
    };
  };

  #open(): void {
    const { store, hear } = this.#parts;
    this.#stops = [hear((event) => this.#hear(event)), store.subscribe(() => this.#looked())];
    this.#load();
  }

  #close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#loading?.abort();
    this.#loading = null;
  }

  #hear(event: LogEvent): void {
    this.#head = Math.max(this.#head, event.seq);
    if (event.seq === this.#trace.length + 1) {
      this.#trace.append(event);
      this.#refusal = null;
      this.#tell();
    } else if (event.seq > this.#trace.length) {
      this.#early.push(event);
      this.#load();
    }
  }

  /** The snapshot says where the head is, and of which history. */
  #looked(): void {
    const { seq, epoch } = this.#parts.store.getSnapshot();
    // of one that was heard from its beginning it may not be known
    const theirs = epoch === '' ? this.#epoch : epoch;
    if (this.#epoch !== null && theirs !== null && theirs !== this.#epoch) this.#begin(theirs);
    const known = this.#epoch === theirs && seq <= this.#head;
    this.#epoch = theirs;
    this.#head = Math.max(this.#head, seq);
    if (!known) this.#tell();
    if (this.#trace.length < this.#head) this.#load();
  }

  #begin(epoch: string): void {
    this.#loading?.abort();
    this.#loading = null;
    this.#trace = new Trace(this.#trace.requestId);
    this.#epoch = epoch;
    this.#head = this.#parts.store.getSnapshot().seq;
    this.#early = [];
    this.#load();
  }

  #load(): void {
    if (this.#loading !== null || this.#listeners.size === 0) return;
    const loading = new AbortController();
    this.#loading = loading;
    void this.#pages(loading.signal).finally(() => {
      if (this.#loading !== loading) return;
      this.#loading = null;
      this.#tell();
      if (this.#refusal === null && this.#trace.length < this.#head) this.#load();
    });
  }

  async #pages(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        const { epoch, head, events } = await this.#parts.page(this.#trace.length, signal);
        if (signal.aborted) return;
        if (this.#epoch !== null && epoch !== this.#epoch) return this.#begin(epoch);
        this.#epoch = epoch;
        this.#refusal = null;
        this.#head = Math.max(this.#head, head);
        for (const event of events) this.#append(event);
        for (const event of this.#early.splice(0)) this.#append(event);
        this.#tell();
        if (this.#trace.length >= this.#head) return;
        // what is heard of may not be stored where this page was read
        if (events.length === 0) await this.#parts.pause(RETRY_MS, signal);
        if (signal.aborted) return;
      } catch (error) {
        if (signal.aborted) return;
        this.#refusal = error instanceof StepwireError ? error : new StepwireError('unavailable', String(error));
        this.#tell();
        // it is not there, or not for us: what is heard later is asked for then
        if (this.#refusal.code !== 'unavailable' && this.#refusal.code !== 'rate_limited') return;
        await this.#parts.pause(this.#refusal.retryAfterMs ?? RETRY_MS, signal);
        if (signal.aborted) return;
      }
    }
  }

  #append(event: LogEvent): void {
    if (event.seq === this.#trace.length + 1) this.#trace.append(event);
    else if (event.seq > this.#trace.length) this.#early.push(event);
  }

  #tell(): void {
    if (this.#told) return;
    this.#told = true;
    this.#parts.soon(() => {
      this.#told = false;
      this.#view = this.#look();
      for (const listener of this.#listeners) listener();
    });
  }

  #look(): LogView {
    const { length } = this.#trace;
    const refused = this.#refusal !== null;
    const behind = length < this.#head || (length === 0 && this.#epoch === null);
    const standing = refused ? 'refused' : behind ? 'loading' : 'level';
    return { trace: this.#trace, length, head: this.#head, standing, refusal: this.#refusal };
  }
}
