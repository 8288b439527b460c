import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../../random.ts';
import type { Canary } from './canary.ts';
import { Follower } from './follower.ts';
import {
  type Pass,
  type ShareLink,
  sessionPass,
  sharePass,
  signOut,
  takeBack,
  tokenPass,
  type User,
} from './visitors.ts';
import { Wanderer, WandererTally } from './wanderer.ts';

/** A thread of wanderers: they take a core of their own, beside the one who publishes. */
export interface WanderersOptions {
  readonly urls: readonly string[];
  /** of tokens */
  readonly secret: string;
  readonly canaries: readonly Canary[];
  readonly operator: User;
  /** the first also has a session, which is signed out in the middle */
  readonly users: readonly User[];
  /** the first is taken back in the middle, by the operator */
  readonly shares: readonly ShareLink[];
  readonly count: number;
  readonly seed: number;
}
export type WanderersReport = Omit<WandererTally, 'settled'> & {
  readonly settled: boolean;
  /** connections by what was ended just now, which are still there */
  readonly ending: number;
};
/** `end`: signs the session out, and takes a share back */
export type ToWanderers = 'report' | 'end';

/** wanderers of each share, and of the session */
const OF_ONE_PASS = 3;

const { urls, secret, canaries: list, operator, users, shares, count, seed } = workerData as WanderersOptions;
const [firstUrl = '', secondUrl = firstUrl] = urls;
const [linkToTakeBack] = shares;
const [person] = users;
if (person === undefined || linkToTakeBack === undefined) throw new Error('there are a user and a share at least');
const everybody = [operator, ...users];

const random = new Random(seed);
const tally = new WandererTally();
const canaries = new Map(list.map((canary) => [canary.requestId, canary]));
const session = await sessionPass(firstUrl, secret, person);
const links = shares.map(sharePass);

const passOf = (place: number): ((refused: boolean) => Pass) => {
  const link = links[Math.floor(place / OF_ONE_PASS)];
  if (link !== undefined) return () => link;
  const dice = random.fork();
  if (place < (links.length + 1) * OF_ONE_PASS) {
    // back with their cookie, and once it is refused with tokens
    let signedOut = false;
    return (refused) => {
      signedOut ||= refused;
      return signedOut ? tokenPass(secret, person, dice) : session;
    };
  }
  const user = everybody[place % everybody.length] ?? person;
  return () => tokenPass(secret, user, dice);
};

const wanderers = Array.from(
  { length: count },
  (_, place) => new Wanderer({ urls, canaries, random: random.fork(), tally, pass: passOf(place) }),
);
const followers = everybody.map((user) => new Follower({ urls, secret, canaries, user, random: random.fork(), tally }));

const [sharePassToEnd = session] = links;
const end = async (): Promise<void> => {
  await Promise.all([
    signOut(firstUrl, session),
    takeBack(secondUrl, secret, operator, sharePassToEnd, linkToTakeBack),
  ]);
};

parentPort?.on('message', (message: ToWanderers) => {
  if (message === 'end') end().catch((error: unknown) => void tally.broken.push(`not ended: ${error}`));
  else {
    const settled = [...wanderers, ...followers].every((it) => it.settled);
    const ending = wanderers.filter((wanderer) => wanderer.ending).length;
    parentPort?.postMessage({ ...tally, settled, ending } satisfies WanderersReport);
  }
});
