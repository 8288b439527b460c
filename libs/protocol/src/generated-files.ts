import { asyncApi } from './asyncapi.ts';
import { brokerDefinitions } from './broker-definitions.ts';
import { type JsonDocument, schemaDocuments } from './schema-documents.ts';

/** Every file in the repository that is made from this lib, by its path from the root. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const documents: Record<string, JsonDocument> = {
    ...schemaDocuments(),
    'asyncapi.json': asyncApi(),
  };
  const schemas = Object.entries(documents).map(([file, document]) => [`libs/protocol/schemas/${file}`, document]);
  return Object.fromEntries(
    [...schemas, ['deploy/rabbitmq/definitions.json', brokerDefinitions()] as const].map(([path, document]) => [
      path,
      `${JSON.stringify(document, null, 2)}\n`,
    ]),
  );
}
