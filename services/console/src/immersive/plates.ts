import '@babylonjs/core/Meshes/thinInstanceMesh';
import '@babylonjs/core/Shaders/ShadersInclude/instancesDeclaration';
import '@babylonjs/core/Shaders/ShadersInclude/instancesVertex';
import { ShaderMaterial } from '@babylonjs/core/Materials/shaderMaterial';
import { Color3 } from '@babylonjs/core/Maths/math.color';
import { CreatePlane } from '@babylonjs/core/Meshes/Builders/planeBuilder';
import type { Mesh } from '@babylonjs/core/Meshes/mesh';
import type { Scene } from '@babylonjs/core/scene';
import type { Colour, Colours } from './colours.ts';
import type { Panel } from './panel.ts';
import { glow, plate } from './shaders.ts';

/** Draws any number of panels' plates at once, and the light around those that are active: two draw calls. */
export class Plates {
  readonly mesh: Mesh;
  readonly #glow: Mesh;
  readonly #plate: ShaderMaterial;
  readonly #light: ShaderMaterial;
  #panels: readonly Panel[] = [];
  #capacity = 0;
  #matrices = new Float32Array();
  #tints = new Float32Array();
  #looks = new Float32Array();
  #glowMatrices = new Float32Array();
  #glowTints = new Float32Array();
  #glowLooks = new Float32Array();

  constructor(scene: Scene) {
    const options = {
      attributes: ['position', 'tint', 'look'],
      uniforms: ['world', 'viewProjection', 'time', 'panel', 'line', 'track'],
      needAlphaBlending: true,
    };
    this.#plate = new ShaderMaterial('plate', scene, plate, options);
    this.#light = new ShaderMaterial('glow', scene, glow, options);
    // plates hide what is behind them, although their edges are soft
    this.#plate.forceDepthWrite = true;
    this.mesh = instances('plates', scene, this.#plate, 3);
    this.#glow = instances('glow', scene, this.#light, 1);
    this.mesh.thinInstanceEnablePicking = true;
    this.mesh.isPickable = true;
  }

  /** In the order in which they are drawn: what is further away first. */
  set panels(panels: readonly Panel[]) {
    this.#panels = panels;
    if (panels.length > this.#capacity) this.#grow(Math.max(32, 2 * panels.length));
    this.mesh.thinInstanceCount = panels.length;
  }

  at(index: number): Panel | null {
    return this.#panels[index] ?? null;
  }

  /** @param pulse 0…1: how bright active panels glow now */
  draw(colours: Colours, pulse: number): void {
    let glowing = 0;
    this.#panels.forEach((panel, index) => {
      panel.write(index, this.#matrices, this.#tints, this.#looks, colours);
      if (panel.face.glow === 'none' && !panel.hovered) return;
      this.#glowMatrices.set(this.#matrices.subarray(index * 16, index * 16 + 16), glowing * 16);
      this.#glowTints.set(this.#tints.subarray(index * 4, index * 4 + 4), glowing * 4);
      this.#glowLooks.set(this.#looks.subarray(index * 4, index * 4 + 2), glowing * 4);
      this.#glowLooks[glowing * 4 + 2] = panel.face.kind === 'request' ? 0.18 : 0.2 + 0.16 * pulse;
      glowing += 1;
    });
    this.#glow.thinInstanceCount = glowing;
    for (const mesh of [this.mesh, this.#glow]) {
      mesh.isVisible = mesh.thinInstanceCount > 0;
      for (const kind of ['matrix', 'tint', 'look']) mesh.thinInstanceBufferUpdated(kind);
    }
  }

  /** Before something is picked: where it can be at all. */
  bound(): void {
    this.mesh.thinInstanceRefreshBoundingInfo(true);
  }

  colour({ panel, line, sunken }: Colours): void {
    this.#plate.setColor3('panel', color3(panel));
    this.#plate.setColor3('line', color3(line));
    this.#plate.setColor3('track', color3(sunken));
  }

  set time(seconds: number) {
    this.#plate.setFloat('time', seconds);
  }

  #grow(capacity: number): void {
    this.#capacity = capacity;
    [this.#matrices, this.#tints, this.#looks] = buffersFor(this.mesh, capacity);
    [this.#glowMatrices, this.#glowTints, this.#glowLooks] = buffersFor(this.#glow, capacity);
  }
}

export const color3 = ([red, green, blue]: Colour): Color3 => new Color3(red, green, blue);

function instances(name: string, scene: Scene, material: ShaderMaterial, order: number): Mesh {
  const mesh = CreatePlane(name, { size: 1 }, scene);
  material.backFaceCulling = false;
  mesh.material = material;
  mesh.alphaIndex = order;
  mesh.isPickable = false;
  mesh.alwaysSelectAsActiveMesh = true;
  return mesh;
}

type Buffer32 = Float32Array<ArrayBuffer>;

function buffersFor(mesh: Mesh, capacity: number): readonly [Buffer32, Buffer32, Buffer32] {
  const buffers = [
    new Float32Array(capacity * 16),
    new Float32Array(capacity * 4),
    new Float32Array(capacity * 4),
  ] as const;
  mesh.thinInstanceSetBuffer('matrix', buffers[0], 16, false);
  mesh.thinInstanceSetBuffer('tint', buffers[1], 4, false);
  mesh.thinInstanceSetBuffer('look', buffers[2], 4, false);
  return buffers;
}
