import { exchanges, feedBindingOfRequestShard, feedBindingOfUserShard, shardOf } from '@stepwire/protocol';

/** The part of an instance queue that bindings need: it counts, and keeps one operation in flight per key. */
export interface Bindable {
  bind(exchange: string, routingKey: string): Promise<void>;
  unbind(exchange: string, routingKey: string): void;
}

/** A shard stays bound for this long after its last room (ms): who reloads a page does not make the broker unbind and bind. */
const LINGER_MS = 10_000;

/** The shards of `request.feed` that this gateway has rooms or feeds for. */
export class ShardBindings {
  readonly #queue: Bindable;
  readonly #lingering = new Set<NodeJS.Timeout>();

  constructor(queue: Bindable) {
    this.#queue = queue;
  }

  /** Resolves when all that is published with this binding from now on arrives. @throws StepwireError `unavailable` */
  hold(binding: string): Promise<void> {
    return this.#queue.bind(exchanges.requestFeed, binding);
  }

  /** Undoes one `hold` that resolved. */
  release(binding: string): void {
    const timer = setTimeout(() => {
      this.#lingering.delete(timer);
      this.#queue.unbind(exchanges.requestFeed, binding);
    }, LINGER_MS);
    timer.unref();
    this.#lingering.add(timer);
  }

  close(): void {
    for (const timer of this.#lingering) clearTimeout(timer);
    this.#lingering.clear();
  }
}

export const bindingOfRequest = (requestId: string): string => feedBindingOfRequestShard(shardOf(requestId));
/** null: the requests of nobody, which have the user shard of the empty string */
export const bindingOfUser = (userId: string | null): string => feedBindingOfUserShard(shardOf(userId ?? ''));
