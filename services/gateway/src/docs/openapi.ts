import { errorTable, PROTOCOL_VERSION } from '@stepwire/protocol';
import Type, { type TSchema } from 'typebox';
import { type Operation, operations } from './operations.ts';

/** Problem details (https://www.rfc-editor.org/rfc/rfc9457) */
const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.Union(Object.keys(errorTable).map((code) => Type.Literal(code))),
  path: Type.Optional(Type.String()),
  retryAfterMs: Type.Optional(Type.Integer()),
});

/** OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), whose schemas are JSON Schema, as ours are. */
export function openApi(serverUrl: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const methods = paths[operation.path] ?? {};
    methods[operation.method] = operationObject(operation);
    paths[operation.path] = methods;
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Stepwire gateway',
      version: String(PROTOCOL_VERSION),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    security: [{ bearer: [] }, { session: [] }],
    paths,
    components: {
      schemas: { Problem },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        session: { type: 'apiKey', in: 'cookie', name: 'stepwire_session' },
      },
    },
  };
}

function operationObject({
  method,
  path,
  summary,
  tag,
  query = {},
  headers = {},
  body,
  answers,
  ...rest
}: Operation): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: Type.String(),
  }));
  const others = [
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
    ...Object.entries(headers).map(([name, schema]) => ({ name, in: 'header', schema })),
  ];
  return {
    operationId: `${method} ${path}`
      .replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())
      .replace(/\W/g, ''),
    summary,
    tags: [tag],
    parameters: [...inPath, ...others],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
      default: {
        description: 'a refusal',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
    ...(rest.public === true ? { security: [] } : {}),
  };
}

function response(answer: TSchema | string | null): object {
  if (answer === null) return { description: 'nothing more to say' };
  if (typeof answer === 'string') return { description: answer, content: { [answer]: {} } };
  return { description: 'done', content: { 'application/json': { schema: answer } } };
}
