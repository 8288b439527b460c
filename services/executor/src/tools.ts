import { type ToolSet, toolSet } from '@stepwire/agent-sdk';
import { domainReputation } from './tools/domain-reputation.ts';
import { entityExtraction } from './tools/entity-extraction.ts';
import { exaSearch } from './tools/exa-search.ts';
import { phoneValidator } from './tools/phone-validator.ts';
import { reasoning } from './tools/reasoning.ts';
import { scamDb } from './tools/scam-db.ts';
import { sender } from './tools/sender.ts';
import { wait } from './tools/wait.ts';

/** Every tool of this executor. */
export const executorTools = ({ dataDir, exaApiKey }: { dataDir: string; exaApiKey: string | undefined }): ToolSet =>
  toolSet([
    entityExtraction,
    scamDb(dataDir),
    domainReputation,
    phoneValidator,
    exaSearch(exaApiKey),
    sender,
    reasoning,
    wait,
  ]);
