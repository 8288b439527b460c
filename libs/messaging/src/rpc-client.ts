import type { Broker } from './broker.ts';
import type { RpcClient } from './rpc-caller.ts';

/** Questions to the coordinator. One client per process is enough: calls share its channel. */
export const rpcClient = (broker: Broker): RpcClient => broker.rpcClient();
