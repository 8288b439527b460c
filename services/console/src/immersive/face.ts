import type { ClientStep, QuestionState, RequestSnapshot } from '@stepwire/client';
import { layoutOf, requestWords, stepWords } from '@stepwire/react';
import { hasEnded } from '../request/has-ended.ts';
import { visibleText } from '../request/visible-text.ts';
import type { Tone } from '../ui/badge.tsx';
import { toneOf } from '../ui/status.tsx';
import { durationText } from '../ui/time-text.ts';
import type { Level, PanelKind } from './layout.ts';

/** What a panel shows. */
export interface Face {
  readonly kind: PanelKind;
  readonly tone: Tone;
  /** how it stands, in a word; above the title, in the tone's colour */
  readonly status: string;
  /** opposite of the status */
  readonly aside: string;
  readonly title: string;
  readonly body: string;
  /** where the body is too long its end is shown: it is being written */
  readonly growing: boolean;
  /** 0 to 100; `unknown`: under way, and nobody knows how far; null: no bar */
  readonly percent: number | 'unknown' | null;
  /** it shall be seen from afar; `pulse`: it is under way */
  readonly glow: 'none' | 'still' | 'pulse';
}

export interface Choice {
  readonly label: string;
  readonly value: unknown;
}

/** Texts of agents and people, with what hides in them made seen. */
const seen = (face: Face): Face => ({ ...face, title: visibleText(face.title), body: visibleText(face.body) });

const bare = { status: '', aside: '', body: '', growing: false, percent: null, glow: 'none' } as const;

const faces = new WeakMap<ClientStep, Face>();

/** The same for the same step, which is the same object until it changes. */
export function faceOfStep(step: ClientStep): Face {
  const known = faces.get(step);
  if (known !== undefined) return known;
  const { status, title, tool, percent, attempt, data } = step;
  const running = status === 'running';
  const face = seen({
    kind: 'step',
    tone: toneOf(status),
    status: attempt > 1 ? `${stepWords[status]} · ${attempt}` : stepWords[status],
    aside:
      data.durationMs === null
        ? running && percent > 0
          ? `${Math.round(percent)} %`
          : ''
        : durationText(data.durationMs),
    title: title === '' ? tool : title,
    body: bodyOf(step),
    growing: running,
    percent: running ? (percent === 0 ? 'unknown' : percent) : null,
    glow: running || status === 'waiting' || status === 'retrying' ? 'pulse' : 'none',
  });
  faces.set(step, face);
  return face;
}

const bodyOf = ({ data: { error, output, message, result } }: ClientStep): string =>
  error?.message ?? (output.trim() === '' ? (message ?? briefOf(result)) : output.trim());

/** What there is in a result, in a line: `urls 1 · phones 1`. */
export function briefOf(result: unknown): string {
  if (typeof result === 'string') return result;
  if (typeof result !== 'object' || result === null)
    return result === null || result === undefined ? '' : String(result);
  return Object.entries(result)
    .flatMap(([name, value]) => {
      if (Array.isArray(value)) return value.length === 0 ? [] : [`${name} ${value.length}`];
      if (typeof value === 'object' || value === '' || value === false) return [];
      return [`${name} ${String(value)}`];
    })
    .join(' · ');
}

/** The request: what was asked, and how it goes; once it has ended, how it ended. */
export const faceOfRequest = (request: RequestSnapshot): Face => seen(requestFace(request));

function requestFace(request: RequestSnapshot): Face {
  const { status, userQuery, requestId, progress, steps, error } = request;
  const query = userQuery ?? requestId;
  const settled = steps.filter((step) => ['completed', 'skipped', 'failed'].includes(step.status)).length;
  const ended = hasEnded(status);
  const face = {
    ...bare,
    kind: 'request',
    tone: toneOf(status),
    status: requestWords[status],
    aside: steps.length === 0 ? '' : `${settled} of ${steps.length} steps`,
  } as const;
  if (status === 'failed') return { ...face, title: error?.message ?? 'It failed', body: query };
  const verdict = status === 'completed' ? verdictOf(request.result) : null;
  if (verdict !== null) return { ...face, ...verdict, body: verdict.body === '' ? query : verdict.body };
  if (ended) return { ...face, title: query, body: status === 'completed' ? briefOf(request.result) : '' };
  return {
    ...face,
    title: query,
    body: stageOf(request),
    percent: status === 'planning' || status === 'queued' ? 'unknown' : progress,
    glow: status === 'loading' || status === 'unknown' ? 'none' : 'pulse',
  };
}

/** What runs now. */
const stageOf = ({ steps }: RequestSnapshot): string => {
  const running = steps
    .filter(({ status }) => status === 'running')
    .map(({ title, tool }) => (title === '' ? tool : title));
  if (running.length === 0) return '';
  return running.length > 3 ? `Now: ${running.length} steps at once` : `Now: ${running.join(', ')}`;
};

/** Results of checks have a verdict; of other plans they are what they are. */
function verdictOf(result: unknown): Pick<Face, 'status' | 'title' | 'body' | 'tone' | 'aside' | 'glow'> | null {
  if (typeof result !== 'object' || result === null) return null;
  const last = Object.values(result).at(-1);
  const found =
    'verdict' in result ? result : typeof last === 'object' && last !== null && 'verdict' in last ? last : null;
  if (found === null || !('verdict' in found) || typeof found.verdict !== 'string') return null;
  const summary = 'summary' in found && typeof found.summary === 'string' ? found.summary : null;
  const score = 'score' in found && typeof found.score === 'number' ? found.score : null;
  const reasons: readonly unknown[] = 'reasons' in found && Array.isArray(found.reasons) ? found.reasons : [];
  return {
    status: 'Verdict',
    glow: 'still',
    title: summary ?? found.verdict.replaceAll('_', ' '),
    body: reasons.flatMap((reason) => textOf(reason)).join('\n'),
    aside: score === null ? '' : `${score} of 100`,
    tone: tones[found.verdict] ?? 'accent',
  };
}

const tones: Readonly<Record<string, Tone>> = {
  likely_scam: 'bad',
  suspicious: 'wait',
  no_sign_of_scam: 'good',
};

const textOf = (reason: unknown): string[] => {
  if (typeof reason === 'string') return [`· ${reason}`];
  if (typeof reason !== 'object' || reason === null || !('text' in reason)) return [];
  return [`· ${String(reason.text)}`];
};

export function faceOfQuestion({ prompt, expiresAt, default: fallback }: QuestionState, error: Error | null): Face {
  const until = expiresAt === null ? '' : `until ${new Date(expiresAt).toLocaleTimeString()}`;
  const then = until !== '' && typeof fallback === 'string' ? `Without an answer: ${fallback}` : '';
  return seen({
    ...bare,
    kind: 'question',
    tone: error === null ? 'wait' : 'bad',
    status: 'Question',
    aside: until,
    title: prompt,
    body: error?.message ?? then,
    glow: 'pulse',
  });
}

/** What can be answered by pointing at it; what must be typed is typed beside the space. */
export function choicesOf({ kind, choices }: QuestionState): readonly Choice[] {
  if (kind === 'confirm') {
    return [
      { label: 'Yes', value: true },
      { label: 'No', value: false },
    ];
  }
  return kind === 'choice' ? (choices ?? []).map((choice) => ({ label: choice, value: choice })) : [];
}

export const faceOfChoice = (label: string): Face => seen({ ...bare, kind: 'choice', tone: 'accent', title: label });
export const faceOfPhase = (name: string): Face => seen({ ...bare, kind: 'phase', tone: 'muted', title: name });

/** The plan's phases and rows as levels. */
export function levelsOf({ plan, steps }: Pick<RequestSnapshot, 'plan' | 'steps'>): readonly Level[] {
  return layoutOf(plan, steps).flatMap(({ name, rows }) =>
    rows.map((row, index) => ({ phase: index === 0 ? name : null, steps: row.map(({ stepId }) => stepId) })),
  );
}

export interface Dependency {
  readonly from: string;
  readonly to: string;
}

/** What waits for what. */
export const dependenciesOf = (plan: RequestSnapshot['plan']): readonly Dependency[] =>
  (plan?.steps ?? []).flatMap(({ id, dependsOn = [] }) => dependsOn.map((from) => ({ from, to: id })));
