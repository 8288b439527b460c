import { writeSync } from 'node:fs';
import type { Tool } from '@stepwire/agent-sdk';
import { member } from './input.ts';

/** The last line of a process that ends itself, by which the rig knows that it was told to. */
export const SUICIDE_NOTE = 'this process kills itself, as a step told it to';

const deep = (levels: number): unknown => (levels === 0 ? 'deep' : { in: deep(levels - 1) });

/** What a tool can do to those who run it. */
const kinds = {
  throws: () => {
    throw new Error('always');
  },
  'throws undefined': () => {
    throw undefined;
  },
  /** `String()` of it throws too */
  'throws an object without a prototype': () => {
    throw Object.create(null);
  },
  'throws an error whose message is no text': () => {
    throw Object.assign(new Error('x'), { message: { not: 'a text' } });
  },
  'throws an error of 2 MB': () => {
    throw new Error('😱'.repeat(500_000));
  },
  'throws an error that throws when it is read': () => {
    throw Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('unreadable');
      },
    });
  },
  'returns a cycle': () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    return cycle;
  },
  'returns a bigint': () => ({ n: 1n }),
  'returns what is too deep': () => deep(100),
  'returns what throws when it is written': () => ({
    toJSON() {
      throw undefined;
    },
  }),
  /** not a failure: `null` is its result */
  'returns a function': () => () => 'nothing that JSON knows',
  /** not a failure: it travels by reference */
  'returns 4 MB': () => 'x'.repeat(4_000_000),
  'never returns': () => new Promise<never>(() => undefined),
  'kills its process': () => {
    writeSync(2, `${SUICIDE_NOTE}\n`);
    process.kill(process.pid, 'SIGKILL');
    return new Promise<never>(() => undefined);
  },
} as const satisfies Record<string, () => unknown>;

export type PoisonKind = keyof typeof kinds;
export const isPoison = (kind: unknown): kind is PoisonKind => typeof kind === 'string' && Object.hasOwn(kinds, kind);
export const poisonKinds = Object.keys(kinds).filter(isPoison);

export const poison: Tool = {
  name: 'poison',
  about: 'input {kind}',
  run({ input }) {
    const kind = member(input, 'kind');
    if (!isPoison(kind)) throw new TypeError(`there is no poison ${String(kind)}`);
    return kinds[kind]();
  },
};
