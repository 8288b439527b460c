import { errorTable, StepwireError } from '@stepwire/protocol';
import fc from 'fast-check';

/**
 * Fuzzing of whatever reads what others wrote. A fuzzer is a test file `*.fuzz.test.ts` beside the door that it knocks at;
 * `npm test` gives each ten seconds, `npm run fuzz -- --seconds 600` as long as one likes.
 *
 * What holds for every run, whatever the property says besides:
 *
 * 1. only a {@link StepwireError} with a code of the table may be thrown (`outcome`);
 * 2. it takes at most {@link MAX_CPU_MS}, at any size that the limits let through: nothing is quadratic;
 * 3. `Object.prototype` and `Array.prototype` stay as they are.
 */

/** of CPU, for one run: far more than any takes, far less than what is quadratic takes (ms) */
const MAX_CPU_MS = 2_000;
/** what the last run may take beyond the time of a fuzzer (ms) */
const GRACE_MS = 60_000;

const numberOf = (name: string): number | undefined => {
  const text = process.env[name];
  return text === undefined || text === '' ? undefined : Number(text);
};

/** ms that a fuzz file has: for all its properties together */
const budgetMs = (numberOf('FUZZ_SECONDS') ?? 10) * 1000;
const seed = numberOf('FUZZ_SEED');

type Declare = (name: string, run: () => Promise<void>, timeoutMs: number) => void;

/** One fuzzer: declares a test for each property, which have the time evenly. @param declare `test` of jest */
export function fuzz(declare: Declare, properties: Readonly<Record<string, fc.IRawProperty<unknown>>>): void {
  const all = Object.entries(properties);
  const timeMs = budgetMs / all.length;
  for (const [name, property] of all) {
    declare(
      name,
      async () => {
        const details = await fc.check(property, {
          numRuns: Number.MAX_SAFE_INTEGER,
          interruptAfterTimeLimit: timeMs,
          ...(seed === undefined ? {} : { seed }),
        });
        if (details.failed) {
          const message = await fc.asyncDefaultReportMessage(details);
          const cause = details.errorInstance;
          throw new Error(`${cause}\nagain with: npm run fuzz -- --seed ${details.seed}\n${message}`, { cause });
        }
        // where somebody waits for it
        if (process.env.FUZZ_SECONDS) process.stderr.write(`${name}: ${details.numRuns} runs\n`);
        if (details.numRuns === 0) throw new Error(`not one run in ${timeMs} ms`);
      },
      timeMs + GRACE_MS,
    );
  }
}

export type Outcome<T> = { readonly accepted: T } | { readonly refused: StepwireError };

/** What became of it. @throws Error for whatever is neither an answer nor a refusal of the table, or takes too long */
export function outcome<T>(act: () => T): Outcome<T> {
  const watch = new Watch();
  try {
    return watch.over({ accepted: act() });
  } catch (error) {
    return watch.over({ refused: refusalOf(error) });
  }
}

/** {@link outcome} of what answers later. */
export async function outcomeOf<T>(act: () => Promise<T>): Promise<Outcome<T>> {
  const watch = new Watch();
  try {
    return watch.over({ accepted: await act() });
  } catch (error) {
    return watch.over({ refused: refusalOf(error) });
  }
}

/** @throws Error the error itself, where it is none of the table's */
function refusalOf(error: unknown): StepwireError {
  if (!(error instanceof StepwireError)) throw error;
  const { code, message, path } = error.toBody();
  if (!Object.hasOwn(errorTable, code)) throw new Error(`${code} is no code of the error table`);
  if (message === '') throw new Error('a refusal without a word');
  // RFC 6901
  if (path !== undefined && !/^(?:\/(?:[^~/]|~[01])*)*$/su.test(path)) throw new Error(`${path} is no JSON Pointer`);
  return error;
}

const fingerprint = (): string =>
  [Object.prototype, Array.prototype].map((shared) => Reflect.ownKeys(shared).map(String).join()).join(';');
const untouched = fingerprint();

class Watch {
  readonly #begun = process.cpuUsage();

  over<T>(result: T): T {
    const { user, system } = process.cpuUsage(this.#begun);
    const ms = (user + system) / 1000;
    if (ms > MAX_CPU_MS) throw new Error(`it took ${Math.round(ms)} ms of CPU`);
    if (fingerprint() !== untouched) throw new Error('a shared prototype was changed');
    return result;
  }
}
