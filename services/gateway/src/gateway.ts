import type { Logger } from '@stepwire/observability';
import { periods, type RpcMethod, type RpcParams, type RpcResults } from '@stepwire/protocol';
import { RoomAudience } from './audience.ts';
import { Feeds } from './feeds.ts';
import type { Coordinator } from './history.ts';
import { log } from './log.ts';
import { Rooms } from './rooms.ts';
import { bindingOfRequest, bindingOfUser } from './shard-bindings.ts';
import type { CommandMethod, Hearing, Readiness, Upstream } from './upstream.ts';

/** Questions and commands to what it stands on, and the rooms and feeds that this keeps going. */
export class Gateway {
  readonly rooms: Rooms<RoomAudience>;
  readonly feeds: Feeds;
  readonly coordinator: Coordinator = { call: (method, params) => this.ask(method, params) };
  readonly #upstream: Upstream;
  readonly #logger: Logger;
  readonly #heal: NodeJS.Timeout;

  constructor(open: (hearing: Hearing) => Upstream, logger: Logger) {
    this.#logger = logger;
    const upstream = open({
      feed: (feed) => {
        this.rooms.feed(feed);
        this.feeds.feed(feed);
      },
      interrupted: () => this.#healRooms(true),
    });
    this.#upstream = upstream;
    const after = (ms: number, again: () => void) => void setTimeout(again, ms).unref();
    this.rooms = new Rooms({
      coordinator: this.coordinator,
      shards: {
        hold: (requestId) => upstream.hold(bindingOfRequest(requestId)),
        release: (requestId) => upstream.release(bindingOfRequest(requestId)),
      },
      audience: (requestId) => new RoomAudience(requestId),
      after,
    });
    this.feeds = new Feeds({
      coordinator: this.coordinator,
      hold: (owner) => upstream.hold(bindingOfUser(owner)),
      release: (owner) => upstream.release(bindingOfUser(owner)),
      after,
    });
    // a last message that was lost shows in nothing but the head
    this.#heal = setInterval(() => this.#healRooms(false), periods.heartbeatMs);
  }

  /** @throws StepwireError as {@link Upstream.ask} */
  ask<M extends RpcMethod>(method: M, params: RpcParams[M]): Promise<RpcResults[M]> {
    return this.#upstream.ask(method, params);
  }

  /** @throws StepwireError as {@link Upstream.command} */
  command<M extends CommandMethod>(method: M, params: RpcParams[M], commandId?: string): Promise<RpcResults[M]> {
    return this.#upstream.command(method, params, commandId);
  }

  readiness(): Promise<Readiness> {
    return this.#upstream.readiness();
  }

  async close(): Promise<void> {
    clearInterval(this.#heal);
    await this.#upstream.close();
  }

  #healRooms(all: boolean): void {
    Promise.all([this.rooms.heal(all), this.feeds.heal(all)]).catch((error: unknown) =>
      log.healFailed(this.#logger, error),
    );
  }
}
