import type { DialectName, RequestLog } from '../../request-log.ts';
import { isObject } from '../../watcher.ts';
import { type LegalCursor, typesOf } from './cursor.ts';

/** One `state`, and what followed it on that connection. Contents go to the request's log, which compares them. */
export class Stay {
  readonly log: RequestLog;
  readonly dialect: DialectName;
  readonly seq: number;
  readonly missed: readonly number[] | undefined;
  readonly #state: Readonly<Record<string, unknown>>;
  readonly #live: number[] = [];
  /** undefined: its join was never answered */
  #cursor: LegalCursor | undefined;

  static begin(log: RequestLog, dialect: DialectName, state: Readonly<Record<string, unknown>>): Stay {
    log.told(dialect, state);
    const missed = Array.isArray(state.missed) ? state.missed.map((event) => heard(log, dialect, event)) : undefined;
    const { seq, status, reset, code } = state;
    return new Stay(log, dialect, typeof seq === 'number' ? seq : -1, missed, { status, reset, code });
  }

  private constructor(
    log: RequestLog,
    dialect: DialectName,
    seq: number,
    missed: readonly number[] | undefined,
    state: Readonly<Record<string, unknown>>,
  ) {
    this.log = log;
    this.dialect = dialect;
    this.seq = seq;
    this.missed = missed;
    this.#state = state;
  }

  /** what they have: the next cursor of somebody who narrows to nothing */
  get last(): number {
    return this.#live.at(-1) ?? this.seq;
  }

  live(seq: number, event: Readonly<Record<string, unknown>>): void {
    this.log.heard(this.dialect, this.dialect, seq, event);
    this.#live.push(seq);
  }

  claim(cursor: LegalCursor): void {
    this.#cursor = cursor;
  }

  get narrowed(): boolean {
    return this.#cursor?.types !== undefined;
  }

  /** All that was to come has come. The log must be known. */
  get complete(): boolean {
    const due = this.log.numbers(this.seq + 1, Infinity, typesOf(this.#cursor ?? {}, this.dialect));
    return this.#live.length >= due.length;
  }

  /** What is not as promised, by a log that is known to its end. @param whole everything up to the end has to be here */
  complaints(whole: boolean): string[] {
    const cursor = this.#cursor;
    if (cursor === undefined) return whole ? [this.#says('a state that no answer stands for')] : [];
    const { since, epoch } = cursor;
    const types = typesOf(cursor, this.dialect);
    const known = this.seq > 0;
    const gone =
      since !== undefined && (since > this.seq || (known && epoch !== undefined && epoch !== this.log.epoch));
    const broken: string[] = [];
    const { status, reset, code } = this.#state;
    if ((status === 'unknown') === known) broken.push(this.#says(`its status is ${status}`));
    if (gone !== (reset === true) || gone !== (code === 'cursor_gone'))
      broken.push(this.#says(`reset is ${reset}, code is ${code}`));
    const due = gone || !known || since === undefined ? undefined : this.log.numbers(since + 1, this.seq, types);
    if (String(due) !== String(this.missed))
      broken.push(this.#says(`missed is ${list(this.missed)}, due was ${list(due)}`));
    const toCome = this.log.numbers(this.seq + 1, Infinity, types);
    const wrong = this.#live.findIndex((seq, i) => seq !== toCome[i]);
    if (wrong >= 0) broken.push(this.#says(`event ${this.#live[wrong]} came where ${toCome[wrong] ?? 'none'} was due`));
    else if (whole && this.#live.length < toCome.length)
      broken.push(this.#says(`${this.#live.length} events came of ${toCome.length}`));
    return broken;
  }

  #says(what: string): string {
    return `${this.log.requestId} (${this.dialect}), ${JSON.stringify(this.#cursor)}, state at ${this.seq}: ${what}`;
  }
}

function heard(log: RequestLog, dialect: DialectName, event: unknown): number {
  const seq = isObject(event) && typeof event.seq === 'number' ? event.seq : -1;
  if (seq > 0) log.heard(`${dialect}, missed`, dialect, seq, event);
  return seq;
}

const list = (numbers: readonly number[] | undefined): string =>
  numbers === undefined
    ? 'not there'
    : numbers.length > 6
      ? `${numbers.slice(0, 3)} … ${numbers.slice(-3)} (${numbers.length})`
      : `[${numbers}]`;
