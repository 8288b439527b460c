// jest's globalSetup: one process that starts a broker and a Postgres when the first test asks for them.
// It is in a session of its own, so Ctrl-C does not reach it: it ends in order when this process does, however that is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export default async function setup() {
  const file = fileURLToPath(new URL('./src/bin/test-services.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@stepwire/source', '--no-warnings', file], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [url] = await once(createInterface(child.stdout), 'line');
  process.env.STEPWIRE_TEST_SERVICES = url;
  globalThis.stepwireTestServices = child;
}
