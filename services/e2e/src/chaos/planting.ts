import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mainOf, type ServiceName } from '@stepwire/local';
import { type Edit, type PlantName, plants } from './plants.ts';

/** the folder with `libs` and `services` as they were built */
export const builtRoot = (): string => dirname(dirname(dirname(dirname(mainOf('coordinator')))));

/**
 * Copies what is built into `dir`, with the defect in it.
 * @returns the programs there
 * @throws Error when the place of the defect is not there any more
 */
export function planted(name: PlantName, dir: string): (service: ServiceName) => string {
  const root = builtRoot();
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
      // other versions than those at the root
      const own = join(root, group, part, 'node_modules');
      if (existsSync(own)) symlinkSync(own, join(dir, group, part, 'node_modules'));
      symlinkSync(join(dir, group, part), join(modules, '@stepwire', part));
    }
  }
  for (const edit of plants[name].edits) writeFileSync(join(dir, edit.file), edited(dir, edit));
  return (service) => join(dir, 'services', service, 'dist', 'main.js');
}

/** @throws Error where the file does not have exactly one place for it */
export function edited(root: string, { file, find, replace }: Edit): string {
  const parts = readFileSync(join(root, file), 'utf8').split(find);
  if (parts.length !== 2)
    throw new Error(`${file} has ${parts.length - 1} places for a plant, not one: mend its patch`);
  return parts.join(replace);
}
