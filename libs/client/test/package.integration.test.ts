import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TemporaryFolder, temporaryFolder } from '@stepwire/testing';

const run = promisify(execFile);
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
let folder: TemporaryFolder;

/** Somebody's project, with both packages as they would be published, and what those depend on. */
beforeAll(async () => {
  folder = temporaryFolder();
  mkdirSync(join(folder.path, 'node_modules/@stepwire'), { recursive: true });
  for (const name of ['client', 'react']) {
    const packed = await run('npm', ['pack', '--json', '--pack-destination', folder.path], {
      cwd: join(root, 'libs', name),
    });
    const [{ filename }] = JSON.parse(packed.stdout);
    await run('tar', ['xzf', join(folder.path, filename)], { cwd: folder.path });
    await run('mv', ['package', `node_modules/@stepwire/${name}`], { cwd: folder.path });
  }
  for (const name of ['socket.io-client', 'react', 'react-dom', 'sonner', 'react-markdown', '@types']) {
    symlinkSync(join(root, 'node_modules', name), join(folder.path, 'node_modules', name));
  }
  writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}');
}, 60_000);
afterAll(() => folder.remove());

const compilerOptions = {
  strict: true,
  noEmit: true,
  // declarations are looked at too, without Node's types
  skipLibCheck: false,
  types: [],
  lib: ['es2024', 'dom', 'dom.iterable'],
  module: 'nodenext',
  jsx: 'react-jsx',
};

test('stands for itself: types are checked without anything of ours beside it, and are those of the protocol', async () => {
  const source = `
    import { connect, type EventData, type RequestSnapshot } from '@stepwire/client';
    import { createTestClient } from '@stepwire/client/testing';
    import { StepwireProvider, useRequest } from '@stepwire/react';
    import { PlanView } from '@stepwire/react/components';
    const client = connect({ url: 'http://gateway.test' });
    client.on('executor.step.output', ({ data }) => data.delta.length);
    // @ts-expect-error there is no such member
    client.on('executor.step.output', ({ data }) => data.nope);
    client.on('acme.tick', ({ data }) => data.anything);
    const asked: EventData['executor.question.asked'] = { questionId: 'q', prompt: 'p', kind: 'choice', choices: ['a'] };
    // @ts-expect-error there is no such kind
    const wrong: EventData['executor.question.asked']['kind'] = 'other';
    const snapshot: RequestSnapshot = client.watch('r').getSnapshot();
    createTestClient([]).play(1);
    const Status = () => <p>{useRequest('r', ({ status }) => status)}</p>;
    export const app = <StepwireProvider client={client}><Status /><PlanView requestId="r" /></StepwireProvider>;
    export { asked, wrong, snapshot };
  `;
  writeFileSync(join(folder.path, 'use.tsx'), source);
  writeFileSync(join(folder.path, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.tsx'] }));
  const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: folder.path }).catch(
    (error) => error,
  );
  expect(stdout).toBe('');
}, 60_000);

test('runs in Node: one entry or the other, or the file for pages', async () => {
  const script = `
    const all = await Promise.all(['@stepwire/client', '@stepwire/client/testing', '@stepwire/client/client.js',
      '@stepwire/react', '@stepwire/react/components'].map((name) => import(name)));
    console.log(JSON.stringify(all.map((module) => Object.keys(module).sort().slice(0, 2))));
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder.path });
  expect(JSON.parse(stdout)).toEqual([
    ['Client', 'StepwireError'],
    ['TestClient', 'createTestClient'],
    ['Client', 'StepwireError'],
    ['StepwireProvider', 'useClient'],
    ['AgentActivity', 'AgentText'],
  ]);
});

test.each(['client', 'react'])(
  'publint and attw have nothing to say about %s',
  async (name) => {
    const { stdout, stderr } = await run('npm', ['run', 'check:pack'], { cwd: join(root, 'libs', name) }).catch(
      (error) => error,
    );
    expect(`${stdout}${stderr}`).toContain('All good!');
    expect(stdout).not.toContain('❌');
  },
  60_000,
);
