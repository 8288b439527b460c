import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDebianPackages } from '@stepwire/local';
import type { InstanceName } from '@stepwire/testing';

/** Debian's package, which holds the library and a program that we do not need */
const PACKAGE = 'faketime';
/** the process looks at its file again after this (s) */
const LOOKS_EVERY_S = '1';

/**
 * Wall clocks of processes, each its own, that can be stepped while they run, by libfaketime
 * (https://github.com/wolfcw/libfaketime). Monotonic clocks stay as they are, as with a step of a real clock.
 */
export class Clocks {
  readonly #library: string;
  readonly #dir = mkdtempSync(join(tmpdir(), 'stepwire-clocks-'));

  /** @param say told before the package is installed. @throws Error where it can't be */
  static async open(say: (line: string) => void): Promise<Clocks> {
    if (findLibrary() === undefined) await installDebianPackages([PACKAGE], say);
    const library = findLibrary();
    if (library === undefined) throw new Error(`${PACKAGE} is installed, and its library is nowhere below /usr/lib`);
    return new Clocks(library);
  }

  private constructor(library: string) {
    this.#library = library;
  }

  /** what the process is started with; {@link set} comes first */
  env(name: InstanceName): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#file(name),
      FAKETIME_CACHE_DURATION: LOOKS_EVERY_S,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** @param offsetS whole seconds that its clock is ahead of ours */
  set(name: InstanceName, offsetS: number): void {
    const file = this.#file(name);
    // never half written
    writeFileSync(`${file}.new`, `${offsetS < 0 ? '' : '+'}${offsetS}\n`);
    renameSync(`${file}.new`, file);
  }

  close(): void {
    rmSync(this.#dir, { recursive: true });
  }

  #file(name: InstanceName): string {
    return join(this.#dir, name.replace(' ', '-'));
  }
}

/** /usr/lib/<architecture>/faketime/ */
function findLibrary(): string | undefined {
  return readdirSync('/usr/lib')
    .map((architecture) => join('/usr/lib', architecture, 'faketime', 'libfaketimeMT.so.1'))
    .find((file) => existsSync(file));
}
