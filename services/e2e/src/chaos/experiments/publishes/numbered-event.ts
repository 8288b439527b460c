import type { PublishMessage } from '@stepwire/messaging';
import { eventId, exchanges } from '@stepwire/protocol';

/** Event `n` of a request, counted from 1. @param idInBody false: only the AMQP message carries its id, as agents may do */
export function numberedEvent(requestId: string, n: number, idInBody = true): PublishMessage {
  const step = (n % 5) + 1;
  const data = { stepId: `s${step}`, stepOrder: step, status: 'running', tool: 'chaos', percent: n % 100, n };
  return message(requestId, `${n}`, 'executor.step.progress', data, idInBody);
}

/** The last one of a request that had `events`: nothing may follow it. */
export const lastEvent = (requestId: string, events: number): PublishMessage =>
  message(requestId, 'end', 'request.completed', { result: { events } }, true);

function message(requestId: string, part: string, type: string, data: object, idInBody: boolean): PublishMessage {
  const messageId = eventId(requestId, part);
  const event = { type, requestId, agent: 'chaos', timestamp: new Date().toISOString(), data };
  const body = JSON.stringify(idInBody ? { id: messageId, ...event } : event);
  return { exchange: exchanges.agentEvents, routingKey: type, body, messageId };
}
