// jest's globalTeardown: the end of its stdin stops the services; wait until they are gone.
import { once } from 'node:events';

export default async function teardown() {
  const child = globalThis.stepwireTestServices;
  if (child.exitCode !== null) throw new Error(`the test services ended early with exit code ${child.exitCode}`);
  child.stdin.end();
  await once(child, 'exit');
}
