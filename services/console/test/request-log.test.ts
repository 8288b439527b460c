import { expect, test } from '@jest/globals';
import type { LogEvent, RequestSnapshot } from '@stepwire/client';
import { StepwireError } from '@stepwire/client';
import { createTestClient } from '@stepwire/client/testing';
import { type EventsPage, RequestLog } from '../src/request/log/request-log.ts';
import { Recording } from './recording.ts';

const log = new Recording()
  .planned()
  .report(30, 'a', { status: 'running' })
  .report(40, 'a', { status: 'completed' }).events;

/** What a page is asked for, answered as the test says. */
class Pages {
  readonly asked: number[] = [];
  answers: (EventsPage | StepwireError)[] = [];
  readonly page = (after: number): Promise<EventsPage> => {
    this.asked.push(after);
    const answer = this.answers.shift() ?? { epoch: 'e', head: log.length, events: log.slice(after) };
    return answer instanceof StepwireError ? Promise.reject(answer) : Promise.resolve(answer);
  };
}

/** A store that says what the test says. */
class Said {
  readonly requestId = 'r';
  snapshot = createTestClient([]).watch('r').getSnapshot();
  readonly #hear = new Set<(event: LogEvent) => void>();
  readonly #changed = new Set<() => void>();
  readonly getSnapshot = (): RequestSnapshot => this.snapshot;
  readonly subscribe = (changed: () => void) => {
    this.#changed.add(changed);
    return () => void this.#changed.delete(changed);
  };
  readonly listen = (heard: (event: LogEvent) => void) => {
    this.#hear.add(heard);
    return () => void this.#hear.delete(heard);
  };
  hear(event: LogEvent | undefined): void {
    if (event !== undefined) for (const one of this.#hear) one(event);
  }
  show(change: Partial<RequestSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const one of this.#changed) one();
  }
}

const opened = (pages: Pages, store = new Said()) => {
  const made = new RequestLog({
    store,
    hear: store.listen,
    page: pages.page,
    soon: (run) => run(),
    pause: () => Promise.resolve(),
  });
  const close = made.subscribe(() => undefined);
  return { log: made, store, close };
};
const settled = () => new Promise<void>((resolve) => void setImmediate(resolve));
const seqs = (made: RequestLog): number[] => made.getSnapshot().trace.events.map(({ seq }) => seq);

test('pages come one after the other, until everything is there', async () => {
  const pages = new Pages();
  pages.answers = [{ epoch: 'e', head: 5, events: log.slice(0, 2) }];
  const { log: made } = opened(pages);
  await settled();
  expect(seqs(made)).toEqual([1, 2, 3, 4, 5]);
  expect(pages.asked).toEqual([0, 2]);
  expect(made.getSnapshot().standing).toBe('level');
});

test('what is heard while a page is on its way comes once, and behind it', async () => {
  const pages = new Pages();
  pages.answers = [{ epoch: 'e', head: 4, events: log.slice(0, 4) }];
  const { log: made, store } = opened(pages);
  store.hear(log[3]);
  store.hear(log[4]);
  await settled();
  expect(seqs(made)).toEqual([1, 2, 3, 4, 5]);
});

test('where something was missed, it is asked for', async () => {
  const pages = new Pages();
  pages.answers = [{ epoch: 'e', head: 2, events: log.slice(0, 2) }];
  const { log: made, store } = opened(pages);
  await settled();
  store.hear(log[4]);
  await settled();
  expect(seqs(made)).toEqual([1, 2, 3, 4, 5]);
});

test('a gateway that is away is asked again; what is there stays', async () => {
  const pages = new Pages();
  pages.answers = [{ epoch: 'e', head: 5, events: log.slice(0, 2) }, new StepwireError('unavailable', 'no database')];
  const { log: made } = opened(pages);
  await settled();
  expect(seqs(made)).toEqual([1, 2, 3, 4, 5]);
  expect(made.getSnapshot().refusal).toBeNull();
});

test('a request that is not there yet is heard from its first event', async () => {
  const pages = new Pages();
  pages.answers = [new StepwireError('not_found', 'there is no request r')];
  const { log: made, store } = opened(pages);
  await settled();
  expect(made.getSnapshot().standing).toBe('refused');
  store.hear(log[0]);
  // who hears of a request before it is there is not told of which history it is
  store.show({ seq: 1, epoch: '' });
  expect(seqs(made)).toEqual([1]);
  expect(made.getSnapshot()).toMatchObject({ refusal: null, standing: 'level' });
  store.show({ seq: 2, epoch: 'e' });
  await settled();
  expect(seqs(made)).toEqual([1, 2, 3, 4, 5]);
});

test('another history begins anew', async () => {
  const pages = new Pages();
  const { log: made, store } = opened(pages);
  await settled();
  const before = made.getSnapshot().trace;
  pages.answers = [{ epoch: 'f', head: 1, events: log.slice(0, 1) }];
  store.show({ seq: 1, epoch: 'f' });
  await settled();
  expect(seqs(made)).toEqual([1]);
  expect(made.getSnapshot().trace).not.toBe(before);
});
