export { type BrokerLogin, type BrokerUser, brokerDefinitions } from './broker-definitions.ts';
export { Caller, ShareHolder, Viewer } from './caller.ts';
export type { ClientCommand, ClientCommands } from './client-commands.ts';
export { ClientHandshake, clientCommands } from './client-commands.ts';
export type { Command, PlanCreate, RequestCancel, RequestFeedback, StepExecute, StepInput } from './commands.ts';
export { commands } from './commands.ts';
export type { ErrorBody, ErrorCode, ErrorRow } from './errors.ts';
export { errorTable, StepwireError } from './errors.ts';
export type { EventData, EventType } from './events.ts';
export { BlobRef, Envelope, eventData, Failure, Usage } from './events.ts';
export type { FeedCursor, FeedMark } from './feed-cursor.ts';
export { decodeFeedCursor, encodeFeedCursor } from './feed-cursor.ts';
export { eventId, idempotentRequestId, PLAN_STEP, utf8Bytes } from './ids.ts';
export type { Json, JsonObject } from './json.ts';
export { limits, PROTOCOL_VERSION, periods } from './limits.ts';
export type { LogEvent, UnnumberedEvent } from './log-event.ts';
export { agents, isEvent, isReservedType, terminalTypes } from './log-event.ts';
export type { MessageFacts, ParsedEvent } from './parse.ts';
export {
  checkId,
  checkJson,
  isKnownType,
  parseClientCommand,
  parseClientHandshake,
  parseCommand,
  parseEvent,
  parseJson,
  parseParams,
  parsePlan,
  parseRequest,
  RESERVED_ID_PREFIX,
} from './parse.ts';
export { Phase, Plan, PlanStep } from './plan.ts';
export type { RpcMethod, RpcParams, RpcReply, RpcResults } from './rpc.ts';
export {
  agentMethods,
  DeadLetter,
  FeedMessage,
  RequestRow,
  RequestStatus,
  RpcRequest,
  rpcParams,
  rpcResults,
  Share,
} from './rpc.ts';
export { fnv1a32, SHARDS, shardOf } from './shard.ts';
export type { Binding, BrokerPermission, Exchange, Queue } from './topology.ts';
export {
  DEAD_BYTES_HEADER,
  DEAD_REASON_HEADER,
  exchanges,
  feedBindingOfRequestShard,
  feedBindingOfUserShard,
  feedRoutingKey,
  instanceQueueArguments,
  permissions,
  queues,
  routingKeys,
  topology,
  USER_ID_HEADER,
} from './topology.ts';
