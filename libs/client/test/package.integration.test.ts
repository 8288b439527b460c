import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TemporaryFolder, temporaryFolder } from '@stepwire/testing';

const root = resolve(import.meta.dirname, '../../..');
let folder: TemporaryFolder;

/** What it says, and how it ended, are what a test looks at. */
async function run(command: string, args: readonly string[], cwd = folder.path): Promise<string> {
  // jest's own is `test`, which frameworks take for a wish; and Next would tell its makers that it was used
  const env = { ...process.env, NODE_ENV: undefined, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { cwd, env });
    return `${stdout}${stderr}`;
  } catch (error) {
    return `failed: ${String(Reflect.get(Object(error), 'stdout'))}${String(error)}`;
  }
}
const installed = (name: string): string => join(folder.path, 'node_modules/.bin', name);
const npmInstall = (...packages: string[]): Promise<string> =>
  run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', ...packages]);

/** Somebody's project, with both packages as they would be published, from npm with all that they ask for. */
beforeAll(async () => {
  folder = temporaryFolder();
  cpSync(join(import.meta.dirname, 'scratch-app'), folder.path, { recursive: true });
  for (const name of ['client', 'react']) {
    await run('npm', ['pack', '--pack-destination', folder.path], join(root, 'libs', name));
    const packed = readdirSync(folder.path).find((file) => file.startsWith(`stepwire-${name}-`)) ?? '';
    renameSync(join(folder.path, packed), join(folder.path, `stepwire-${name}.tgz`));
  }
  expect(await npmInstall()).not.toMatch(/failed/);
}, 300_000);
afterAll(() => folder?.remove());

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
  writeFileSync(join(folder.path, 'tsconfig.use.json'), JSON.stringify({ compilerOptions, files: ['use.tsx'] }));
  expect(await run(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.use.json'])).toBe('');
}, 60_000);

test('runs in Node: one entry or the other, or the file for pages', async () => {
  expect(await run(process.execPath, ['program.mjs'])).toBe('all is there');
});

// in this order: the folder has one React at a time
describe.each([19, 18])('with React %i', (version) => {
  beforeAll(async () => {
    const packages = ['react', 'react-dom', '@types/react', '@types/react-dom'];
    if (version !== 19) expect(await npmInstall(...packages.map((name) => `${name}@${version}`))).not.toMatch(/failed/);
    const { version: there } = JSON.parse(readFileSync(join(folder.path, 'node_modules/react/package.json'), 'utf8'));
    expect(there).toMatch(new RegExp(`^${version}\\.`));
  }, 60_000);

  test('a TypeScript app of Vite is checked and built', async () => {
    expect(await run(installed('tsc'), ['-p', '.'])).toBe('');
    expect(await run(installed('vite'), ['build', 'page'])).toMatch(/built in/);
  }, 120_000);

  test('a page of Next is checked, and rendered on the server as it is before anything is known', async () => {
    expect(await run(installed('next'), ['build', 'site'])).toMatch(/○ \//);
    const html = readFileSync(join(folder.path, 'site/.next/server/app/index.html'), 'utf8');
    expect(/<output>.*?<\/output>/.exec(html)?.[0]).toBe('<output>loading, connecting</output>');
    expect(html.match(/class="stepwire-progress" data-status="loading"/g)).toHaveLength(2);
  }, 300_000);
});

test.each(['client', 'react'])(
  'publint and attw have nothing to say about %s',
  async (name) => {
    const said = await run('npm', ['run', 'check:pack'], join(root, 'libs', name));
    expect(said).toContain('All good!');
    expect(said).not.toContain('❌');
  },
  60_000,
);
