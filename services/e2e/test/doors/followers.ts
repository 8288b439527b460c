import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Heard } from './event-source.ts';

/** Debian's, which has Debian's packages */
const PYTHON = '/usr/bin/python3';

/** A program that writes one JSON line for each thing it hears. */
export class ProgramFollower {
  readonly lines: Record<string, unknown>[] = [];
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;

  /** @param script in this folder */
  constructor(script: string, ...args: string[]) {
    const program = script.endsWith('.py') ? PYTHON : process.execPath;
    const child = spawn(program, [join(import.meta.dirname, script), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let errors = '';
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes;
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.lines.push({ ...Object(JSON.parse(line)) }));
    this.ended = once(child, 'close').then(([code]) => `${code}\n${errors}`);
  }

  close(): void {
    this.#child.kill();
  }
}

/** curl, begun again with `Last-Event-ID` whenever it ends, until the answer is 204. */
export class CurlFollower {
  readonly heard: Heard[] = [];
  /** exit codes of curl; 18 and 56: the line was cut */
  readonly exits: number[] = [];
  readonly ended: Promise<void>;
  #child: ChildProcess | undefined;
  #closed = false;

  constructor(url: string) {
    this.ended = this.#follow(url);
  }

  close(): void {
    this.#closed = true;
    this.#child?.kill();
  }

  async #follow(url: string): Promise<void> {
    for (let status = ''; status !== '204' && !this.#closed; ) {
      const last = this.heard.at(-1);
      const resume = last === undefined ? [] : ['-H', `Last-Event-ID: ${last.id}`];
      const args = ['-sN', '-w', '\nstatus: %{http_code}\n', '-H', 'Accept: text/event-stream', ...resume, url];
      const child = spawn('curl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
      this.#child = child;
      let id = '';
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('id: ')) id = line.slice(4);
        if (line.startsWith('data: ')) this.heard.push({ id, data: JSON.parse(line.slice(6)) });
        if (line.startsWith('status: ')) status = line.slice(8);
      });
      const [code] = await once(child, 'close');
      this.exits.push(Number(code));
    }
  }
}
