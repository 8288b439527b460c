// Started by private-nodes.integration.test.ts, which then ends it in several ways.
import { join } from 'node:path';
import { startPrivateBroker, startPrivatePostgres } from '@stepwire/local';

const [folder] = process.argv.slice(2);
const broker = await startPrivateBroker({ dataDir: join(folder, 'broker') });
const postgres = await startPrivatePostgres({ dataDir: join(folder, 'postgres') });
process.stdout.write(`${JSON.stringify({ broker: broker.url, postgres: postgres.url })}\n`);
setInterval(() => {}, 1_000_000);
