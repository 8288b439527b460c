import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EnvError, gatewaySettings, readEnv } from '@stepwire/config';
import { createLogger } from '@stepwire/observability';
import { OpenToAllError, serveGateway } from '../server.ts';
import { stopOnSignal } from '../stop-on-signal.ts';
import { RecordedCoordinator } from './recorded-coordinator.ts';
import { BadRecordingError, parseRecording, type Recording } from './recording.ts';

const usage = `Usage: npm run mock -- [recording] [--speed <n>] [--port <n>]

Serves a recorded request on every front door, without a broker or a database: whatever is started takes its course.
The recording has one event a line, or is what GET /api/requests/:id/events answers with; without one it is a message check.
--speed 4 is four times as fast as it was, 0 at once. All settings of the gateway count here too (PORT, HOST, AUTH_SECRET …).`;

const SAMPLE = new URL('../../recordings/message-check.jsonl', import.meta.url);

/** The command line is wrong; the message is for a person. */
class UsageError extends Error {}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function options() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { speed: { type: 'string' }, port: { type: 'string' }, help: { type: 'boolean' } },
    });
    if (positionals.length > 1) throw new Error(`one recording at a time, not ${positionals.join(' and ')}`);
    const speed = Number(values.speed ?? 1);
    if (!(speed >= 0 && speed < Number.POSITIVE_INFINITY)) {
      throw new Error(`--speed must be a number from 0, is "${values.speed}"`);
    }
    return { file: positionals[0] ?? fileURLToPath(SAMPLE), speed, port: values.port, help: values.help === true };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}

function read(file: string): Recording {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new BadRecordingError(`${file} can't be read: ${error instanceof Error ? error.message : error}`);
  }
  return parseRecording(text, file);
}

function about({ events }: Recording, speed: number): string {
  const asked = events.filter(({ type }) => type === 'executor.question.asked').length;
  const at = (index: number): number => Date.parse(events.at(index)?.timestamp ?? '');
  const seconds = ((at(-1) - at(0)) / 1000).toFixed(1);
  const pace = speed === 0 ? 'at once' : `at ${speed} times its speed`;
  return `${events.length} events of ${seconds} s, ${asked} ${asked === 1 ? 'question' : 'questions'}, ${pace}`;
}

try {
  const { file, speed, port, help } = options();
  if (help) {
    say(usage);
    process.exit(0);
  }
  const recording = read(file);
  const given = readEnv(gatewaySettings);
  const settings = { ...given, port: port === undefined ? given.port : gatewaySettings.port.read(port) };
  const logger = createLogger('mock', 'warn');
  const server = await serveGateway(
    settings,
    logger,
    (hearing) => new RecordedCoordinator({ recording, speed }, hearing),
  );
  stopOnSignal(server);
  say(`${basename(file)}: ${about(recording, speed)}`);
  say(`The mock is ready at http://localhost:${server.port} (open it in a browser; Ctrl-C stops it)`);
} catch (error) {
  const expected = [UsageError, BadRecordingError, EnvError, OpenToAllError].some((kind) => error instanceof kind);
  const code: unknown = Reflect.get(Object(error), 'code');
  const message = error instanceof Error ? error.message : String(error);
  const taken = code === 'EADDRINUSE' ? `${message}: choose another one with --port` : undefined;
  process.stderr.write(`${expected ? message : (taken ?? `The mock could not start: ${message}`)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
