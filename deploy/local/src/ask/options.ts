import { parseArgs } from 'node:util';

export interface Options {
  /** `start` makes a request of this text; `watch` joins one */
  readonly task:
    | { readonly kind: 'start'; readonly text: string; readonly context: object }
    | { readonly kind: 'watch'; readonly requestId: string };
  /** in the order given: what the question is named by, and the answer */
  readonly answers: readonly PresetAnswer[];
  readonly json: boolean;
  readonly url: string;
  /** signs in where the gateway asks for it */
  readonly token: string | undefined;
}
export interface PresetAnswer {
  readonly name: string;
  readonly value: string;
}

export const usage = `Usage:
  npm run ask -- "a suspicious message"      starts a request and shows how it goes
  npm run ask -- --watch <request id>        joins one that runs

  --answer <name>=<value>  answers a question in advance; its name is its id, its step's id, or words of it; repeatable
  --context <json>         what else the agents may know: '{"sender": "my bank", "country": "GB"}'
  --json                   prints the events, one JSON a line, and nothing else on stdout (npm run -s ask -- --json …)
  --url <address>          the gateway; else STEPWIRE_URL, else http://127.0.0.1:$PORT, PORT being 3001
  --token <token>          signs in; better in STEPWIRE_TOKEN, since others on this machine can see options
  --help

Ctrl-C cancels the request, a second one leaves at once; with --watch it leaves and the request runs on.
Exit code: 0 completed, 1 failed, 130 cancelled or left, 2 wrong options.`;

/** The options are wrong; the message says which and how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * @returns 'help' where that was asked for
 * @throws UsageError
 */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const url = values.url ?? (env.STEPWIRE_URL || `http://127.0.0.1:${env.PORT || 3001}`);
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new UsageError(`--url must be an http address, is "${url}"`);
  }
  return {
    task: task(positionals, values.watch, values.context),
    answers: (values.answer ?? []).map(preset),
    json: values.json,
    url,
    token: values.token || env.STEPWIRE_TOKEN || undefined,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        answer: { type: 'string', multiple: true },
        watch: { type: 'string' },
        context: { type: 'string' },
        json: { type: 'boolean', default: false },
        url: { type: 'string' },
        token: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Words without quotes around them are one text. */
function task(words: readonly string[], watch: string | undefined, context: string | undefined): Options['task'] {
  const text = words.join(' ').trim();
  if (watch === undefined) {
    if (text === '') throw new UsageError('What shall be checked? Give a text, or --watch <request id>.');
    return { kind: 'start', text, context: context === undefined ? {} : object(context) };
  }
  if (text !== '' || context !== undefined) {
    throw new UsageError('--watch joins a request that runs: it takes no text and no --context');
  }
  if (watch === '') throw new UsageError('--watch needs a request id');
  return { kind: 'watch', requestId: watch };
}

function object(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  throw new UsageError(`--context must be a JSON object, is ${json}`);
}

function preset(text: string): PresetAnswer {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--answer must be name=value, is "${text}"`);
  return { name: text.slice(0, at).trim(), value: text.slice(at + 1) };
}
