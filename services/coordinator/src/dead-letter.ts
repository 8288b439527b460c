import { createHash } from 'node:crypto';
import type { Delivery, PublishMessage } from '@stepwire/messaging';
import { DEAD_BYTES_HEADER, DEAD_REASON_HEADER, exchanges, limits } from '@stepwire/protocol';

/**
 * A message that is refused, on its way to the exchange for dead letters and out of its queue again.
 *
 * It must always be possible to put one away, whatever is in it: otherwise its batch would come again for ever. So what is
 * too large is cut, and of its headers those are kept that fit a frame.
 */

/** of a body that is too large for an event, what is kept to look at, in bytes */
const CUT_BODY_BYTES = 64 * 1024;
/** commands are not events: a larger one than this is kept cut, in bytes */
const MAX_KEPT_BYTES = 1024 * 1024;
/** together with the reason far less than the 64 KiB that amqplib can encode; other clients may send more */
const MAX_HEADERS = 20;
const MAX_HEADER_CHARS = 500;
const MAX_REASON_CHARS = 500;

/** What AMQP carries beside the body and what makes a repeat the same message. */
export interface LetterProperties {
  readonly messageId?: string | undefined;
  readonly appId?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Under the routing key it had, so that whoever looks knows what it was meant for. */
export function deadLetter(delivery: Delivery, reason: string): PublishMessage {
  const { body, routingKey } = delivery;
  const cut = body.length > limits.eventBytes;
  return {
    exchange: exchanges.agentDead,
    routingKey,
    body: cut ? body.subarray(0, CUT_BODY_BYTES) : body,
    ...propertiesOf(delivery),
    headers: {
      ...smallHeaders(delivery.headers),
      [DEAD_REASON_HEADER]: reason.slice(0, MAX_REASON_CHARS),
      ...(cut ? { [DEAD_BYTES_HEADER]: body.length } : {}),
    },
  };
}

/** A row of `dead_letters` in the making. */
export interface Letter {
  readonly id: string;
  readonly reason: string;
  readonly exchange: string;
  readonly routingKey: string;
  /** {@link LetterProperties} as JSON */
  readonly properties: string;
  readonly body: string;
  readonly bytes: number;
  readonly cut: boolean;
}

/**
 * Where it came from is told by who put it away. We always give a reason, and put away what was on `agent.events` only; the
 * broker gives none, and commands are ours alone. A header that a publisher made up can't send an event out as a command.
 */
export function letterOf(delivery: Delivery): Letter {
  const { body, headers } = delivery;
  const given = headers[DEAD_REASON_HEADER];
  const ours = typeof given === 'string';
  const exchange =
    !ours && headers['x-first-death-exchange'] === exchanges.agentCommands
      ? exchanges.agentCommands
      : exchanges.agentEvents;
  const bytes = headers[DEAD_BYTES_HEADER];
  const kept = body.length > MAX_KEPT_BYTES ? body.subarray(0, CUT_BODY_BYTES) : body;
  const whole = typeof bytes === 'number' ? bytes : body.length;
  const properties = JSON.stringify({ ...propertiesOf(delivery), headers: smallHeaders(headers) });
  return {
    id: idOf([exchange, delivery.routingKey, delivery.messageId ?? null], body),
    reason: ours ? given : brokersReason(headers),
    exchange,
    routingKey: delivery.routingKey,
    properties,
    body: kept.toString('utf8'),
    bytes: whole,
    cut: kept.length < whole,
  };
}

/** https://www.rabbitmq.com/docs/dlx#effects */
function brokersReason(headers: Delivery['headers']): string {
  const reason = headers['x-first-death-reason'];
  const queue = headers['x-first-death-queue'];
  return typeof reason === 'string' ? `${reason}: by a consumer or the limits of ${queue}` : 'unknown';
}

const propertiesOf = ({ messageId, appId }: Delivery): LetterProperties => ({
  ...(messageId === undefined ? {} : { messageId }),
  ...(appId === undefined ? {} : { appId }),
});

/** Not the broker's and our own, which begin with `x-`: they tell of an earlier death. */
function smallHeaders(headers: Delivery['headers']): Record<string, string> {
  const small = Object.entries(headers).filter(
    (header): header is [string, string] =>
      typeof header[1] === 'string' && header.join('').length <= MAX_HEADER_CHARS && !header[0].startsWith('x-'),
  );
  return Object.fromEntries(small.slice(0, MAX_HEADERS));
}

const idOf = (about: readonly (string | null)[], body: Buffer): string =>
  createHash('sha256').update(JSON.stringify(about)).update(body).digest('base64url').slice(0, 24);
