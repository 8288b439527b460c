import type { PublishMessage } from '@stepwire/messaging';
import { waitFor } from '@stepwire/testing';
import type { Random } from '../../random.ts';
import { RequestLog } from '../../request-log.ts';
import { Watcher } from '../../watcher.ts';
import { lastEvent, numberedEvent } from './numbered-event.ts';

const JOIN_WITHIN_MS = 60_000;

/** A request whose events 1 … {@link made} are published in any order, many at once; those who watch it must get each once. */
export class Numbered {
  readonly requestId: string;
  readonly log: RequestLog;
  /** from before the first event on */
  readonly watchers: readonly Watcher[];
  /** all of these are confirmed once the experiment asks for {@link complaints} */
  made = 0;

  constructor(requestId: string, urls: readonly string[], random: Random) {
    this.requestId = requestId;
    this.log = new RequestLog(requestId);
    this.watchers = (['guide', 'log'] as const).map(
      (dialect) =>
        new Watcher({ urls, requestId, dialect, random: random.fork(), restless: dialect === 'log', log: this.log }),
    );
  }

  async watched(): Promise<void> {
    await waitFor(() => this.watchers.every(({ startedAt }) => startedAt !== undefined), { timeoutMs: JOIN_WITHIN_MS });
  }

  next(idInBody: boolean): PublishMessage {
    this.made += 1;
    return numberedEvent(this.requestId, this.made, idInBody);
  }

  end(): PublishMessage {
    return lastEvent(this.requestId, this.made);
  }

  get atEnd(): boolean {
    return this.watchers.every(({ endedAt }) => endedAt !== undefined);
  }

  /** @returns what of {@link made} came never, twice, out of the order of `seq`, or to one not as to another */
  complaints(): string[] {
    const ofWatchers = this.watchers.flatMap(({ name, broken, seen, last, endedAt }) => {
      const numbers = seen.flatMap(({ n }) => (n === undefined ? [] : [n]));
      const got = new Set(numbers);
      const lost = Array.from({ length: this.made }, (_, i) => i + 1).filter((n) => !got.has(n));
      return [
        ...broken.map((what) => `${name}: ${what}`),
        ...(numbers.length > got.size ? [`${name}: ${numbers.length - got.size} events twice`] : []),
        ...(lost.length > 0 ? [`${name}: confirmed and not seen: ${lost.length}, the first is ${lost[0]}`] : []),
        ...(endedAt === undefined ? [`${name}: not at the end, but at ${last}`] : []),
      ];
    });
    return [...ofWatchers, ...this.log.settle(), ...this.log.leftOver()];
  }

  close(): void {
    for (const watcher of this.watchers) watcher.close();
  }
}
