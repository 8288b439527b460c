import type { RpcMethod, RpcParams, RpcResults } from '@stepwire/protocol';
import type { Broker } from './broker.ts';

export interface CallOptions {
  /** makes a repeat of the command have no second effect: give the same id again */
  readonly commandId?: string | undefined;
  /** ms until the call is given up; default `periods.rpcDeadlineMs` */
  readonly timeoutMs?: number | undefined;
}

export interface RpcClient {
  /**
   * @throws StepwireError the coordinator's refusal; `unavailable` at once when the connection is down, dies or is
   * blocked, and at the deadline
   */
  call<M extends RpcMethod>(method: M, params: RpcParams[M], options?: CallOptions): Promise<RpcResults[M]>;
  close(): Promise<void>;
}

export function rpcClient(_broker: Broker): RpcClient {
  throw new Error('under construction');
}
