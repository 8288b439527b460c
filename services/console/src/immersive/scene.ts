import { Ray as PickingRay } from '@babylonjs/core/Culling/ray';
import { RegisterEngineDynamicBuffer } from '@babylonjs/core/Engines/Extensions/engine.dynamicBuffer.pure';
import { Engine } from '@babylonjs/core/Engines/engine.pure';
import { RegisterStandardEngineExtensions } from '@babylonjs/core/Engines/engineRegistration.pure';
import { ShaderMaterial } from '@babylonjs/core/Materials/shaderMaterial';
import { Color4 } from '@babylonjs/core/Maths/math.color';
import { CreatePlane } from '@babylonjs/core/Meshes/Builders/planeBuilder';
import type { Mesh } from '@babylonjs/core/Meshes/mesh';
import { Logger } from '@babylonjs/core/Misc/logger';
import { RegisterScene, Scene } from '@babylonjs/core/scene.pure';
import { Captions } from './captions.ts';
import { type Colours, coloursAt, onThemeChange } from './colours.ts';
import { narrow, wide } from './layout.ts';
import { Links } from './links.ts';
import { Orbit } from './orbit.ts';
import type { Panel } from './panel.ts';
import { type Contents, Panels } from './panels.ts';
import { color3, Plates } from './plates.ts';
import { readable } from './readable.ts';
import { floor } from './shaders.ts';
import { type Ray, Xr, type XrMode } from './xr.ts';

// of what an engine can do, this much: loaders of textures and environments, some of which come from other servers, are left out
Logger.LogLevels = Logger.WarningLogLevel | Logger.ErrorLogLevel;
RegisterStandardEngineExtensions();
RegisterEngineDynamicBuffer();
RegisterScene();

export interface SpacePorts {
  readonly answer: (value: unknown) => void;
  readonly xrChanged: (mode: XrMode | null) => void;
  /** the graphics card gave up; it may come back */
  readonly lost: (lost: boolean) => void;
}

/** what only pulses is drawn at half the rate of what moves (ms) */
const AMBIENT_MS = 32;
/** frames that take longer (ms) are drawn without a graphics card: then the page has as much time for all else */
const SLOW_MS = 50;
/** which texts can be read is looked at this often (ms) */
const READ_MS = 150;
/** a pointer that moved further between down and up (px) has turned the space, and selected nothing */
const TAP = 6;

/** The one scene: what {@link show} was given, drawn on a canvas or in a headset. Whoever makes it disposes of it. */
export class Space {
  readonly #canvas: HTMLCanvasElement;
  readonly #ports: SpacePorts;
  readonly #engine: Engine;
  readonly #scene: Scene;
  readonly #orbit: Orbit;
  readonly #plates: Plates;
  readonly #captions: Captions;
  readonly #links: Links;
  readonly #floor: Mesh;
  readonly #panels = new Panels();
  readonly #closing = new AbortController();
  readonly #reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
  #xr: Promise<Xr> | null = null;
  #mode: XrMode | null = null;
  #colours: Colours;
  #contents: Contents | null = null;
  #extent = wide;
  #hovered: Panel | null = null;
  /** so many frames are drawn yet; none while nothing changes */
  #due = 0;
  /** a person moves it: what they do is seen at once */
  #inHand = false;
  #drawnAt = 0;
  /** of the frame before, and how long frames take that are drawn (ms) */
  #framedAt = 0;
  #pace = 0;
  #readAt = 0;
  /** what can be read may have changed */
  #unread = true;
  #bounded = false;

  /** @param canvas in the document, with its size given by its styles; another one for another space @throws without WebGL 2 */
  constructor(canvas: HTMLCanvasElement, ports: SpacePorts) {
    this.#canvas = canvas;
    this.#ports = ports;
    const { signal } = this.#closing;
    this.#engine = new Engine(canvas, true, { stencil: false, audioEngine: false, loseContextOnDispose: true });
    if (this.#engine.version < 2) {
      this.#engine.dispose();
      throw new Error('this browser has no WebGL 2');
    }
    this.#scene = new Scene(this.#engine, { useGeometryUniqueIdsMap: false });
    const scene = this.#scene;
    // what is pointed at is looked for here, once for each frame
    scene.skipPointerMovePicking = scene.skipPointerDownPicking = scene.skipPointerUpPicking = true;
    this.#orbit = new Orbit(scene, canvas, signal);
    this.#floor = floorOf(scene);
    this.#plates = new Plates(scene);
    this.#links = new Links(scene);
    this.#colours = coloursAt(document.documentElement);
    this.#captions = new Captions(scene, this.#colours);
    this.#colour();
    this.#listen(signal);
    this.#resize();
    this.#engine.runRenderLoop(() => this.#frame(performance.now()));
  }

  show(contents: Contents): void {
    this.#contents = contents;
    const changed = this.#panels.show(contents, this.#mode === null ? this.#extent : wide, this.#mode !== null);
    if (changed) {
      this.#plates.panels = this.#panels.all.filter(({ face }) => face.kind !== 'phase');
      this.#bounded = false;
      this.#readAt = 0;
      this.#hover(null);
      this.#orbit.show(this.#panels.corners, this.#reducedMotion.matches || this.#drawnAt === 0);
      this.#links.lay(this.#panels.links);
    }
    this.#links.colour(this.#panels.linkLooks(this.#colours));
    this.#unread = true;
    this.#wake();
  }

  /** Everything is in view again. */
  overview(): void {
    this.#orbit.reset(this.#reducedMotion.matches);
    this.#wake();
  }

  approach(stepId: string): void {
    const panel = this.#panels.step(stepId);
    if (panel === null || this.#mode !== null) return;
    this.#orbit.approach(panel.place, 0.5 * panel.place.scale, this.#reducedMotion.matches);
    this.#wake();
  }

  /** Must follow on something that a person did. @throws what the browser refuses it with */
  async enter(mode: XrMode): Promise<void> {
    this.#xr ??= Xr.create(this.#scene, {
      point: (ray) => this.#point(ray),
      select: (ray) => this.#select(this.#meets(ray)?.panel ?? null),
      changed: (now) => this.#changeMode(now),
    });
    await (await this.#xr).enter(mode);
  }

  async exit(): Promise<void> {
    await (await this.#xr)?.exit();
  }

  dispose(): void {
    this.#closing.abort();
    this.#engine.stopRenderLoop();
    // which also ends a headset's session
    this.#scene.dispose();
    this.#engine.dispose();
  }

  #listen(signal: AbortSignal): void {
    const canvas = this.#canvas;
    const resizing = new ResizeObserver(() => this.#resize());
    resizing.observe(canvas);
    signal.addEventListener('abort', () => resizing.disconnect());
    signal.addEventListener(
      'abort',
      onThemeChange(() => this.#colour()),
    );
    let down = { x: 0, y: 0 };
    const wake = () => {
      this.#inHand = true;
      this.#wake();
    };
    for (const type of ['pointerdown', 'pointermove', 'wheel', 'keydown', 'keyup'] as const) {
      canvas.addEventListener(type, wake, { signal, passive: true });
    }
    canvas.addEventListener(
      'pointerdown',
      ({ clientX: x, clientY: y }) => {
        down = { x, y };
      },
      { signal },
    );
    canvas.addEventListener('pointermove', (event) => this.#hover(event.buttons === 0 ? this.#under(event) : null), {
      signal,
    });
    canvas.addEventListener('pointerleave', () => this.#hover(null), { signal });
    canvas.addEventListener(
      'pointerup',
      (event) => {
        if (Math.hypot(event.clientX - down.x, event.clientY - down.y) < TAP) this.#select(this.#under(event));
      },
      { signal },
    );
    this.#engine.onContextLostObservable.add(() => this.#ports.lost(true));
    this.#engine.onContextRestoredObservable.add(() => {
      this.#ports.lost(false);
      this.#colour();
    });
  }

  #resize(): void {
    // in a headset the canvas has the headset's size, and the session looks after it
    if (this.#mode !== null) return;
    this.#engine.setHardwareScalingLevel(1 / Math.min(devicePixelRatio, 2));
    this.#engine.resize(true);
    this.#extent = this.#canvas.clientWidth < this.#canvas.clientHeight ? narrow : wide;
    if (this.#contents !== null) this.show(this.#contents);
    this.#orbit.show(this.#panels.corners, true);
    this.#wake();
  }

  #colour(): void {
    this.#colours = coloursAt(document.documentElement);
    const { ground, edge } = this.#colours;
    this.#scene.clearColor = new Color4(...ground, this.#mode === 'immersive-ar' ? 0 : 1);
    this.#plates.colour(this.#colours);
    this.#captions.colour(this.#colours);
    this.#links.colour(this.#panels.linkLooks(this.#colours));
    if (this.#floor.material instanceof ShaderMaterial) this.#floor.material.setColor3('color', color3(edge));
    this.#wake();
  }

  #changeMode(mode: XrMode | null): void {
    if (this.#closing.signal.aborted) return;
    this.#mode = mode;
    this.#floor.setEnabled(mode !== 'immersive-ar');
    this.#colour();
    if (this.#contents !== null) this.show(this.#contents);
    if (mode === null) this.#resize();
    this.#ports.xrChanged(mode);
  }

  #wake(frames = 2): void {
    this.#due = Math.max(this.#due, frames);
  }

  #frame(now: number): void {
    const still = this.#reducedMotion.matches;
    const ambient = !still && this.#panels.all.some(({ face }) => face.glow === 'pulse');
    const awake = this.#due > 0 || this.#mode !== null;
    if (this.#framedAt === this.#drawnAt) this.#pace += (now - this.#framedAt - this.#pace) * 0.3;
    this.#framedAt = now;
    const rested = this.#mode !== null || this.#inHand || this.#pace < SLOW_MS || now - this.#drawnAt > 2 * this.#pace;
    if (!rested || !(awake || (ambient && now - this.#drawnAt >= AMBIENT_MS))) return;
    const seconds = Math.min(0.25, (now - this.#drawnAt) / 1_000);
    this.#drawnAt = now;
    this.#due -= 1;
    let moving = this.#orbit.step(seconds);
    for (const panel of this.#panels.all) moving = panel.step(seconds, still) || moving;
    if (moving) this.#unread = true;
    if (this.#unread && now - this.#readAt > READ_MS) {
      this.#readAt = now;
      this.#unread = moving;
      this.#captions.lend(readable(this.#panels.all, this.#scene.activeCamera, this.#canvas.clientHeight));
    }
    const late = this.#captions.draw(now) || this.#unread;
    if (moving || late) this.#wake();
    else if (this.#due <= 0) this.#inHand = false;
    const time = still ? 0 : (now / 1_000) % 3_600;
    this.#plates.time = this.#links.time = time;
    this.#plates.draw(this.#colours, still ? 0.5 : 0.5 + 0.5 * Math.sin(time * 2.2));
    if (moving) this.#bounded = false;
    this.#scene.render();
    // shaders compile beside: what they draw is not seen before
    if (this.#due <= 0 && !this.#scene.isReady()) this.#wake();
  }

  #under({ offsetX, offsetY }: PointerEvent): Panel | null {
    const { origin, direction } = this.#scene.createPickingRay(offsetX, offsetY, null, this.#orbit.camera);
    return this.#meets({ origin, direction })?.panel ?? null;
  }

  #meets({ origin, direction }: Ray): { readonly panel: Panel; readonly distance: number } | null {
    if (!this.#bounded) this.#plates.bound();
    this.#bounded = true;
    const met = this.#scene.pickWithRay(new PickingRay(origin, direction, 100), (mesh) => mesh === this.#plates.mesh);
    const panel = met?.hit ? this.#plates.at(met.thinInstanceIndex) : null;
    return met === null || panel === null ? null : { panel, distance: met.distance };
  }

  #point(ray: Ray): number | null {
    const met = this.#meets(ray);
    this.#hover(met?.panel ?? null);
    return met?.distance ?? null;
  }

  #hover(panel: Panel | null): void {
    const next = panel?.target === null ? null : panel;
    if (next === this.#hovered) return;
    if (this.#hovered !== null) this.#hovered.hovered = false;
    if (next !== null) next.hovered = true;
    this.#hovered = next;
    this.#canvas.style.cursor = next === null ? 'grab' : 'pointer';
    this.#wake();
  }

  #select(panel: Panel | null): void {
    const target = panel?.target ?? null;
    if (target === null) return;
    if (target.kind === 'choice') this.#ports.answer(target.choice.value);
    else if (target.kind === 'leave') void this.exit();
    else this.approach(target.stepId);
  }
}

function floorOf(scene: Scene): Mesh {
  const plane = CreatePlane('floor', { size: 24 }, scene);
  plane.rotation.x = Math.PI / 2;
  plane.position.z = 2.6;
  plane.material = new ShaderMaterial('floor', scene, floor, {
    attributes: ['position'],
    uniforms: ['world', 'viewProjection', 'color'],
    needAlphaBlending: true,
  });
  plane.material.backFaceCulling = false;
  plane.alphaIndex = 0;
  plane.isPickable = false;
  return plane;
}
