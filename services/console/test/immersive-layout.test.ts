import { describe, expect, test } from '@jest/globals';
import {
  arrange,
  arrangeFront,
  cornersOf,
  eye,
  frame,
  type Level,
  narrow,
  type PanelKind,
  type Place,
  rowsOf,
  sizes,
  wide,
} from '../src/immersive/layout.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, nth) => nth);
const level = (phase: string | null, ...steps: string[]): Level => ({ phase, steps });
const check = [
  level('Understand', 'find'),
  level('Check', 'scams', 'domains', 'phones', 'web', 'sender'),
  level('Conclude', 'weigh'),
];
const atOnce = (count: number): Level[] => [level(null, ...upTo(count).map((nth) => `s${nth}`))];
const inTurn = (count: number): Level[] => upTo(count).map((nth) => level(null, `s${nth}`));

const placesOf = (levels: readonly Level[], extent = wide): ReadonlyMap<string, Place> => arrange(levels, extent).steps;
const at = (places: ReadonlyMap<string, Place>, step: string): Place => {
  const place = places.get(step);
  if (place === undefined) throw new Error(`${step} has no place`);
  return place;
};

/** what of the eye's view a panel covers, in radians: around, and up */
function seenFromEye(place: Place, kind: PanelKind) {
  const corners = cornersOf(place, sizes[kind]).map(({ x, y, z }) => ({
    around: Math.atan2(x - eye.x, z - eye.z),
    up: Math.atan2(y - eye.y, Math.hypot(x - eye.x, z - eye.z)),
  }));
  const [arounds, ups] = [corners.map(({ around }) => around), corners.map(({ up }) => up)];
  return {
    ...{ left: Math.min(...arounds), right: Math.max(...arounds) },
    ...{ bottom: Math.min(...ups), top: Math.max(...ups) },
  };
}

/** pairs of panels of which one hides a part of the other from the eye */
function hidden(panels: readonly (readonly [name: string, place: Place, kind: PanelKind])[]): string[] {
  const seen = panels.map(([name, place, kind]) => ({ name, ...seenFromEye(place, kind) }));
  return seen.flatMap((a, nth) =>
    seen
      .slice(nth + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.bottom < b.top && b.bottom < a.top)
      .map((b) => `${a.name} and ${b.name}`),
  );
}

describe('steps', () => {
  test('that may run at once stand beside one another, at one height and distance, in the order of the plan', () => {
    const places = placesOf(check);
    const row = ['scams', 'domains', 'phones', 'web', 'sender'].map((step) => at(places, step));
    const away = row.map(({ x, z }) => Math.hypot(x, z));
    for (const { y } of row) expect(y).toBeCloseTo(row[0]?.y ?? 0);
    for (const distance of away) expect(distance).toBeCloseTo(away[0] ?? 0);
    expect(row.map(({ x }) => x)).toEqual(row.map(({ x }) => x).sort((a, b) => a - b));
  });

  test('stand behind and above those that they wait for', () => {
    const places = placesOf(check);
    const [first, then, last] = ['find', 'phones', 'weigh'].map((step) => at(places, step));
    expect(then?.z).toBeGreaterThan(first?.z ?? 0);
    expect(then?.y).toBeGreaterThan(first?.y ?? 0);
    expect(last?.z).toBeGreaterThan(then?.z ?? 0);
    expect(last?.y).toBeGreaterThan(then?.y ?? 0);
  });

  test('face the eye', () => {
    for (const { x, z, y, yaw, pitch } of placesOf(check).values()) {
      expect(Math.tan(yaw)).toBeCloseTo(x / z);
      expect(Math.tan(-pitch)).toBeCloseTo((y - eye.y) / Math.hypot(x, z));
    }
  });

  test.each([
    ['a check', check],
    ['one', atOnce(1)],
    ['40 at once', atOnce(40)],
    ['9 in turn', inTurn(9)],
    ['500 at once', atOnce(500)],
    ['500 in turn', inTurn(500)],
    ['25 times 20', upTo(25).map((row) => level(null, ...upTo(20).map((nth) => `s${row * 20 + nth}`)))],
  ])('of %s all have a place, and none hides another', (_, levels) => {
    for (const extent of [wide, narrow]) {
      const places = placesOf(levels, extent);
      expect([...places.keys()]).toEqual(levels.flatMap(({ steps }) => steps));
      expect(hidden([...places].map(([name, place]) => [name, place, 'step']))).toEqual([]);
    }
  });

  test('of 500 fit into the room that there is, and are not smaller for it than they must be', () => {
    for (const extent of [wide, narrow]) {
      for (const levels of [atOnce(500), inTurn(500)]) {
        const places = [...placesOf(levels, extent).values()];
        const xs = places.flatMap((place) => cornersOf(place, sizes.step)).map(({ x }) => x);
        const looking = Math.max(...places.map((place) => seenFromEye(place, 'step').top));
        expect(Math.max(...xs) - Math.min(...xs)).toBeLessThanOrEqual(extent.width);
        expect(looking).toBeLessThan(Math.PI / 3);
        expect(looking).toBeGreaterThan(Math.PI / 6);
      }
    }
  });

  test('of few are as large as can be', () => {
    for (const { scale } of placesOf(check).values()) expect(scale).toBe(1);
  });
});

describe('rows', () => {
  test('of a level that is too wide are of one length, as far as can be', () => {
    expect(rowsOf(atOnce(10), 7).map(({ steps }) => steps.length)).toEqual([5, 5]);
    expect(rowsOf(atOnce(16), 7).map(({ steps }) => steps.length)).toEqual([6, 6, 4]);
  });

  test('are shared by many narrow levels, but not across phases', () => {
    expect(rowsOf(inTurn(6), 7)).toHaveLength(6);
    expect(rowsOf(inTurn(20), 7).map(({ steps }) => steps.length)).toEqual([7, 7, 6]);
    const phases = inTurn(20).map((it, nth) => (nth === 10 ? { ...it, phase: 'Later' } : it));
    expect(rowsOf(phases, 7).map(({ phase, steps }) => [phase, steps.length])).toEqual([
      [null, 7],
      [null, 3],
      ['Later', 7],
      [null, 3],
    ]);
  });

  test('of phases are named, at the left', () => {
    const { phases, steps } = arrange(check);
    expect(phases.map(({ name }) => name)).toEqual(['Understand', 'Check', 'Conclude']);
    const panels = [...steps].map(([name, place]) => [name, place, 'step'] as const);
    const names = phases.map(({ name, place }) => [name, place, 'phase'] as const);
    expect(hidden([...panels, ...names])).toEqual([]);
    for (const { place } of phases) expect(place.x).toBeLessThan(0);
  });
});

describe('in front', () => {
  test('stands the request, in the middle and nearer than its steps', () => {
    const { request } = arrangeFront(null);
    expect(request.x).toBe(0);
    for (const { z } of placesOf(check).values()) expect(z).toBeGreaterThan(request.z);
  });

  test.each([
    [1, wide],
    [4, wide],
    [5, narrow],
    [8, wide],
  ])('a question with %d choices is nearer than the request, and hides nothing of it', (count, extent) => {
    const { request, question, choices } = arrangeFront(count, extent);
    const distance = ({ x, y, z }: Place) => Math.hypot(x - eye.x, y - eye.y, z - eye.z);
    expect(distance(question)).toBeLessThan(distance(request));
    expect(choices).toHaveLength(count);
    for (const place of [question, ...choices]) {
      const kind = place === question ? 'question' : 'choice';
      expect(
        hidden([
          ['request', request, 'request'],
          [kind, place, kind],
        ]),
      ).toEqual([]);
    }
    for (const [nth, a] of choices.entries()) {
      for (const b of [question, ...choices.slice(nth + 1)]) {
        expect(Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z)).toBeGreaterThan(sizes.choice.height * a.scale);
      }
    }
  });
});

describe('a camera', () => {
  /** where a point is on its picture: −1…1 from left to right, and from bottom to top */
  function pictured(
    { x, y, z }: { readonly x: number; readonly y: number; readonly z: number },
    view: ReturnType<typeof frame>,
    { fov, aspect, down }: { readonly fov: number; readonly aspect: number; readonly down: number },
  ) {
    const from = { y: view.y + view.distance * Math.sin(down), z: view.z - view.distance * Math.cos(down) };
    const [dy, dz] = [y - from.y, z - from.z];
    const depth = dz * Math.cos(down) - dy * Math.sin(down);
    const up = dy * Math.cos(down) + dz * Math.sin(down);
    const half = depth * Math.tan(fov / 2);
    return { right: (x - view.x) / (half * aspect), up: up / half };
  }

  test.each([0.5, 1, 1.8])('of an aspect of %d has all in view, and fills its picture', (aspect) => {
    const lens = { fov: 0.75, aspect, down: 0.07 };
    const places = [...placesOf(check).values()].flatMap((place) => cornersOf(place, sizes.step));
    const points = [...places, ...cornersOf(arrangeFront(null).request, sizes.request)];
    const seen = points.map((point) => pictured(point, frame(points, lens), lens));
    const far = Math.max(...seen.flatMap(({ right, up }) => [Math.abs(right), Math.abs(up)]));
    expect(far).toBeLessThanOrEqual(1.02);
    expect(far).toBeGreaterThan(0.95);
  });
});
