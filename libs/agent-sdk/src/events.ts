import type { PublishMessage } from '@stepwire/messaging';
import { type EventData, type EventType, exchanges, type JsonObject, parseEvent } from '@stepwire/protocol';

/** An event as an agent publishes it; known types have their schema's data, others any object. */
export type AgentEvent<T extends string = string> = {
  readonly id: string;
  readonly type: T;
  readonly requestId: string;
  readonly agent: string;
  /** Unix ms; default: now */
  readonly at?: number;
  readonly data: T extends EventType ? EventData[T] : JsonObject;
};

/** An event on its way out; its id is the message's. */
export interface EventMessage extends PublishMessage {
  readonly messageId: string;
}

/**
 * The message for an event, checked as the coordinator will check it, so that a mistake is told to whoever makes it
 * instead of ending as a dead letter.
 * @throws StepwireError `bad_request`, `too_large`, `too_deep`
 */
export function eventMessage<T extends string>({ at = Date.now(), ...event }: AgentEvent<T>): EventMessage {
  const { id, type, requestId, agent, data } = event;
  const body = JSON.stringify({ id, type, requestId, agent, timestamp: new Date(at).toISOString(), data });
  parseEvent(body, { now: at });
  return {
    exchange: exchanges.agentEvents,
    routingKey: type,
    body,
    messageId: id,
    appId: agent,
    headers: { requestId },
  };
}
