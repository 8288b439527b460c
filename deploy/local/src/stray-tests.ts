import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const passedOver = new Set(['node_modules', 'dist', '.git', '.nx', '.data', 'coverage']);
/** what somebody may have meant as a test: in any place, in other languages, or as `.spec` */
const looksLikeTest = /[._-](test|spec)\.[a-z]+$|(^|\/)test_[^/]+\.py$/;

/**
 * Files that look like tests but that no runner picks up, from the root.
 * @param picked absolute paths of those that one does
 */
export function strayTestFiles(root: string, picked: readonly string[]): string[] {
  const known = new Set(picked);
  return files(root)
    .filter((file) => looksLikeTest.test(file.slice(root.length)) && !known.has(file))
    .map((file) => relative(root, file))
    .sort();
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (passedOver.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}
