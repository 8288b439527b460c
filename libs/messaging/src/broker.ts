import type { Logger } from '@stepwire/observability';
import type { RpcMethod, RpcRequest, RpcResults } from '@stepwire/protocol';
import type { Consumer, Delivery, OutgoingMessage, PublishMessage } from './message.ts';

export interface BrokerOptions {
  /** amqp:// or amqps:// */
  readonly url: string;
  /** shown in RabbitMQ's list of connections */
  readonly name: string;
  readonly logger: Logger;
  /** what must be there before the broker counts as ready */
  readonly topology?: TopologyNames | undefined;
}
export interface TopologyNames {
  readonly exchanges: readonly string[];
  readonly queues: readonly string[];
}
export type BrokerStatus = 'connecting' | 'ready' | 'blocked' | 'closed';

export interface BatchOptions {
  /** unacknowledged messages the broker sends ahead */
  readonly prefetch: number;
  /** messages handed over at once, at most */
  readonly maxBatch: number;
  /** ms after which a handler that is not done loses its channel, so that another consumer gets the messages; default 60,000 */
  readonly handlerTimeoutMs?: number | undefined;
}
export type BatchHandler = (batch: Delivery[]) => Promise<void>;

export interface BindingKey {
  readonly exchange: string;
  readonly routingKey: string;
}
export interface InstanceQueueOptions {
  /** first part of the queue's name; the broker user may declare `<service>.*` */
  readonly service: string;
  readonly bindings?: readonly BindingKey[] | undefined;
  /** must not throw */
  readonly onMessage: (delivery: Delivery) => void;
  /** a new queue replaced a lost one, with all its bindings: what was published in between is missing */
  readonly onReset?: (() => void) | undefined;
}
export interface InstanceQueue {
  /** the name on this connection; undefined while there is none */
  readonly name: string | undefined;
  /**
   * Counted: bound while there are more `bind` than `unbind`. Resolves when it is in place: what is published from now on arrives.
   * @throws StepwireError `unavailable` after 10 s; that bind then does not count
   */
  bind(exchange: string, routingKey: string): Promise<void>;
  unbind(exchange: string, routingKey: string): void;
  close(): Promise<void>;
}

export interface RpcServerOptions {
  /** requests worked on at once; default 64 */
  readonly concurrency?: number | undefined;
}
export type RpcHandler = (request: RpcRequest, delivery: Delivery) => Promise<RpcResults[RpcMethod]>;

/** Counters since the start. */
export interface BrokerCounters {
  readonly published: number;
  readonly publishFailed: number;
  readonly sent: number;
  readonly sendDropped: number;
  readonly reconnects: number;
}

export class Broker {
  /** Returns at once and connects in the background, for as long as it takes. */
  static open(_options: BrokerOptions): Broker {
    throw new Error('under construction');
  }
  /** Resolves when both connections are up and the topology is there. @throws StepwireError `unavailable` when closed before */
  ready(): Promise<void> {
    throw new Error('under construction');
  }
  status(): BrokerStatus {
    throw new Error('under construction');
  }
  /** @returns stops listening */
  onStatus(_listener: (status: BrokerStatus) => void): () => void {
    throw new Error('under construction');
  }
  counters(): BrokerCounters {
    throw new Error('under construction');
  }
  /**
   * Resolves when the broker has confirmed the message. Settles within its deadline whatever happens.
   * @throws StepwireError `conflict` when no queue takes it (the message names exchange and key); `unavailable`: it may or
   * may not have arrived, publish it again with the same id
   */
  publish(_message: PublishMessage): Promise<void> {
    throw new Error('under construction');
  }
  /** Best effort, never throws: dropped and counted while there is no connection, or its buffer is over its cap. @returns whether it was handed on */
  send(_message: OutgoingMessage): boolean {
    throw new Error('under construction');
  }
  /** Waits until every publish has settled. @returns false after `timeoutMs` */
  drain(_timeoutMs: number): Promise<boolean> {
    throw new Error('under construction');
  }
  /** Closes consumers (finishing what runs), drains publishes for 5 s, closes the connections. */
  close(): Promise<void> {
    throw new Error('under construction');
  }
  /**
   * One handler at a time gets all that is there; the next batch collects meanwhile. It is acknowledged once the handler
   * resolves. A throw closes the channel, so that the order stays; after a back-off it consumes again.
   */
  consumeBatches(_queue: string, _options: BatchOptions, _handler: BatchHandler): Consumer {
    throw new Error('under construction');
  }
  /**
   * One message and no more: the consumer is cancelled upon delivery. Settling it frees its channel. Waits as long as it takes,
   * also over reconnects. @throws the signal's reason
   */
  takeOne(_queue: string, _signal: AbortSignal): Promise<Delivery> {
    throw new Error('under construction');
  }
  /** A queue of this process alone: exclusive, bounded, without acknowledgements. */
  instanceQueue(_options: InstanceQueueOptions): InstanceQueue {
    throw new Error('under construction');
  }
  /** A thrown StepwireError is the reply `{ok: false, error}`; requests whose deadline has passed are dropped. */
  rpcServer(_queue: string, _handler: RpcHandler, _options?: RpcServerOptions): Consumer {
    throw new Error('under construction');
  }
}
