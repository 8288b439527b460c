import { residentMiB } from '../../../bench/usage.ts';

const SAMPLE_EVERY_MS = 250;

/** Resident memory of processes, before and at its highest. */
export class Memory {
  readonly #processes: readonly (readonly [name: string, pid: number])[];
  readonly #before = new Map<string, number>();
  readonly #highest = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(processes: readonly (readonly [name: string, pid: number])[]) {
    this.#processes = processes;
    for (const [name, pid] of processes) this.#before.set(name, residentMiB(pid));
    this.#timer = setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
  }

  /** `gateway 130 → 141` */
  figures(): string {
    return this.#processes.map(([name]) => `${name} ${this.#words(name)}`).join(', ');
  }

  /** @returns who grew by more than that (MiB) */
  grewBeyond(mib: number): string[] {
    return this.#processes.flatMap(([name]) =>
      this.#of(this.#highest, name) - this.#of(this.#before, name) <= mib
        ? []
        : [`${name} grew by more than ${mib} MiB: ${this.#words(name)}`],
    );
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    for (const [name, pid] of this.#processes)
      this.#highest.set(name, Math.max(this.#of(this.#highest, name), residentMiB(pid)));
  }

  #words(name: string): string {
    return `${this.#of(this.#before, name).toFixed(0)} → ${this.#of(this.#highest, name).toFixed(0)}`;
  }

  #of(map: ReadonlyMap<string, number>, name: string): number {
    return map.get(name) ?? 0;
  }
}
