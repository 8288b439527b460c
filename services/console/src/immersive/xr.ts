import { ShaderMaterial } from '@babylonjs/core/Materials/shaderMaterial';
import { Color4 } from '@babylonjs/core/Maths/math.color';
import { Quaternion, Vector3 } from '@babylonjs/core/Maths/math.vector';
import { CreateBox } from '@babylonjs/core/Meshes/Builders/boxBuilder';
import type { Mesh } from '@babylonjs/core/Meshes/mesh';
import type { Observer } from '@babylonjs/core/Misc/observable';
import type { Scene } from '@babylonjs/core/scene';
import { WebXRExperienceHelper } from '@babylonjs/core/XR/webXRExperienceHelper';
import { plain } from './shaders.ts';

/**
 * A headset's session. Controllers, hands, gaze and taps on a screen all have a ray and say when they select (WebXR Device API §10):
 * that is all that is asked of them. Babylon's own controller features load models from a server and want a gamepad.
 */
export type XrMode = 'immersive-vr' | 'immersive-ar';

export interface Ray {
  readonly origin: Vector3;
  readonly direction: Vector3;
}

export interface XrPorts {
  /** what a ray meets @returns how far away (m); null: nothing that can be selected */
  readonly point: (ray: Ray) => number | null;
  readonly select: (ray: Ray) => void;
  /** null: the session has ended */
  readonly changed: (mode: XrMode | null) => void;
}

const IDLE_LENGTH = 2.2;

export class Xr {
  readonly #scene: Scene;
  readonly #ports: XrPorts;
  readonly #helper: WebXRExperienceHelper;
  readonly #material: ShaderMaterial;
  readonly #beams = new Map<XRInputSource, { readonly beam: Mesh; readonly dot: Mesh }>();
  #frames: Observer<XRFrame> | null = null;

  static async create(scene: Scene, ports: XrPorts): Promise<Xr> {
    return new Xr(scene, ports, await WebXRExperienceHelper.CreateAsync(scene));
  }

  private constructor(scene: Scene, ports: XrPorts, helper: WebXRExperienceHelper) {
    this.#scene = scene;
    this.#ports = ports;
    this.#helper = helper;
    helper.camera.compensateOnFirstFrame = false;
    // one stands at the origin, and looks ahead
    helper.onInitialXRPoseSetObservable.add(({ position, rotationQuaternion }) => {
      position.setAll(0);
      rotationQuaternion.set(0, 0, 0, 1);
    });
    this.#material = new ShaderMaterial('beam', scene, plain, {
      attributes: ['position'],
      uniforms: ['world', 'viewProjection', 'color'],
      needAlphaBlending: true,
    });
    this.#material.setColor4('color', new Color4(0.75, 0.77, 1, 0.75));
  }

  /** @throws what the browser refuses the session with */
  async enter(mode: XrMode): Promise<void> {
    const { sessionManager } = this.#helper;
    await this.#helper.enterXRAsync(mode, 'local-floor', undefined, { optionalFeatures: ['hand-tracking'] });
    const { session } = sessionManager;
    this.#ports.changed(mode);
    session.addEventListener('select', (event) => {
      const ray = this.#rayOf(event.frame, event.inputSource);
      if (ray !== null) this.#ports.select(ray);
    });
    this.#frames = sessionManager.onXRFrameObservable.add((frame) => this.#point(frame, session.inputSources));
    session.addEventListener('end', () => this.#left(), { once: true });
  }

  async exit(): Promise<void> {
    await this.#helper.exitXRAsync();
  }

  #left(): void {
    this.#frames?.remove();
    this.#frames = null;
    for (const source of this.#beams.keys()) this.#drop(source);
    this.#ports.changed(null);
  }

  /** WebXR's axes are right-handed, Babylon's left-handed: z points the other way. */
  #rayOf(frame: XRFrame, { targetRaySpace }: XRInputSource): Ray | null {
    const pose = frame.getPose(targetRaySpace, this.#helper.sessionManager.referenceSpace);
    if (pose === undefined || pose === null) return null;
    const { position, orientation } = pose.transform;
    const turn = new Quaternion(orientation.x, orientation.y, -orientation.z, -orientation.w);
    return {
      origin: new Vector3(position.x, position.y, -position.z),
      direction: Vector3.Forward().applyRotationQuaternion(turn),
    };
  }

  #point(frame: XRFrame, sources: Iterable<XRInputSource>): void {
    const now = new Set(sources);
    for (const source of this.#beams.keys()) {
      if (!now.has(source)) this.#drop(source);
    }
    for (const source of now) {
      const ray = this.#rayOf(frame, source);
      if (ray === null) continue;
      const met = this.#ports.point(ray);
      if (source.targetRayMode === 'tracked-pointer') this.#aim(source, ray, met);
    }
  }

  #aim(source: XRInputSource, { origin, direction }: Ray, met: number | null): void {
    const { beam, dot } = this.#beams.get(source) ?? this.#make(source);
    const length = met ?? IDLE_LENGTH;
    beam.position.copyFrom(origin.add(direction.scale(length / 2)));
    beam.lookAt(origin.add(direction.scale(length * 2)));
    beam.scaling.z = length;
    beam.visibility = met === null ? 0.4 : 1;
    dot.isVisible = met !== null;
    dot.position.copyFrom(origin.add(direction.scale(length - 0.004)));
  }

  #make(source: XRInputSource): { readonly beam: Mesh; readonly dot: Mesh } {
    const made = { beam: this.#box(0.004, 1), dot: this.#box(0.016, 0.016) };
    this.#beams.set(source, made);
    return made;
  }

  #box(size: number, depth: number): Mesh {
    const box = CreateBox('beam', { width: size, height: size, depth }, this.#scene);
    box.material = this.#material;
    box.alphaIndex = 5;
    box.isPickable = false;
    return box;
  }

  #drop(source: XRInputSource): void {
    const it = this.#beams.get(source);
    it?.beam.dispose();
    it?.dot.dispose();
    this.#beams.delete(source);
  }
}
