import { Constants } from '@babylonjs/core/Engines/constants';
import { ShaderMaterial } from '@babylonjs/core/Materials/shaderMaterial';
import { DynamicTexture } from '@babylonjs/core/Materials/Textures/dynamicTexture';
import { Texture } from '@babylonjs/core/Materials/Textures/texture';
import { Matrix } from '@babylonjs/core/Maths/math.vector';
import { CreatePlane } from '@babylonjs/core/Meshes/Builders/planeBuilder';
import type { Mesh } from '@babylonjs/core/Meshes/mesh';
import type { Scene } from '@babylonjs/core/scene';
import type { Colours } from './colours.ts';
import type { Face } from './face.ts';
import type { PanelKind } from './layout.ts';
import { paint, pixelsOf } from './paint.ts';
import type { Panel } from './panel.ts';
import { caption } from './shaders.ts';

/** Text that grows is drawn anew at most this often (ms). */
const REDRAW_MS = 100;
/** in front of the plate, in metres at scale 1, so that the two do not fight */
const LIFT = 0.006;

interface Caption {
  readonly mesh: Mesh;
  readonly material: ShaderMaterial;
  readonly texture: DynamicTexture;
  readonly context: CanvasRenderingContext2D;
  drawn: Face | null;
  drawnAt: number;
}

/** The texts on panels: a texture for each that is read now, lent from a pool. */
export class Captions {
  readonly #scene: Scene;
  readonly #lent = new Map<Panel, Caption>();
  readonly #free = new Map<PanelKind, Caption[]>();
  #colours: Colours;

  constructor(scene: Scene, colours: Colours) {
    this.#scene = scene;
    this.#colours = colours;
  }

  /** These and no others have their text drawn. */
  lend(panels: ReadonlySet<Panel>): void {
    for (const [panel, it] of this.#lent) {
      if (panels.has(panel)) continue;
      this.#lent.delete(panel);
      this.#free.set(panel.face.kind, [...(this.#free.get(panel.face.kind) ?? []), it]);
      it.mesh.setEnabled(false);
      it.drawn = null;
      panel.simplified = true;
    }
    for (const panel of panels) {
      if (this.#lent.has(panel)) continue;
      const it = this.#free.get(panel.face.kind)?.pop() ?? this.#make(panel.face.kind);
      it.mesh.setEnabled(true);
      this.#lent.set(panel, it);
      panel.simplified = false;
    }
  }

  /** @returns whether some text still has to be drawn anew */
  draw(now: number): boolean {
    let late = false;
    for (const [panel, it] of this.#lent) {
      it.mesh.freezeWorldMatrix(inFrontOf(panel.matrix));
      if (it.drawn === panel.face) continue;
      if (now - it.drawnAt < REDRAW_MS && it.drawn !== null) {
        late = true;
        continue;
      }
      paint(it.context, panel.face, this.#colours);
      it.texture.update(true, true);
      it.drawn = panel.face;
      it.drawnAt = now;
    }
    return late;
  }

  colour(colours: Colours): void {
    this.#colours = colours;
    for (const it of this.#lent.values()) it.drawn = null;
  }

  #make(kind: PanelKind): Caption {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, pixelsOf(kind));
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('the browser gives no canvas to draw text on');
    const texture = new DynamicTexture(kind, canvas, this.#scene, true, Texture.TRILINEAR_SAMPLINGMODE);
    texture.anisotropicFilteringLevel = 8;
    const material = new ShaderMaterial('caption', this.#scene, caption, {
      attributes: ['position', 'uv'],
      uniforms: ['world', 'viewProjection', 'shown'],
      samplers: ['text'],
      needAlphaBlending: true,
    });
    material.alphaMode = Constants.ALPHA_PREMULTIPLIED;
    material.setTexture('text', texture);
    material.setFloat('shown', 1);
    const mesh = CreatePlane('caption', { size: 1 }, this.#scene);
    mesh.material = material;
    mesh.alphaIndex = 4;
    mesh.isPickable = false;
    mesh.alwaysSelectAsActiveMesh = true;
    return { mesh, material, texture, context, drawn: null, drawnAt: 0 };
  }
}

const lift = Matrix.Translation(0, 0, -LIFT);
const inFrontOf = (plate: Matrix): Matrix => lift.multiply(plate);
