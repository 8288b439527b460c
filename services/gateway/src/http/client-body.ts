import {
  type ClientCommand,
  type ClientCommands,
  checkJson,
  idempotentRequestId,
  parseClientCommand,
  StepwireError,
} from '@stepwire/protocol';
import type { Request } from 'express';

/** A body in the words of Socket.IO's commands. @throws StepwireError `bad_request` (with `path`), `too_deep` */
export function parsedCommand<C extends ClientCommand>(
  command: C,
  body: unknown,
  requestId?: string,
): ClientCommands[C] {
  const given = objectBody(body);
  return parseClientCommand(command, requestId === undefined ? given : { ...given, requestId });
}

/** @throws StepwireError `bad_request`, `too_deep` */
export function objectBody(body: unknown): Readonly<Record<string, unknown>> {
  const given: unknown = body ?? {};
  checkJson(given);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new StepwireError('bad_request', 'the body must be a JSON object', { path: '' });
  }
  return { ...given };
}

/** The same id for the same `Idempotency-Key` of the same user; undefined without one. @throws StepwireError `bad_request` */
export async function idempotencyId({ headers }: Request, userId: string): Promise<string | undefined> {
  const key = headers['idempotency-key'];
  return typeof key === 'string' ? idempotentRequestId(userId, key) : undefined;
}
