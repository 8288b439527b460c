import { parseArgs } from 'node:util';

export interface Options {
  readonly runs: number;
  /** measured part of a phase */
  readonly seconds: number;
  /** events per second of each phase */
  readonly rates: readonly (number | 'flood')[];
  /** a single flood of so many events that watches memory, instead of all else */
  readonly events: number | undefined;
  readonly requests: number;
  readonly eventBytes: number;
  /** events of a flood that are published and not yet delivered */
  readonly window: number;
  readonly profile: boolean;
  readonly pglite: boolean;
  readonly json: boolean;
}

export const usage = `npm run bench -- [options]

  --runs N        medians are over so many runs (5)
  --seconds S     measured part of each phase (10)
  --rate N        events per second, or flood; may be repeated (200, 1000 and flood)
  --events N      instead: one flood of N events that watches memory
  --requests N    requests and sockets (50)
  --bytes N       size of an event (350)
  --window N      events under way in a flood (4000)
  --pglite        the coordinator keeps its log in PGlite instead of Postgres
  --profile       CPU profiles of coordinator and gateway, with their hottest functions
  --json          figures of every run as JSON on stdout
`;

/** @throws Error with words for a person */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ runs: text, seconds: text, rate: { ...text, multiple: true }, events: text, requests: text, bytes: text },
      ...{ window: text, pglite: flag, profile: flag, json: flag },
    },
  });
  const count = (name: string, value: string | undefined, fallback: number): number => {
    const number = value === undefined ? fallback : Number(value);
    if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} must be a whole number from 1`);
    return number;
  };
  return {
    runs: count('runs', values.runs, 5),
    seconds: count('seconds', values.seconds, 10),
    rates: (values.rate ?? ['200', '1000', 'flood']).map((rate) => (rate === 'flood' ? rate : count('rate', rate, 0))),
    events: values.events === undefined ? undefined : count('events', values.events, 0),
    requests: count('requests', values.requests, 50),
    eventBytes: count('bytes', values.bytes, 350),
    window: count('window', values.window, 4_000),
    pglite: values.pglite,
    profile: values.profile,
    json: values.json,
  };
}
