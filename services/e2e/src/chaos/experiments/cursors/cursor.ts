import { guide } from '@stepwire/dialects';
import type { Random } from '../../random.ts';
import type { DialectName, RequestLog } from '../../request-log.ts';

/** What a client says of where it is; whatever it likes, right or wrong. */
export interface Cursor {
  readonly since?: unknown;
  readonly epoch?: unknown;
  readonly types?: unknown;
}

/** A cursor that the protocol allows (PROTOCOL.md §5, `clientCommands.rejoin`). */
export interface LegalCursor {
  readonly since?: number;
  readonly epoch?: string;
  readonly types?: readonly string[];
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Written from the protocol, not with its schema: what is refused here must be refused there. */
export function isLegal(cursor: Cursor): cursor is LegalCursor {
  const { since, epoch, types } = cursor;
  const sinceIsLegal = since === undefined || (typeof since === 'number' && Number.isInteger(since) && since >= 0);
  const epochIsLegal = epoch === undefined || (isText(epoch) && Buffer.byteLength(epoch) <= 200);
  return sinceIsLegal && epochIsLegal && (types === undefined || (Array.isArray(types) && types.every(isText)));
}

/** The event types that are asked for, where a dialect's own names stand for theirs; undefined: all. */
export function typesOf({ types }: LegalCursor, dialect: DialectName): ReadonlySet<string> | undefined {
  const aliases = dialect === 'guide' ? guide.aliases : {};
  return types === undefined
    ? undefined
    : new Set(types.map((name) => (Object.hasOwn(aliases, name) ? Reflect.get(aliases, name) : name)));
}

const illegal: readonly Cursor[] = [
  ...[-1, 1.5, '7', null, true, [3], {}, -0.5, 'head'].map((since) => ({ since })),
  ...[
    { since: 1, epoch: '' },
    { since: 1, epoch: 7 },
    { since: 1, epoch: 'e'.repeat(201) },
  ],
  ...[{ since: 1, types: [''] }, { types: 'agent.progress' }, { types: [7] }],
];
const someTypes = ['agent.progress', 'executor.step.progress', 'progress', 'my.own', 'no.such', 'constructor', 'error'];

/**
 * @param head the newest event that is known of
 * @param other another request: its cursor is none of this one's
 */
export function drawCursor(random: Random, log: RequestLog, head: number, other: RequestLog): Cursor {
  const roll = random.next();
  if (roll < 0.05) return random.pick(illegal);
  const types = random.chance(0.15) ? { types: [random.pick(someTypes), random.pick(someTypes)] } : {};
  if (roll < 0.1) return types;
  if (roll < 0.15) return { since: random.between(0, head), epoch: other.epoch ?? 'another', ...types };
  const epoch = log.epoch !== undefined && random.chance(0.5) ? { epoch: log.epoch } : {};
  return { since: drawSince(random, head, other.length), ...epoch, ...types };
}

function drawSince(random: Random, head: number, elsewhere: number): number {
  const roll = random.next();
  if (roll < 0.05) return 0;
  if (roll < 0.15) return head;
  if (roll < 0.2) return head + random.between(1, 3);
  if (roll < 0.22) return random.pick([2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, 1e300]);
  if (roll < 0.25) return elsewhere;
  // Of a long log mostly the end: all of it again and again would be a test of bandwidth.
  return roll < 0.85 ? Math.max(0, head - random.between(0, 60)) : random.between(0, head);
}
