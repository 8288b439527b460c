/**
 * Where things stand in the space: metres, x to the right, y up, z away from who looks. The eye is where a standing person's is,
 * which in a headset is their own; on a screen a camera further back looks over its shoulder.
 *
 * The request stands in the middle. Behind it rise its steps like the rows of an amphitheatre, the first ones in front: a step stands
 * behind all that it waits for, beside those it may run with.
 */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** turned to the right, in radians; 0 faces whoever stands at the eye */
  readonly yaw: number;
  /** leaning forward, in radians */
  readonly pitch: number;
  /** 1: as large as {@link sizes} says */
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const eye = { x: 0, y: 1.6, z: 0 } as const;
/** Sizes of panels at scale 1. */
export const sizes = {
  request: { width: 2.1, height: 0.96 },
  step: { width: 0.84, height: 0.58 },
  phase: { width: 0.84, height: 0.2 },
  question: { width: 1.36, height: 0.5 },
  choice: { width: 0.67, height: 0.18 },
} as const satisfies Readonly<Record<string, Size>>;
export type PanelKind = keyof typeof sizes;

/** Steps that may run at once. @typeParam what stands for a step */
export interface Level {
  /** of the phase that begins here; null: none does */
  readonly phase: string | null;
  readonly steps: readonly string[];
}

/** What the rows together may take up, unrolled from the arcs that they stand on: wide for a desk and a headset, narrow for a phone held upright. */
export interface Extent {
  readonly width: number;
  readonly height: number;
}
export const wide: Extent = { width: 7.2, height: 3.2 };
export const narrow: Extent = { width: 3, height: 4 };

const GAP = 0.14;
const COLUMN = sizes.step.width + GAP;
const RISE = 0.8;
const RECEDE = 0.25;
/** the nearest row's distance from the eye, and its height */
const NEAR = 3.1;
const LOW = 2.06;
/** more levels than this and they share rows where they fit */
const LEVELS = 6;

export interface Row {
  readonly phase: string | null;
  readonly steps: readonly string[];
}

/** Levels too wide for a row take several; narrow ones of one phase share rows where there are many of them. */
export function rowsOf(levels: readonly Level[], columns: number): readonly Row[] {
  const rows: { phase: string | null; steps: string[] }[] = [];
  for (const { phase, steps } of levels) {
    const last = rows.at(-1);
    if (levels.length > LEVELS && phase === null && last !== undefined && last.steps.length + steps.length <= columns) {
      last.steps.push(...steps);
      continue;
    }
    const pieces = Math.ceil(steps.length / columns);
    const each = Math.ceil(steps.length / pieces);
    for (let from = 0; from < steps.length; from += each) {
      rows.push({ phase: from === 0 ? phase : null, steps: steps.slice(from, from + each) });
    }
  }
  return rows;
}

/** As many columns as give rows that fill the extent at the largest scale. */
export function columnsOf(steps: number, { width, height }: Extent): number {
  const filling = Math.sqrt((steps * RISE * width) / (height * COLUMN));
  return Math.max(Math.floor(width / COLUMN), Math.ceil(filling));
}

export interface Arrangement {
  readonly steps: ReadonlyMap<string, Place>;
  readonly phases: readonly { readonly name: string; readonly place: Place }[];
}

/** Rows on arcs around the eye, each further away and higher than the one before, each panel turned towards the eye. */
export function arrange(levels: readonly Level[], extent: Extent = wide): Arrangement {
  const count = levels.reduce((sum, { steps }) => sum + steps.length, 0);
  const rows = rowsOf(levels, columnsOf(count, extent));
  const widest = Math.max(1, ...rows.map(({ steps }) => steps.length));
  const scale = Math.min(1, extent.width / (widest * COLUMN), extent.height / (rows.length * RISE));
  const steps = new Map<string, Place>();
  const phases: { name: string; place: Place }[] = [];
  let elevation = Math.atan2(LOW - ((1 - scale) * sizes.step.height) / 2 - eye.y, NEAR);
  rows.forEach((row, index) => {
    const radius = NEAR + index * RECEDE * scale;
    const y = eye.y + radius * Math.tan(elevation);
    const angle = (column: number) => ((column - (row.steps.length - 1) / 2) * COLUMN * scale) / radius;
    row.steps.forEach((step, column) => {
      steps.set(step, around(radius, angle(column), y, scale));
    });
    if (row.phase !== null) {
      // at the left of the widest row, where nothing stands; else over the row's first panel
      const free = row.steps.length <= widest - 2;
      const column = free ? (row.steps.length - widest) / 2 : 0;
      const place = around(radius, angle(column), y, scale);
      const up = free ? 0 : (sizes.step.height + sizes.phase.height) / 2 + 0.02;
      phases.push({ name: row.phase, place: { ...place, ...pointOn(place, 0, up) } });
    }
    // the next one is seen just above it
    elevation += (RISE * scale * Math.cos(elevation)) / radius;
  });
  return { steps, phases };
}

/** @param angle from straight ahead to the right, in radians */
function around(radius: number, angle: number, y: number, scale: number): Place {
  const [x, z] = [radius * Math.sin(angle), radius * Math.cos(angle)];
  return { x, y, z, yaw: angle, pitch: -Math.atan2(y - eye.y, radius), scale };
}

/** where one leaves a headset's session */
export const leavePlace: Place = around(2.1, 0, 0.16, 0.8);

export interface Front {
  readonly request: Place;
  readonly question: Place;
  readonly choices: readonly Place[];
}

/**
 * What stands in front: the request, in the middle; while there is a question, nearer than all else, they share the middle. On a narrow
 * screen the question stands below.
 * @param choices null: no question
 */
export function arrangeFront(choices: number | null, extent: Extent = wide): Front {
  const beside = extent.width > sizes.request.width + sizes.question.width;
  const request = turnedLess(around(2.35, choices !== null && beside ? -0.47 : 0, 1.02, 1));
  const question = turnedLess(beside ? around(1.75, 0.42, 1.22, 0.92) : around(1.9, 0, 0.32, 1.15));
  const gap = 0.035;
  const first = sizes.question.height / 2 + gap + sizes.choice.height / 2;
  return {
    request,
    question,
    choices: Array.from({ length: choices ?? 0 }, (_, index) => {
      const alone = index === (choices ?? 0) - 1 && index % 2 === 0;
      const column = (sizes.question.width - sizes.choice.width) / 2;
      const right = alone ? 0 : index % 2 === 0 ? -column : column;
      const below = first + Math.floor(index / 2) * (sizes.choice.height + gap);
      return { ...question, ...pointOn(question, right, -below) };
    }),
  };
}

/** What is seen by a camera far behind the eye as well is turned half way. */
const turnedLess = (place: Place): Place => ({ ...place, yaw: place.yaw / 2, pitch: place.pitch / 2 });

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** A point on a panel. @param right, up from its middle, in metres at scale 1 */
export function pointOn({ x, y, z, yaw, pitch, scale }: Place, right: number, up: number): Point {
  const [side, rise] = [right * scale, up * scale];
  const lean = rise * Math.sin(pitch);
  return {
    x: x + side * Math.cos(yaw) + lean * Math.sin(yaw),
    y: y + rise * Math.cos(pitch),
    z: z - side * Math.sin(yaw) + lean * Math.cos(yaw),
  };
}

export function cornersOf(place: Place, { width, height }: Size): readonly Point[] {
  const [right, up] = [width / 2, height / 2];
  return [
    pointOn(place, -right, -up),
    pointOn(place, right, -up),
    pointOn(place, -right, up),
    pointOn(place, right, up),
  ];
}

export interface Lens {
  /** from top to bottom, in radians */
  readonly fov: number;
  /** width : height */
  readonly aspect: number;
  /** how far it looks down, in radians */
  readonly down: number;
}

/** Where a camera that looks straight ahead and a little down has all points in view, filling it: what it looks at, and from how far. */
export function frame(points: readonly Point[], { fov, aspect, down }: Lens): Point & { readonly distance: number } {
  const [minX, maxX] = bounds(points.map(({ x }) => x));
  const [minY, maxY] = bounds(points.map(({ y }) => y));
  const [minZ, maxZ] = bounds(points.map(({ z }) => z));
  const at = { x: (minX + maxX) / 2, y: (minY + maxY) / 2, z: (minZ + maxZ) / 2 };
  const [sin, cos] = [Math.sin(down), Math.cos(down)];
  const [tanY, tanX] = [Math.tan(fov / 2), Math.tan(fov / 2) * aspect];
  // seen from the camera, whose axis goes through `at`; first as if from infinitely far, then moved until the middle is in the middle
  const seen = points.map((point) => {
    const [dx, dy, dz] = [point.x - at.x, point.y - at.y, point.z - at.z];
    return { x: dx, y: dy * cos + dz * sin, depth: dz * cos - dy * sin };
  });
  let [distance, shift] = [0, 0];
  for (let round = 0; round < 8; round += 1) {
    distance = Math.max(
      ...seen.map(({ x, y, depth }) => Math.max(Math.abs(x) / tanX, Math.abs(y - shift) / tanY) - depth),
    );
    const heights = bounds(seen.map(({ y, depth }) => (y - shift) / (distance + depth)));
    shift += ((heights[0] + heights[1]) / 2) * distance;
  }
  return { x: at.x, y: at.y + shift * cos, z: at.z + shift * sin, distance };
}

const bounds = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];
