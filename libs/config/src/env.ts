import { readFileSync } from 'node:fs';

/**
 * Settings come from env vars, are read once into a fully required object, and every complaint names the variable.
 * This lib is the only place that knows their names. What `NAME` may say, the file that `NAME_FILE` names may hold:
 * so a password need not stand in the environment.
 */
export type Env = Readonly<Record<string, string | undefined>>;

export class EnvError extends Error {
  override readonly name = 'EnvError';
  readonly variable: string;
  constructor(variable: string, message: string) {
    super(`${variable} ${message}`);
    this.variable = variable;
  }
}

export interface Setting<T> {
  readonly variable: string;
  readonly read: (text: string | undefined) => T;
  /** one line for the operator: meaning, unit */
  readonly about: string;
}

/** An empty variable counts as absent, as in compose's `${NAME:-}`. */
const present = (text: string | undefined): text is string => text !== undefined && text !== '';

export const setting = {
  text: (variable: string, fallback: string, about: string): Setting<string> => ({
    variable,
    about,
    read: (text) => (present(text) ? text : fallback),
  }),
  optionalText: (variable: string, about: string): Setting<string | undefined> => ({
    variable,
    about,
    read: (text) => (present(text) ? text : undefined),
  }),
  integer: (
    variable: string,
    fallback: number,
    about: string,
    { min = 0, max = Number.MAX_SAFE_INTEGER } = {},
  ): Setting<number> => ({
    variable,
    about,
    read: (text) => {
      if (!present(text)) return fallback;
      const value = Number(text);
      if (!Number.isSafeInteger(value) || value < min || value > max) {
        throw new EnvError(variable, `must be a whole number from ${min} to ${max}, is "${text}"`);
      }
      return value;
    },
  }),
  oneOf: <const T extends string>(variable: string, values: readonly T[], fallback: T, about: string): Setting<T> => ({
    variable,
    about,
    read: (text) => {
      if (!present(text)) return fallback;
      const value = values.find((v) => v === text);
      if (value === undefined) throw new EnvError(variable, `must be one of ${values.join(', ')}, is "${text}"`);
      return value;
    },
  }),
};

type Read<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** @throws EnvError for the first variable that is wrong */
export function readEnv<S extends Record<string, Setting<unknown>>>(settings: S, env: Env = process.env): Read<S> {
  const entries = Object.entries(settings).map(([key, { variable, read }]) => [key, read(textOf(variable, env))]);
  return Object.fromEntries(entries) as Read<S>;
}

/** One line end after the text belongs to the file, not to the value. */
function textOf(variable: string, env: Env): string | undefined {
  const path = env[`${variable}_FILE`];
  if (!present(path)) return env[variable];
  if (present(env[variable])) throw new EnvError(variable, `is set twice: by itself and by ${variable}_FILE`);
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new EnvError(`${variable}_FILE`, `can't be read: ${error}`);
  }
}
