import type { PhaseResult } from './phase.ts';
import { median } from './statistics.ts';

/** One figure of both systems, medians over the runs. */
export interface Row {
  readonly what: string;
  readonly unit: 'ms' | 'µs' | '/s';
  readonly stepwire: number;
  readonly plain: number;
  /** of stepwire to plain, within each run: what slowed both down cancels out */
  readonly ratio: number;
  readonly target?: string;
  readonly isMet?: boolean;
}

interface Pair {
  readonly stepwire: PhaseResult;
  readonly plain: PhaseResult;
}
interface Target {
  readonly text: string;
  readonly holds: (row: Omit<Row, 'target' | 'isMet'>) => boolean;
}

const atMostMs = (ms: number): Target => ({ text: `≤ ${ms} ms`, holds: (row) => row.stepwire <= ms });
/** On two cores with everything on them, durable on Postgres. */
const targets: Readonly<Record<string, Target>> = {
  '200/s p50': atMostMs(3),
  '1000/s p50': atMostMs(6),
  '1000/s p99': atMostMs(20),
  'flood rate': { text: '≥ 8,000/s', holds: (row) => row.stepwire >= 8_000 },
  '1000/s gateway CPU': { text: '≤ 1.3 ×', holds: (row) => row.ratio <= 1.3 },
  'flood gateway CPU': { text: '≤ 1.3 ×', holds: (row) => row.ratio <= 1.3 },
};

export function rowsOf(results: readonly PhaseResult[]): Row[] {
  const phases = [...new Set(results.map(({ phase }) => phase))];
  return phases.flatMap((phase) => {
    const pairs = pairsOf(results.filter((result) => result.phase === phase));
    const row = (what: string, unit: Row['unit'], figure: (result: PhaseResult) => number) =>
      rowOf(`${phase} ${what}`, unit, pairs, figure);
    const processes = Object.keys(pairs[0]?.stepwire.cpuUs ?? {}).filter((name) => name !== 'gateway');
    return [
      ...(phase === 'flood' ? [row('rate', '/s', (r) => r.perSecond)] : []),
      row('p50', 'ms', (r) => r.latencyMs.p50),
      row('p95', 'ms', (r) => r.latencyMs.p95),
      row('p99', 'ms', (r) => r.latencyMs.p99),
      row('gateway CPU', 'µs', (r) => r.cpuUs.gateway ?? Number.NaN),
      ...processes.map((name) => row(`${name} CPU`, 'µs', (r) => r.cpuUs[name] ?? Number.NaN)),
    ];
  });
}

/** Results of the same run stand one after the other, in either order. */
function pairsOf(results: readonly PhaseResult[]): Pair[] {
  const of = (system: PhaseResult['system']) => results.filter((result) => result.system === system);
  const plain = of('plain');
  return of('stepwire').flatMap((stepwire, run) => {
    const beside = plain[run];
    return beside === undefined ? [] : [{ stepwire, plain: beside }];
  });
}

function rowOf(what: string, unit: Row['unit'], pairs: readonly Pair[], figure: (result: PhaseResult) => number): Row {
  const row = {
    what,
    unit,
    stepwire: median(pairs.map(({ stepwire }) => figure(stepwire))),
    plain: median(pairs.map(({ plain }) => figure(plain))),
    ratio: median(pairs.map(({ stepwire, plain }) => figure(stepwire) / figure(plain))),
  };
  const target = targets[what];
  return target === undefined ? row : { ...row, target: target.text, isMet: target.holds(row) };
}

export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    figureOf(row.stepwire, row.unit),
    figureOf(row.plain, row.unit),
    Number.isNaN(row.ratio) ? '' : row.ratio.toFixed(2),
    row.target === undefined ? '' : `${row.target} ${row.isMet === true ? '✓' : '✗'}`,
  ]);
  const table = [['', 'stepwire', 'plain', 'ratio', 'target'], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  return table
    .map(([what = '', ...rest]) =>
      [what.padEnd(widths[0] ?? 0), ...rest.map((cell, i) => (i < 3 ? cell.padStart(widths[i + 1] ?? 0) : cell))]
        .join('   ')
        .trimEnd(),
    )
    .map((line, index) => (isNewPhase(rows, index) ? `\n${line}` : line))
    .join('\n');
}

const phaseOf = (row: Row | undefined): string => row?.what.split(' ')[0] ?? '';
/** @param line of the table, whose first is the head */
const isNewPhase = (rows: readonly Row[], line: number): boolean =>
  line > 0 && phaseOf(rows[line - 1]) !== phaseOf(rows[line - 2]);

function figureOf(value: number, unit: Row['unit']): string {
  if (Number.isNaN(value)) return '–';
  if (unit === '/s') return `${Math.round(value).toLocaleString('en')}/s`;
  return unit === 'ms' ? `${value.toFixed(1)} ms` : `${Math.round(value)} µs`;
}
