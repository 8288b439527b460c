import { VertexBuffer } from '@babylonjs/core/Buffers/buffer';
import { ShaderMaterial } from '@babylonjs/core/Materials/shaderMaterial';
import { Vector3 } from '@babylonjs/core/Maths/math.vector';
import { Mesh } from '@babylonjs/core/Meshes/mesh';
import { VertexData } from '@babylonjs/core/Meshes/mesh.vertexData';
import type { Scene } from '@babylonjs/core/scene';
import type { Colour } from './colours.ts';
import { eye, type Place, pointOn, type Size } from './layout.ts';
import { link } from './shaders.ts';

export interface Link {
  readonly from: Place;
  readonly fromSize: Size;
  readonly to: Place;
  readonly toSize: Size;
}

export interface LinkLook {
  readonly colour: Colour;
  /** something flows along it */
  readonly flows: boolean;
}

const PIECES = 18;
const WIDTH = 0.011;
/** more than these make no picture */
const MOST = 1_500;

/** Ribbons from what is waited for to what waits, in one mesh. */
export class Links {
  readonly #scene: Scene;
  readonly #material: ShaderMaterial;
  #mesh: Mesh | null = null;
  #tints = new Float32Array();
  #looks: readonly LinkLook[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#material = new ShaderMaterial('link', scene, link, {
      attributes: ['position', 'uv', 'tint'],
      uniforms: ['world', 'viewProjection', 'time'],
      needAlphaBlending: true,
    });
    this.#material.backFaceCulling = false;
  }

  set time(seconds: number) {
    this.#material.setFloat('time', seconds);
  }

  /** Lays them anew. */
  lay(all: readonly Link[]): void {
    const links = all.slice(0, MOST);
    this.#mesh?.dispose();
    this.#mesh = null;
    this.#looks = [];
    if (links.length === 0) return;
    const data = new VertexData();
    const [positions, uvs, indices]: [number[], number[], number[]] = [[], [], []];
    for (const it of links) ribbon(it, positions, uvs, indices);
    data.positions = positions;
    data.uvs = uvs;
    data.indices = indices;
    const mesh = new Mesh('links', this.#scene);
    data.applyToMesh(mesh);
    this.#tints = new Float32Array((positions.length / 3) * 4);
    mesh.setVerticesBuffer(
      new VertexBuffer(this.#scene.getEngine(), this.#tints, 'tint', { updatable: true, stride: 4, size: 4 }),
    );
    mesh.material = this.#material;
    mesh.alphaIndex = 2;
    mesh.isPickable = false;
    mesh.alwaysSelectAsActiveMesh = true;
    this.#mesh = mesh;
  }

  /** One look for each that was laid. */
  colour(looks: readonly LinkLook[]): void {
    if (this.#mesh === null) return;
    const each = (PIECES + 1) * 2 * 4;
    let changed = false;
    looks.slice(0, MOST).forEach(({ colour, flows }, index) => {
      const last = this.#looks[index];
      if (last?.colour === colour && last.flows === flows) return;
      changed = true;
      for (let at = index * each; at < (index + 1) * each; at += 4) this.#tints.set([...colour, flows ? 1 : 0], at);
    });
    this.#looks = looks;
    if (changed) this.#mesh.getVertexBuffer('tint')?.update(this.#tints);
  }
}

/** A curve that leaves upwards and comes from below, or from the side where both stand in one row; flat towards the eye. */
function ribbon({ from, fromSize, to, toSize }: Link, positions: number[], uvs: number[], indices: number[]): void {
  const aside = Math.abs(to.y - from.y) < 0.01;
  const [start, end] = aside
    ? [edge(from, fromSize.width / 2, 0), edge(to, -toSize.width / 2, 0)]
    : [edge(from, 0, fromSize.height / 2), edge(to, 0, -toSize.height / 2)];
  const away = aside ? end.subtract(start).scale(0.4) : new Vector3(0, (end.y - start.y) * 0.55, 0);
  const [one, other] = [start.add(away), end.subtract(away)];
  const first = positions.length / 3;
  const width = WIDTH * Math.max(0.45, to.scale);
  let [along, last] = [0, start];
  for (let piece = 0; piece <= PIECES; piece += 1) {
    const at = bezier(start, one, other, end, piece / PIECES);
    const next = bezier(start, one, other, end, Math.min(1, (piece + 1) / PIECES));
    const before = bezier(start, one, other, end, Math.max(0, (piece - 1) / PIECES));
    const toEye = new Vector3(eye.x, eye.y, eye.z).subtract(at);
    const side = Vector3.Cross(next.subtract(before), toEye).normalize().scale(width);
    along += Vector3.Distance(last, at);
    last = at;
    for (const across of [-1, 1]) {
      const vertex = at.add(side.scale(across));
      positions.push(vertex.x, vertex.y, vertex.z);
      uvs.push(along / to.scale, across);
    }
    if (piece === 0) continue;
    const base = first + piece * 2;
    indices.push(base - 2, base - 1, base, base, base - 1, base + 1);
  }
}

function edge(place: Place, right: number, up: number): Vector3 {
  const { x, y, z } = pointOn(place, right, up);
  return new Vector3(x, y, z);
}

function bezier(a: Vector3, b: Vector3, c: Vector3, d: Vector3, t: number): Vector3 {
  const s = 1 - t;
  return a
    .scale(s * s * s)
    .addInPlace(b.scale(3 * s * s * t))
    .addInPlace(c.scale(3 * s * t * t))
    .addInPlace(d.scale(t * t * t));
}
