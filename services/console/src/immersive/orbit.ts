import { ArcRotateCamera } from '@babylonjs/core/Cameras/arcRotateCamera';
import { Vector3 } from '@babylonjs/core/Maths/math.vector';
import type { Scene } from '@babylonjs/core/scene';
import { frame, type Point } from './layout.ts';

const FOV = 0.75;
const DOWN = 0.07;
const AHEAD = -Math.PI / 2;
const TURN = 0.12;
/** part of the way that is done after 1/RATE seconds: two thirds */
const RATE = 5;

interface View {
  readonly target: Vector3;
  readonly radius: number;
}

/** The camera of an ordinary screen: it has everything in view until somebody takes it in hand, by mouse, finger or keyboard. */
export class Orbit {
  readonly camera: ArcRotateCamera;
  readonly #canvas: HTMLCanvasElement;
  #points: readonly Point[] = [];
  #goal: View | null = null;
  #inHand = false;

  constructor(scene: Scene, canvas: HTMLCanvasElement, signal: AbortSignal) {
    this.#canvas = canvas;
    this.camera = new ArcRotateCamera('orbit', AHEAD, Math.PI / 2 - DOWN, 6, new Vector3(0, 1.6, 3), scene);
    const { camera } = this;
    camera.fov = FOV;
    camera.minZ = 0.05;
    camera.maxZ = 150;
    camera.lowerAlphaLimit = AHEAD - 1.3;
    camera.upperAlphaLimit = AHEAD + 1.3;
    camera.lowerBetaLimit = 0.35;
    camera.upperBetaLimit = 1.72;
    camera.lowerRadiusLimit = 0.7;
    camera.wheelDeltaPercentage = 0.008;
    camera.pinchDeltaPercentage = 0.008;
    camera.panningSensibility = 500;
    // arrows, + and - are handled here, for Babylon's keyboard has no zoom without Alt
    camera.inputs.removeByType('ArcRotateCameraKeyboardMoveInput');
    camera.attachControl(false);
    const taken = () => this.#take();
    canvas.addEventListener('pointerdown', taken, { signal });
    canvas.addEventListener('wheel', taken, { signal, passive: true });
    canvas.addEventListener('keydown', (event) => this.#key(event), { signal });
  }

  /** What shall be in view. @param still at once */
  show(points: readonly Point[], still: boolean): void {
    this.#points = points;
    if (!this.#inHand && points.length > 0) this.#aim(this.#overview(), still);
  }

  /** As it was before somebody took it in hand. */
  reset(still: boolean): void {
    this.#inHand = false;
    this.camera.inertialAlphaOffset = this.camera.inertialBetaOffset = this.camera.inertialRadiusOffset = 0;
    this.#aim(this.#overview(), still);
  }

  /** Goes to something to look at it. @param height how tall it is (m) */
  approach({ x, y, z }: Point, height: number, still: boolean): void {
    this.#inHand = true;
    this.#aim({ target: new Vector3(x, y, z), radius: Math.max(0.75, height / 2 / Math.tan(FOV / 2) / 0.4) }, still);
  }

  /** Goes on by some seconds. @returns whether it moves */
  step(seconds: number): boolean {
    const { camera } = this;
    const glides =
      Math.abs(camera.inertialAlphaOffset) +
        Math.abs(camera.inertialBetaOffset) +
        Math.abs(camera.inertialRadiusOffset) >
        1e-5 || Math.abs(camera.inertialPanningX) + Math.abs(camera.inertialPanningY) > 1e-5;
    if (this.#goal === null) return glides;
    const share = 1 - Math.exp(-seconds * RATE);
    const { target, radius } = this.#goal;
    const turned = this.#inHand ? 0 : AHEAD - camera.alpha;
    const tilted = this.#inHand ? 0 : Math.PI / 2 - DOWN - camera.beta;
    camera.alpha += turned * share;
    camera.beta += tilted * share;
    camera.radius += (radius - camera.radius) * share;
    // in place: its setter would turn the camera where it stands
    Vector3.LerpToRef(camera.target, target, share, camera.target);
    const left =
      Vector3.Distance(camera.target, target) + Math.abs(radius - camera.radius) + Math.abs(turned) + Math.abs(tilted);
    if (left < 0.004) this.#goal = null;
    return true;
  }

  #overview(): View {
    const aspect = this.#canvas.clientWidth / Math.max(1, this.#canvas.clientHeight);
    const { x, y, z, distance } = frame(this.#points, { fov: FOV, aspect, down: DOWN });
    const radius = distance * 1.08;
    this.camera.upperRadiusLimit = Math.max(12, radius * 2.5);
    return { target: new Vector3(x, y, z), radius };
  }

  #aim(view: View, still: boolean): void {
    this.#goal = view;
    if (still) this.step(Number.POSITIVE_INFINITY);
  }

  #take(): void {
    this.#inHand = true;
    this.#goal = null;
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { camera } = this;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => {
        camera.alpha -= TURN;
      },
      ArrowRight: () => {
        camera.alpha += TURN;
      },
      ArrowUp: () => {
        camera.beta -= TURN / 2;
      },
      ArrowDown: () => {
        camera.beta += TURN / 2;
      },
      '+': () => {
        camera.radius *= 0.85;
      },
      '=': () => {
        camera.radius *= 0.85;
      },
      '-': () => {
        camera.radius /= 0.85;
      },
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    this.#take();
    move();
  }
}
