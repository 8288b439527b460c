export type {
  BlobRef,
  ErrorBody,
  ErrorCode,
  EventData,
  EventType,
  Failure,
  LogEvent,
  Plan,
  PlanStep,
  Usage,
} from '@stepwire/protocol';
export { StepwireError } from '@stepwire/protocol';
export type { ClientStep, QuestionState, RunStatus, StepStatus } from '@stepwire/run-model';
export type { BackoffOptions } from './backoff.ts';
export type { Behaviour, Client, Started, StartInput } from './client.ts';
export type { CommandOptions } from './commands.ts';
export { type ConnectOptions, connect } from './connect.ts';
export type { TokenSource } from './connection.ts';
export type { Cursor } from './following.ts';
export type { OnEvent, Unsubscribe } from './listeners.ts';
export { randomId } from './random-id.ts';
export type { CommandResult, RequestStore, Store } from './request-store.ts';
export type { RequestSnapshot } from './snapshot.ts';
export type { ConnectionStatus } from './status.ts';
