import { parentPort } from 'node:worker_threads';
import { TcpProxy } from '@stepwire/testing';

/** The thread of {@link file://./lines.ts}. */
export type Ask =
  | { readonly op: 'open'; readonly target: string }
  | { readonly op: 'cut'; readonly line: number; readonly refuse: boolean }
  | { readonly op: 'hold'; readonly line: number; readonly direction: 'questions' | 'answers' }
  | { readonly op: 'slow'; readonly line: number; readonly maxMs: number }
  | { readonly op: 'release'; readonly line: number }
  | { readonly op: 'retarget'; readonly line: number; readonly target: string }
  | { readonly op: 'ambush'; readonly line: number; readonly moment: 'before' | 'after' };
export interface Said {
  readonly ask: number;
  readonly line: number;
  readonly url: string;
}

// Message formats of Postgres (https://www.postgresql.org/docs/current/protocol-message-formats.html): Query, CommandComplete
const message = (type: string, text: string): Buffer => {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const commit = message('Q', 'COMMIT');
const committed = message('C', 'COMMIT');

const lines: TcpProxy[] = [];

async function carryOut(ask: Ask): Promise<number> {
  if (ask.op === 'open') return lines.push(await TcpProxy.open(ask.target)) - 1;
  const { line } = ask;
  const proxy = lines[line];
  switch (ask.op) {
    case 'cut':
      proxy?.cut(ask.refuse);
      break;
    case 'hold':
      if (ask.direction === 'questions') proxy?.holdQuestions();
      else proxy?.holdAnswers();
      break;
    case 'slow':
      proxy?.slow(() => Math.random() * ask.maxMs);
      break;
    case 'release':
      proxy?.release();
      break;
    case 'retarget':
      proxy?.retarget(ask.target);
      break;
    case 'ambush':
      await proxy?.ambush({ question: commit, answer: ask.moment === 'after' ? committed : undefined });
      break;
  }
  return line;
}

parentPort?.on('message', async ({ ask, ...what }: Ask & { ask: number }) => {
  const line = await carryOut(what);
  parentPort?.postMessage({ ask, line, url: lines[line]?.url ?? '' } satisfies Said);
});
