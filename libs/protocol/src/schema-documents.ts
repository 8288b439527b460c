import type { TSchema } from 'typebox';
import { clientCommands } from './client-commands.ts';
import { commands } from './commands.ts';
import { Envelope, eventData } from './events.ts';
import { PROTOCOL_VERSION } from './limits.ts';
import { FeedMessage, RpcRequest, rpcParams, rpcResults } from './rpc.ts';

/**
 * The protocol for programs in other languages: JSON Schema (draft 2020-12) of every body. `schemas/` holds what
 * `src/bin/export-schemas.ts` wrote last; a test keeps the two equal.
 *
 * Each file as a whole says what its exchange takes, and `$defs` names each kind of body alone.
 */
export type JsonDocument = Readonly<Record<string, unknown>>;

const document = (name: string, title: string, defs: Record<string, unknown>, whole: JsonDocument): JsonDocument => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:stepwire:protocol:${PROTOCOL_VERSION}:${name}`,
  title,
  ...whole,
  $defs: defs,
});

const defRef = (name: string) => ({ $ref: `#/$defs/${name}` });

/** An unknown type under a known envelope is fine, so each type's schema applies only where that type is named. */
function events(): JsonDocument {
  const ofType = Object.entries<TSchema & { readonly required?: unknown }>(eventData).map(
    ([type, data]) =>
      [
        type,
        {
          ...defRef('envelope'),
          properties: { type: { const: type }, data },
          // where nothing in `data` is required, `data` itself is not
          ...(Array.isArray(data.required) ? { required: ['data'] } : {}),
        },
      ] as const,
  );
  const whole = {
    ...defRef('envelope'),
    allOf: ofType.map(([type]) => ({
      if: { properties: { type: { const: type } }, required: ['type'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, not a promise
      then: defRef(type),
    })),
  };
  return document(
    'events',
    'An event as an agent publishes it on agent.events',
    { envelope: Envelope, ...Object.fromEntries(ofType) },
    whole,
  );
}

function rpc(): JsonDocument {
  const requests = Object.entries(rpcParams).map(([method, params]) => [
    `${method}.request`,
    { ...defRef('request'), properties: { method: { const: method }, params } },
  ]);
  const replies = Object.entries(rpcResults).map(([method, result]) => [
    `${method}.reply`,
    {
      anyOf: [
        { type: 'object', properties: { ok: { const: true }, result }, required: ['ok', 'result'] },
        defRef('refusal'),
      ],
    },
  ]);
  const refusal = {
    type: 'object',
    properties: {
      ok: { const: false },
      error: {
        type: 'object',
        properties: {
          code: { type: 'string' },
          message: { type: 'string' },
          path: { type: 'string' },
          retryAfterMs: { type: 'number' },
        },
        required: ['code', 'message'],
      },
    },
    required: ['ok', 'error'],
  };
  return document(
    'rpc',
    'A question to the coordinator on its exchange; replies under $defs',
    { request: RpcRequest, refusal, ...Object.fromEntries([...requests, ...replies]) },
    { anyOf: Object.keys(rpcParams).map((method) => defRef(`${method}.request`)) },
  );
}

const anyOf = (schemas: Readonly<Record<string, unknown>>) => ({ anyOf: Object.keys(schemas).map(defRef) });

/** by file name */
export const schemaDocuments = (): Readonly<Record<string, JsonDocument>> => ({
  'events.json': events(),
  'commands.json': document('commands', 'A command on agent.commands, by routing key', commands, anyOf(commands)),
  'rpc.json': rpc(),
  'feed.json': document('feed', 'A message on request.feed', {}, { ...FeedMessage }),
  'client.json': document(
    'client',
    'What a client sends over Socket.IO, by event name',
    clientCommands,
    anyOf(clientCommands),
  ),
});
