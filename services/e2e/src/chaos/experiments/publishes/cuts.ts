import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../random.ts';
import type { Rig } from '../../rig.ts';

/** How a publisher loses its broker in the middle of confirms. */
export type CutKind = 'cut' | 'refused' | 'half-open, questions' | 'half-open, answers' | 'close-connections' | 'kill';
export interface Cut {
  readonly kind: CutKind;
  /** how long the line is broken, or the broker away beside its start */
  readonly holdMs: number;
}

const weights: Readonly<Record<CutKind, number>> = {
  cut: 6,
  refused: 4,
  'half-open, questions': 2,
  'half-open, answers': 2,
  'close-connections': 3,
  kill: 3,
};
const kinds = Object.keys(weights).filter(isKind);
const drawn = kinds.flatMap((kind) => Array<CutKind>(weights[kind]).fill(kind));
/** one in so many half-open lines stays so for longer than a publish may take */
const LONG_EVERY = 6;
const LONG_MS = [11_000, 17_000] as const;

/** Each kind once, then as drawn. */
export function drawCuts(random: Random, length: number): readonly Cut[] {
  let halfOpen = 0;
  return Array.from({ length }, (_, i) => {
    const kind = kinds[i] ?? random.pick(drawn);
    if (!kind.startsWith('half-open')) return { kind, holdMs: random.between(0, kind === 'cut' ? 0 : 1_500) };
    halfOpen += 1;
    const long = halfOpen % LONG_EVERY === 0;
    return { kind, holdMs: long ? random.between(...LONG_MS) : random.between(300, 2_000) };
  });
}

/** Resolves when the publishers' broker can be reached again. */
export async function carryOut(rig: Rig, { kind, holdMs }: Cut): Promise<void> {
  const line = rig.line('publishers → broker');
  switch (kind) {
    case 'close-connections':
      return void (await rig.rabbitmqctl('close_all_connections', 'chaos'));
    case 'kill':
      await rig.broker.kill();
      await delay(holdMs);
      return rig.broker.restart();
    case 'cut':
      return line.cut();
    case 'refused':
      line.cut(true);
      break;
    case 'half-open, questions':
      line.hold('questions');
      break;
    case 'half-open, answers':
      line.hold('answers');
      break;
  }
  await delay(holdMs);
  line.release();
}

function isKind(kind: string): kind is CutKind {
  return Object.hasOwn(weights, kind);
}
