import type { Delivery, PublishMessage } from '@stepwire/messaging';
import { checkId, type ParsedEvent, parseEvent, StepwireError, USER_ID_HEADER } from '@stepwire/protocol';
import { deadLetter } from './dead-letter.ts';
import { bodyHash, type Outcome, type Write } from './write.ts';

/**
 * From `coordinator.ingest` to the writer. What can't be read, and what the database refuses, goes to the dead letters
 * with the reason, confirmed; only then is the batch acknowledged.
 */
export interface IngestOptions {
  readonly submit: (writes: Write[]) => Promise<Outcome[]>;
  readonly publish: (message: PublishMessage) => Promise<void>;
  /** what changed nothing, by reason */
  readonly onRefused: (counts: ReadonlyMap<string, number>) => void;
  readonly onDeadLettered: (counts: ReadonlyMap<string, number>) => void;
  readonly now?: () => number;
}

export class Ingest {
  private readonly options: IngestOptions;

  constructor(options: IngestOptions) {
    this.options = options;
  }

  /** @throws StepwireError `unavailable`: the batch has to come again */
  async take(batch: readonly Delivery[]): Promise<void> {
    const now = (this.options.now ?? Date.now)();
    const writes: Write[] = [];
    const sources: Delivery[] = [];
    const dead: { delivery: Delivery; code: string; reason: string }[] = [];
    for (const delivery of batch) {
      try {
        const write = writeOf(delivery, now);
        // whoever binds to a type would not have got it, or got something else
        if (delivery.routingKey !== write.event.type) {
          const reason = `routing_key: published as ${delivery.routingKey}, but its type is ${write.event.type}`;
          dead.push({ delivery, code: 'routing_key', reason });
          continue;
        }
        writes.push(write);
        sources.push(delivery);
      } catch (error) {
        if (!(error instanceof StepwireError)) throw error;
        dead.push({ delivery, code: error.code, reason: `${error.code}: ${error.message}` });
      }
    }
    const refused = new Map<string, number>();
    const outcomes = await this.options.submit(writes);
    for (const [i, outcome] of outcomes.entries()) {
      const delivery = sources[i];
      if (outcome.kind === 'refused') count(refused, outcome.reason);
      else if (outcome.kind === 'poison' && delivery !== undefined) {
        dead.push({ delivery, code: 'poison', reason: `poison: ${outcome.message}` });
      }
    }
    await Promise.all(dead.map(({ delivery, reason }) => this.options.publish(deadLetter(delivery, reason))));
    if (refused.size > 0) this.options.onRefused(refused);
    if (dead.length > 0) {
      const counts = new Map<string, number>();
      for (const { code } of dead) count(counts, code);
      this.options.onDeadLettered(counts);
    }
  }
}

const count = (counts: Map<string, number>, reason: string) => counts.set(reason, (counts.get(reason) ?? 0) + 1);

/** @throws StepwireError why it is a dead letter */
function writeOf(delivery: Delivery, now: number): Extract<Write, { kind: 'event' }> {
  const event = parseEvent(delivery.body, { messageId: delivery.messageId, appId: delivery.appId, now });
  return {
    kind: 'event',
    event,
    userId: ownerOf(event, delivery),
    hash: event.id === '' ? bodyHash(delivery.body) : undefined,
    redelivered: delivery.redelivered,
  };
}

/** @throws StepwireError `bad_request` */
function ownerOf(event: ParsedEvent, delivery: Delivery): string | undefined {
  const named = event.data.userId ?? delivery.headers[USER_ID_HEADER];
  if (typeof named !== 'string' || named === '') return undefined;
  checkId(named, '/userId');
  return named;
}
