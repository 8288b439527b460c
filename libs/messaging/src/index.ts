export { AmqpContext } from './amqp-context.ts';
export { AmqpStrategy, type Source } from './amqp-strategy.ts';
export {
  type BatchHandler,
  type BatchOptions,
  type BindingKey,
  Broker,
  type BrokerCounters,
  type BrokerOptions,
  type BrokerStatus,
  type InstanceQueue,
  type InstanceQueueOptions,
  type RpcHandler,
  type RpcServerOptions,
  type TopologyNames,
} from './broker.ts';
export type { Consumer, Delivery, OutgoingMessage, PublishMessage } from './message.ts';
export { type CallOptions, type RpcClient, rpcClient } from './rpc-client.ts';
export { StepwireErrorFilter } from './stepwire-error-filter.ts';
export { checkTopology, declareTopology } from './topology.ts';
