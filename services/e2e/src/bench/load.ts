import { eventId } from '@stepwire/protocol';

/** What is published in one phase, the same for both systems: requests in turn, each with events numbered from 1. */
export interface Load {
  /** requests are `<prefix>-1` … `<prefix>-<requests>` */
  readonly prefix: string;
  readonly requests: number;
  readonly eventBytes: number;
}

export const EVENT_TYPE = 'executor.step.progress';
/** where the plain pattern's events go */
export const PLAIN_EXCHANGE = 'bench.plain';
const STEPS = 5;

export const requestIdOf = ({ prefix, requests }: Load, index: number): string => `${prefix}-${(index % requests) + 1}`;

/** The body of the `index`th event, from 0: as an agent outside this repo would publish it, `eventBytes` long. */
export function bodyOf(load: Load, index: number, sentAt: number): Buffer {
  const requestId = requestIdOf(load, index);
  const n = Math.floor(index / load.requests) + 1;
  const stepOrder = (n % STEPS) + 1;
  const event = {
    id: eventId(requestId, n),
    type: EVENT_TYPE,
    requestId,
    agent: 'bench-agent',
    timestamp: new Date().toISOString(),
    data: {
      stepId: `s${stepOrder}`,
      stepOrder,
      status: 'running',
      tool: 'bench',
      percent: n % 100,
      n,
      sentAt,
      message: '',
    },
  };
  const text = JSON.stringify(event);
  const padding = '.'.repeat(Math.max(0, load.eventBytes - text.length));
  return Buffer.from(`${text.slice(0, -3)}${padding}"}}`);
}

/** What a watcher looks at in a `progress` frame. */
export interface Frame {
  /** from 1 in each request */
  readonly n: number;
  readonly sentAt: number;
  /** absent in the plain pattern */
  readonly seq: number | undefined;
}

/** undefined: not one of ours */
export function readFrame(frame: unknown): Frame | undefined {
  if (!isObject(frame) || !isObject(frame.data)) return undefined;
  const { seq } = frame;
  const { n, sentAt } = frame.data;
  if (typeof n !== 'number' || typeof sentAt !== 'number') return undefined;
  return { n, sentAt, seq: typeof seq === 'number' ? seq : undefined };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
