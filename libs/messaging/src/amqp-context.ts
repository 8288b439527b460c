import { BaseRpcContext } from '@nestjs/microservices';
import type { RpcRequest } from '@stepwire/protocol';
import type { Delivery } from './message.ts';

/** What a handler gets beside its payload: the deliveries to settle and, for questions, the request. */
export class AmqpContext extends BaseRpcContext<[deliveries: readonly Delivery[], request?: RpcRequest]> {
  /** more than one only for `batch` sources */
  get deliveries(): readonly Delivery[] {
    return this.args[0];
  }

  get delivery(): Delivery {
    const [delivery] = this.args[0];
    if (delivery === undefined) throw new Error('an empty batch has no delivery');
    return delivery;
  }

  /** the question (method, params, timeoutMs, commandId); `rpc` sources only */
  get request(): RpcRequest {
    const [, request] = this.args;
    if (request === undefined) throw new Error('only handlers of rpc sources have a request');
    return request;
  }

  /** id of the event that the command causes, so that a repeat has no second effect; `rpc` sources only */
  get commandId(): string | undefined {
    return this.request.commandId;
  }

  /** see {@link Delivery.ack}; `slots` sources only, the others settle by themselves */
  ack(): boolean {
    return this.delivery.ack();
  }

  nack(options?: { readonly requeue?: boolean }): boolean {
    return this.delivery.nack(options);
  }

  reject(): boolean {
    return this.delivery.reject();
  }
}
