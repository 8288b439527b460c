import type { Colours } from './colours.ts';
import { type Choice, type Dependency, type Face, faceOfChoice, faceOfPhase } from './face.ts';
import {
  arrange,
  arrangeFront,
  cornersOf,
  type Extent,
  type Front,
  type Level,
  leavePlace,
  type Place,
  type Point,
  sizes,
} from './layout.ts';
import type { Link, LinkLook } from './links.ts';
import { Panel, type Target } from './panel.ts';

/** What the space shows. What did not change is the same object. */
export interface Contents {
  readonly request: Face;
  readonly steps: ReadonlyMap<string, Face>;
  readonly levels: readonly Level[];
  readonly dependencies: readonly Dependency[];
  readonly question: {
    readonly questionId: string;
    readonly face: Face;
    readonly choices: readonly Choice[];
  } | null;
}

interface Laid {
  readonly link: Link;
  readonly from: string | null;
  readonly to: string;
}

/** The panels that there are: made, moved and taken away as the contents change. */
export class Panels {
  #panels = new Map<string, Panel>();
  #contents: Contents | null = null;
  #extent: Extent | null = null;
  #leaving = false;
  #laid: readonly Laid[] = [];

  #all: readonly Panel[] = [];

  /** What is further away comes first. */
  get all(): readonly Panel[] {
    return this.#all;
  }

  get links(): readonly Link[] {
    return this.#laid.map(({ link }) => link);
  }

  step(stepId: string): Panel | null {
    return this.#panels.get(`step ${stepId}`) ?? null;
  }

  /** Corners of all that should be in view. */
  get corners(): readonly Point[] {
    return [...this.#panels.values()].flatMap(({ place, face }) => cornersOf(place, sizes[face.kind]));
  }

  /** @param leaving there is a panel to leave the headset's session with @returns whether more than the faces changed */
  show(contents: Contents, extent: Extent, leaving: boolean): boolean {
    const last = this.#contents;
    const other =
      last === null ||
      last.levels !== contents.levels ||
      last.dependencies !== contents.dependencies ||
      last.question?.questionId !== contents.question?.questionId ||
      this.#extent !== extent ||
      this.#leaving !== leaving;
    this.#contents = contents;
    this.#extent = extent;
    this.#leaving = leaving;
    if (other) this.#arrange(contents, extent);
    this.#put('request', contents.request);
    for (const [stepId, face] of contents.steps) this.#put(`step ${stepId}`, face);
    if (contents.question !== null) this.#put(`question ${contents.question.questionId}`, contents.question.face);
    return other;
  }

  /** One for each link: what it comes from and goes to is seen in it. */
  linkLooks(colours: Colours): readonly LinkLook[] {
    const faces = this.#contents?.steps;
    return this.#laid.map(({ from, to }) => {
      const [source, target] = [from === null ? null : faces?.get(from), faces?.get(to)];
      if (target?.glow === 'pulse') return { colour: colours[target.tone], flows: true };
      if (source?.tone === 'bad') return { colour: colours.bad, flows: false };
      return { colour: target?.tone === 'good' ? colours.edge : colours.line, flows: false };
    });
  }

  #put(key: string, face: Face): void {
    const panel = this.#panels.get(key);
    if (panel !== undefined) panel.face = face;
  }

  #arrange({ request, steps, levels, dependencies, question }: Contents, extent: Extent): void {
    const before = this.#panels;
    const panels = new Map<string, Panel>();
    const put = (key: string, face: Face, place: Place, target: Target = null): void => {
      const panel = before.get(key) ?? new Panel(face, place, target);
      panel.moveTo(place);
      panels.set(key, panel);
    };
    const arranged = arrange(levels, extent);
    for (const [stepId, place] of arranged.steps) {
      const face = steps.get(stepId);
      if (face !== undefined) put(`step ${stepId}`, face, place, { kind: 'step', stepId });
    }
    arranged.phases.forEach(({ name, place }, index) => {
      put(`phase ${index} ${name}`, faceOfPhase(name), place);
    });
    const front = arrangeFront(question?.choices.length ?? null, extent);
    put('request', request, front.request);
    if (this.#leaving) put('leave', faceOfChoice('Leave'), leavePlace, { kind: 'leave' });
    if (question !== null) {
      put(`question ${question.questionId}`, question.face, front.question);
      question.choices.forEach((choice, index) => {
        const place = front.choices[index];
        if (place === undefined) return;
        put(`choice ${question.questionId} ${index}`, faceOfChoice(choice.label), place, { kind: 'choice', choice });
      });
    }
    this.#panels = panels;
    this.#all = [...panels.values()].sort((a, b) => b.place.z - a.place.z);
    this.#laid = linksOf(levels, dependencies, arranged.steps, front);
  }
}

/** From the request to what waits for nothing, and from each step to those that wait for it. */
function linksOf(
  levels: readonly Level[],
  dependencies: readonly Dependency[],
  places: ReadonlyMap<string, Place>,
  front: Front,
): readonly Laid[] {
  const waiting = new Set(dependencies.map(({ to }) => to));
  const first = levels.flatMap(({ steps }) => steps).filter((step) => !waiting.has(step));
  const all = [...first.map((to) => ({ from: null, to })), ...dependencies];
  return all.flatMap(({ from, to }) => {
    const [source, target] = [from === null ? front.request : places.get(from), places.get(to)];
    if (source === undefined || target === undefined) return [];
    const fromSize = from === null ? sizes.request : sizes.step;
    return [{ from, to, link: { from: source, fromSize, to: target, toSize: sizes.step } }];
  });
}
