import { Matrix, Quaternion, Vector3 } from '@babylonjs/core/Maths/math.vector';
import type { Colour, Colours } from './colours.ts';
import type { Choice, Face } from './face.ts';
import { type Place, sizes } from './layout.ts';

/** What happens when a panel is selected. */
export type Target =
  | { readonly kind: 'step'; readonly stepId: string }
  | { readonly kind: 'choice'; readonly choice: Choice }
  | { readonly kind: 'leave' }
  | null;

interface Pose {
  x: number;
  y: number;
  z: number;
  yaw: number;
  pitch: number;
  scale: number;
  percent: number;
}

/** How fast panels come to where they belong: after 1/RATE seconds, two thirds of the way is done. */
const RATE = 7;
/** below this (metres, radians, shares) nobody sees a difference */
const STILL = 0.0005;

/** A panel on its way to where it belongs, showing a face. Free of the engine but for its matrices. */
export class Panel {
  readonly target: Target;
  face: Face;
  /** what can be selected is pointed at */
  hovered = false;
  /** its text is not drawn now: it is too small to be read */
  simplified = true;
  readonly matrix = Matrix.Identity();
  #place: Place;
  readonly #now: Pose;

  constructor(face: Face, place: Place, target: Target = null) {
    this.face = face;
    this.target = target;
    this.#place = place;
    // it grows where it belongs
    this.#now = { ...place, scale: place.scale * 0.82, percent: shareOf(face) };
    this.#compose();
  }

  get place(): Place {
    return this.#place;
  }

  moveTo(place: Place): void {
    this.#place = place;
  }

  /** Goes on by some seconds. @param still at once, without moving @returns whether there is more to come */
  step(seconds: number, still: boolean): boolean {
    const share = still ? 1 : 1 - Math.exp(-seconds * RATE);
    const now = this.#now;
    const goal: Pose = { ...this.#place, percent: shareOf(this.face) };
    let moving = false;
    for (const key of keys) {
      const away = goal[key] - now[key];
      if (away === 0) continue;
      const arrived =
        Math.abs(away) < STILL || (key === 'percent' && (goal.percent < 0 || goal.percent > 1 || now.percent > 1));
      now[key] = arrived ? goal[key] : now[key] + away * share;
      moving = true;
    }
    if (moving) this.#compose();
    return moving;
  }

  /** @param tint red, green, blue and the share done: see shaders.ts @param look size, border and wash */
  write(index: number, matrices: Float32Array, tints: Float32Array, looks: Float32Array, colours: Colours): void {
    const { width, height } = sizes[this.face.kind];
    const [red, green, blue] = tintOf(this.face, colours);
    this.matrix.copyToArray(matrices, index * 16);
    tints.set([red, green, blue, this.#now.percent], index * 4);
    looks.set([width, height, this.#border(), this.#wash()], index * 4);
  }

  #border(): number {
    const { kind, glow } = this.face;
    return glow !== 'none' || kind === 'question' || kind === 'choice' ? 1 : this.hovered ? 0.7 : 0;
  }

  #wash(): number {
    const { kind, tone } = this.face;
    if (kind === 'choice') return this.hovered ? 0.32 : 0.1;
    if (this.simplified) return tone === 'muted' ? 0.12 : 0.5;
    return tone === 'muted' ? 0 : this.hovered ? 0.16 : 0.07;
  }

  #compose(): void {
    const { width, height } = sizes[this.face.kind];
    const { x, y, z, yaw, pitch, scale } = this.#now;
    Matrix.ComposeToRef(
      new Vector3(width * scale, height * scale, scale),
      Quaternion.RotationYawPitchRoll(yaw, pitch, 0),
      new Vector3(x, y, z),
      this.matrix,
    );
  }
}

const keys = ['x', 'y', 'z', 'yaw', 'pitch', 'scale', 'percent'] as const;

const shareOf = ({ percent }: Face): number => (percent === null ? -1 : percent === 'unknown' ? 2 : percent / 100);

const tintOf = ({ tone }: Face, colours: Colours): Colour => colours[tone];
