import { readFileSync } from 'node:fs';

/** V8's CPU profile (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile), what we use of it. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** µs on the clock of `now()` */
  readonly startTime: number;
  readonly samples: readonly number[];
  /** µs since the sample before */
  readonly timeDeltas: readonly number[];
}

/** Part of a run, in ms of `now()`. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** The functions with most time of their own within the spans, as lines: share of busy time, place. */
export function hottest(file: string, spans: readonly Span[], count = 25): string[] {
  const { nodes, startTime, samples, timeDeltas }: Profile = JSON.parse(readFileSync(file, 'utf8'));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spent = new Map<string, number>();
  let busy = 0;
  let at = startTime;
  samples.forEach((id, index) => {
    const frame = frames.get(id);
    const us = timeDeltas[index] ?? 0;
    at += us;
    if (frame === undefined || frame.functionName === '(idle)') return;
    if (!spans.some(({ from, until }) => at / 1_000 >= from && at / 1_000 < until)) return;
    busy += us;
    const place = frame.url.replace(/^.*\/(?=(node_modules|libs|services)\/)/, '').replace('node_modules/', '');
    const where = place === '' ? '' : `  ${place}:${frame.lineNumber + 1}`;
    const name = `${frame.functionName || '(anonymous)'}${where}`;
    spent.set(name, (spent.get(name) ?? 0) + us);
  });
  return [...spent]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, us]) => `${((100 * us) / busy).toFixed(1).padStart(5)} %  ${name}`);
}
