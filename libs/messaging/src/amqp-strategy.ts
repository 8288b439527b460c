import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { BatchOptions, BindingKey, Broker, BrokerStatus, RpcServerOptions } from './broker.ts';

/** Where messages come from, and which handlers get them. */
export type Source =
  /** `@EventPattern(queue)` gets `Delivery[]`; acknowledged when it resolves, see {@link Broker.consumeBatches} */
  | ({ readonly kind: 'batch'; readonly queue: string } & BatchOptions)
  /** `@EventPattern(queue)` gets the command's parsed body, in `slots` calls at once; it settles through its context */
  | { readonly kind: 'slots'; readonly queue: string; readonly slots: number }
  /** `@EventPattern(routingKey)`, e.g. `request.cancel`, gets the command's parsed body; nothing to settle */
  | {
      readonly kind: 'instance';
      readonly service: string;
      readonly bindings: readonly BindingKey[];
      readonly onReset?: (() => void) | undefined;
    }
  /** `@MessagePattern(method)` gets the parsed params; what it returns is the reply's result */
  | ({ readonly kind: 'rpc'; readonly queue: string } & RpcServerOptions);

/**
 * RabbitMQ as a NestJS transport. Give the app `StepwireErrorFilter` as a global filter: without it Nest turns
 * every error into "Internal server error" before the strategy sees it.
 */
export class AmqpStrategy
  extends Server<{ status: (status: BrokerStatus) => void }, BrokerStatus>
  implements CustomTransportStrategy
{
  override readonly transportId: symbol = Symbol('amqp');

  constructor(_options: { readonly broker: Broker; readonly sources: readonly Source[] }) {
    super();
  }

  listen(_callback: (error?: unknown) => void): void {
    throw new Error('under construction');
  }

  /** Stops taking messages and waits for running batches and questions; running slots are the service's to stop. */
  async close(): Promise<void> {
    throw new Error('under construction');
  }

  on<E extends 'status'>(_event: E, _listener: (status: BrokerStatus) => void): void {
    throw new Error('under construction');
  }

  unwrap<T>(): T {
    throw new Error('under construction');
  }
}
