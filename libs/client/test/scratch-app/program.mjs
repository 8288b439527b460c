// Somebody's program for Node: a client that has nobody to talk to, and every entry of both packages.
import { connect } from '@stepwire/client';

const client = connect({ url: 'http://127.0.0.1:9', maxAttempts: 1, backoff: { baseMs: 1, maxMs: 1 } });
await new Promise((resolve) =>
  client.status.subscribe(() => client.status.getSnapshot().state === 'failed' && resolve()),
);
client.disconnect();

const entries = {
  '@stepwire/client': 'connect',
  '@stepwire/client/testing': 'createTestClient',
  '@stepwire/client/client.js': 'connect',
  '@stepwire/react': 'useRequest',
  '@stepwire/react/components': 'PlanView',
};
for (const [entry, name] of Object.entries(entries)) {
  if (typeof (await import(entry))[name] !== 'function') throw new Error(`${entry} has no ${name}`);
}
process.stdout.write('all is there');
