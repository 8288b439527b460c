import { exchanges, feedBindingOfRequestShard, shardOf } from '@stepwire/protocol';

/** The part of an instance queue that bindings need: it counts, and keeps one operation in flight per key. */
export interface Bindable {
  bind(exchange: string, routingKey: string): Promise<void>;
  unbind(exchange: string, routingKey: string): void;
}

/** A shard stays bound for this long after its last room (ms): who reloads a page does not make the broker unbind and bind. */
const LINGER_MS = 10_000;

/** The shards of `request.feed` that this gateway has rooms for. */
export class ShardBindings {
  readonly #queue: Bindable;
  readonly #lingering = new Set<NodeJS.Timeout>();

  constructor(queue: Bindable) {
    this.#queue = queue;
  }

  /** Resolves when all that is published for this request from now on arrives. @throws StepwireError `unavailable` */
  hold(requestId: string): Promise<void> {
    return this.#queue.bind(exchanges.requestFeed, keyOf(requestId));
  }

  /** Undoes one `hold` that resolved. */
  release(requestId: string): void {
    const timer = setTimeout(() => {
      this.#lingering.delete(timer);
      this.#queue.unbind(exchanges.requestFeed, keyOf(requestId));
    }, LINGER_MS);
    timer.unref();
    this.#lingering.add(timer);
  }

  close(): void {
    for (const timer of this.#lingering) clearTimeout(timer);
    this.#lingering.clear();
  }
}

const keyOf = (requestId: string): string => feedBindingOfRequestShard(shardOf(requestId));
