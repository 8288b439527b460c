import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mainOf, type ServiceName } from '@stepwire/local';

/**
 * Defects to check the checker with. Each is a patch of compiled code, applied to a copy that only this run uses: the
 * delivered services hold no switch for it.
 */
export interface Plant {
  readonly about: string;
  /** names of experiments of which one must say FAIL */
  readonly caughtBy: readonly string[];
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const plants = {
  'no-dedup': {
    about: 'a repeat of an event is taken for a new one',
    caughtBy: ['storm'],
    file: 'services/coordinator/dist/ingest.js',
    find: '        event,\n',
    replace: "        event: { ...event, id: event.id + '+' + Math.random() },\n",
  },
  'ack-before-commit': {
    about: 'events are acknowledged before they are in the database',
    caughtBy: ['storm'],
    file: 'services/coordinator/dist/coordinator.controller.js',
    find: 'return this.coordinator.ingest.take(batch);',
    replace: 'this.coordinator.ingest.take(batch).catch(() => undefined); return Promise.resolve();',
  },
  'off-by-one-resume': {
    about: 'who comes back misses the first event after their cursor',
    caughtBy: ['storm'],
    file: 'services/coordinator/dist/reads.js',
    find: 'seq > $2 AND',
    replace: 'seq > $2 + 1 AND',
  },
} as const satisfies Record<string, Plant>;
export type PlantName = keyof typeof plants;
export const isPlant = (name: string): name is PlantName => Object.hasOwn(plants, name);

/**
 * Copies what is built into `dir`, with the defect in it.
 * @returns the programs there
 * @throws Error when the place of the defect is not there any more
 */
export function planted(name: PlantName, dir: string): (service: ServiceName) => string {
  const root = dirname(dirname(dirname(dirname(mainOf('coordinator')))));
  const modules = join(dir, 'node_modules');
  mkdirSync(join(modules, '@stepwire'), { recursive: true });
  for (const entry of readdirSync(join(root, 'node_modules'))) {
    if (entry !== '@stepwire') symlinkSync(join(root, 'node_modules', entry), join(modules, entry));
  }
  for (const group of ['libs', 'services']) {
    for (const part of readdirSync(join(root, group))) {
      for (const content of ['package.json', 'dist', 'drizzle']) {
        const from = join(root, group, part, content);
        if (existsSync(from)) cpSync(from, join(dir, group, part, content), { recursive: true });
      }
      symlinkSync(join(dir, group, part), join(modules, '@stepwire', part));
    }
  }
  const { file, find, replace } = plants[name];
  const path = join(dir, file);
  const code = readFileSync(path, 'utf8');
  if (code.split(find).length !== 2) throw new Error(`${file} has no single place for ${name}: mend its patch`);
  writeFileSync(
    path,
    code.replace(find, () => replace),
  );
  return (service) => join(dir, 'services', service, 'dist', 'main.js');
}
