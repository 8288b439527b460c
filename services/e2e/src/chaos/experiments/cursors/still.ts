import type { Random } from '../../random.ts';
import { RequestLog } from '../../request-log.ts';
import { CursorClient, type Joined } from './client.ts';
import { drawCursor } from './cursor.ts';
import type { Published } from './requests.ts';

const CONNECTIONS = 16;
/** a connection that watches this many requests begins anew */
const JOINS_PER_CONNECTION = 500;
/** of the requests with much to send, one of so many joins is for them */
const RARELY = 0.02;

export interface Answers {
  readonly joins: number;
  readonly refused: number;
  readonly overtaken: number;
  readonly away: number;
  readonly events: number;
  readonly broken: readonly string[];
}

interface Task {
  readonly random: Random;
  readonly joins: number;
  /** ended, and known to the end; the first two are the large ones */
  readonly requests: readonly Published[];
}

/** Asks with random cursors, from many connections at once, and looks at each answer. */
export async function joinAt(
  urls: readonly string[],
  { random, joins, requests }: Task,
  progress: (done: number) => void,
): Promise<Answers> {
  const outcomes: Record<Joined, number> = { in: 0, refused: 0, overtaken: 0, away: 0 };
  const broken: string[] = [];
  let left = joins;
  let events = 0;
  const nobodys = new RequestLog('never-was');
  const ask = async (client: CursorClient, own: Random): Promise<boolean> => {
    const request = own.chance(RARELY) ? own.pick(requests.slice(0, 2)) : own.pick(requests.slice(2));
    const log = own.chance(0.02) ? nobodys : request.log;
    const cursor = () => drawCursor(own, log, log.length, own.pick(requests).log);
    const times = own.chance(0.05) ? own.between(2, 4) : 1;
    left -= times;
    progress(joins - left);
    const under = Array.from({ length: times }, () => client.join(log, cursor()));
    // in the middle of it
    if (own.chance(0.03)) await client.leave(log);
    const joined = await Promise.all(under);
    for (const outcome of joined) outcomes[outcome] += 1;
    if (own.chance(0.1)) await client.leave(log);
    for (const stay of client.ended.splice(0)) broken.push(...stay.complaints(false));
    return !joined.includes('away');
  };
  const work = async (i: number): Promise<void> => {
    const own = random.fork();
    const client = new CursorClient(urls[i % urls.length] ?? '', i % 4 < 2 ? 'guide' : 'log');
    while (left > 0) {
      await client.connect();
      for (let asked = 0; asked < JOINS_PER_CONNECTION && left > 0; asked += 1) if (!(await ask(client, own))) break;
      for (const stay of client.open) broken.push(...stay.complaints(false));
      client.close();
      client.ended.length = 0;
    }
    broken.push(...client.broken);
    events += client.events;
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => work(i)));
  for (const { log } of requests) broken.push(...log.settle(), ...log.leftOver());
  return { joins, ...outcomes, events, broken };
}
