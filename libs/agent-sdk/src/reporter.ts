import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@stepwire/observability';
import { type EventData, type EventType, eventId, periods } from '@stepwire/protocol';
import { delayMs } from './backoff.ts';
import { type EventMessage, eventMessage } from './events.ts';
import type { StepKey } from './lease.ts';
import * as log from './log.ts';
import type { Publish } from './ports.ts';

const backoff = { baseMs: 100, maxMs: 5_000 };
/** one output event, in UTF-16 code units: well under the size of an event in any encoding */
const MAX_DELTA_CHARS = 32 * 1024;
/** events that wait for confirms before `output` and `progress` ask the tool to wait */
const ROOMY = 16;

export interface ReporterOptions extends StepKey {
  readonly publish: Publish;
  readonly logger: Logger;
  /** after it nothing is published; what waits is dropped */
  readonly silenced: AbortSignal;
  readonly agent: string;
}

/**
 * What one attempt says, in the order in which it said it.
 *
 * 1. One event is in flight at a time and is repeated, with its id, until it is confirmed or the lease is lost:
 *    a later event never overtakes an earlier one.
 * 2. Ids are made of request, step, attempt and name, so that the repeat of a confirmed event has no effect.
 * 3. Text is joined for {@link periods.outputCoalesceMs}; while the broker is slow, more text and newer progress join
 *    what still waits, so a talkative tool costs a bounded number of messages.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #waiting: EventMessage[] = [];
  readonly #counts = new Map<string, number>();
  readonly #sleepers: (() => void)[] = [];
  #text = '';
  #textDue = false;
  #textTimer: NodeJS.Timeout | undefined;
  #progress: EventData['executor.step.progress'] | undefined;
  #draining: Promise<void> | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /**
   * Queues an event. `name` makes its id; names that are said more than once get a number by {@link numbered}.
   * @throws StepwireError where its data breaks the schema of its type
   */
  emit<T extends EventType>(type: T, name: string, data: EventData[T]): void {
    if (this.#mute) return;
    this.#flush();
    this.#queue(type, name, data);
  }

  /** `artifact/1`, `artifact/2` … */
  numbered(name: string): string {
    const n = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, n);
    return `${name}/${n}`;
  }

  /** Resolves when there is room for more; a tool that streams much should wait for it. */
  output(delta: string): Promise<void> {
    if (this.#mute || delta === '') return Promise.resolve();
    this.#flushProgress();
    this.#text += delta;
    if (this.#text.length >= MAX_DELTA_CHARS) this.#textIsDue();
    else this.#textTimer ??= setTimeout(() => this.#textIsDue(), periods.outputCoalesceMs);
    return this.#room();
  }

  /** A progress that was not sent yet is replaced by a newer one. */
  progress(data: EventData['executor.step.progress']): Promise<void> {
    if (this.#mute) return Promise.resolve();
    this.#flushText();
    this.#progress = data;
    this.#start();
    return this.#room();
  }

  /** @returns whether everything that was said is confirmed; false: the lease was lost before */
  async drained(): Promise<boolean> {
    this.#flush();
    while (this.#draining !== undefined) await this.#draining;
    return !this.#options.silenced.aborted;
  }

  /**
   * Queues the last word of this attempt.
   * @returns as {@link drained}
   * @throws StepwireError where its data breaks the schema of its type
   */
  async outcome<T extends EventType>(type: T, name: string, data: EventData[T]): Promise<boolean> {
    this.emit(type, name, data);
    return this.drained();
  }

  get #mute(): boolean {
    return this.#options.silenced.aborted;
  }

  #queue<T extends EventType>(type: T, name: string, data: EventData[T]): void {
    const { requestId, stepId, attempt, agent } = this.#options;
    const id = eventId(requestId, stepId, attempt, name);
    this.#waiting.push(eventMessage<EventType>({ id, type, requestId, agent, data }));
    this.#start();
  }

  #textIsDue(): void {
    this.#textDue = true;
    this.#start();
  }

  #flush(): void {
    this.#flushText();
    this.#flushProgress();
  }

  #flushText(): void {
    clearTimeout(this.#textTimer);
    this.#textTimer = undefined;
    this.#textDue = false;
    const { stepId, attempt } = this.#options;
    while (this.#text !== '') {
      const end = cutAt(this.#text, MAX_DELTA_CHARS);
      const delta = this.#text.slice(0, end);
      this.#text = this.#text.slice(end);
      this.#queue('executor.step.output', this.numbered('output'), { stepId, delta, attempt });
    }
  }

  #flushProgress(): void {
    const data = this.#progress;
    this.#progress = undefined;
    if (data !== undefined) this.#queue('executor.step.progress', this.numbered('progress'), data);
  }

  #start(): void {
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // What is said in one turn of the event loop is looked at together, so that progress in a row is one event.
    await Promise.resolve();
    try {
      for (;;) {
        if (this.#waiting.length === 0 && this.#textDue) this.#flushText();
        if (this.#waiting.length === 0) this.#flushProgress();
        const next = this.#waiting.shift();
        if (next === undefined) return;
        await this.#publishUntilConfirmed(next);
        if (this.#options.silenced.aborted) this.#waiting.length = 0;
        if (this.#hasRoom) this.#wakeAll();
      }
    } finally {
      // In the same turn as the last look at the queue: what comes after it starts anew.
      this.#draining = undefined;
      this.#wakeAll();
    }
  }

  async #publishUntilConfirmed(message: EventMessage): Promise<void> {
    const { publish, silenced, logger } = this.#options;
    for (let failures = 1; !silenced.aborted; failures++) {
      try {
        return await publish(message);
      } catch (error) {
        // Whatever the broker's reason, the event is not durable, and it is checked already: only a repeat helps.
        log.publishRetried(logger, message.messageId, failures, error);
        // Rejects only when the lease is lost, which the loop's condition sees.
        await delay(delayMs(backoff, failures), undefined, { signal: silenced }).catch(() => {});
      }
    }
  }

  get #hasRoom(): boolean {
    return this.#waiting.length < ROOMY && this.#text.length < MAX_DELTA_CHARS;
  }

  #room(): Promise<void> {
    if (this.#hasRoom) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sleepers.push(resolve);
    });
  }

  #wakeAll(): void {
    for (const wake of this.#sleepers.splice(0)) wake();
  }
}

/** Where to cut so that no surrogate pair is torn apart. */
function cutAt(text: string, max: number): number {
  if (text.length <= max) return text.length;
  const last = text.charCodeAt(max - 1);
  return last >= 0xd800 && last <= 0xdbff ? max - 1 : max;
}
