import type { RunState, StepState } from '@stepwire/run-model';
import { stepStatus } from './event-lines.ts';
import { fit, visible } from './visible.ts';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** counts up while something runs */
  readonly tick: number;
  readonly paint: (style: Style, text: string) => string;
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const BAR_COLUMNS = 30;
/** goal, bar, what is told of steps that do not fit, and the row of the cursor below */
const OTHER_ROWS = 5;

/** A request on a terminal, top to bottom, in less than `rows` lines of at most `columns` characters. */
export function screenLines(state: RunState, screen: Screen): string[] {
  const { columns, paint } = screen;
  const goal = fit(visible(state.plan?.goal ?? state.userQuery ?? ''), columns);
  const filled = Math.round((state.progress / 100) * BAR_COLUMNS);
  const bar = paint('green', '█'.repeat(filled)) + paint('dim', '░'.repeat(BAR_COLUMNS - filled));
  const percent = `${String(Math.round(state.progress)).padStart(3)}%`;
  const stage = state.stalled ? `${state.currentStage}; nothing was heard for a while` : state.currentStage;
  return [
    paint('bold', goal),
    `${bar} ${percent} ${fit(visible(stage), columns - BAR_COLUMNS - 6)}`,
    ...stepLines(state, screen),
  ];
}

/** All steps where they fit, else those around the first that is not finished. */
function stepLines({ steps }: RunState, screen: Screen): string[] {
  const room = Math.max(1, screen.rows - OTHER_ROWS);
  const first = steps.findIndex((step) => !ended.has(step.status));
  const middle = first === -1 ? steps.length : first;
  const from = Math.max(0, Math.min(middle - Math.floor(room / 2), steps.length - room));
  const shown = steps.slice(from, from + room);
  const width = Math.min(28, Math.max(0, ...shown.map((step) => Array.from(visible(label(step))).length)));
  const digits = String(steps.length).length;
  const more = (count: number, where: string) => (count > 0 ? [screen.paint('dim', `  … ${count} more ${where}`)] : []);
  return [
    ...more(from, 'before'),
    ...shown.map((step) => stepLine(step, screen, width, digits)),
    ...more(steps.length - from - shown.length, 'after'),
  ];
}

const ended: ReadonlySet<StepState['status']> = new Set(['completed', 'failed', 'skipped']);
const label = (step: StepState): string => step.title || step.tool;

function stepLine(step: StepState, { columns, tick, paint }: Screen, width: number, digits: number): string {
  const [sign, style] = signs(step.status, tick);
  const title = fit(visible(label(step)), width).padEnd(width);
  const left = ` ${String(step.order).padStart(digits)} ${title}  `;
  const room = Math.max(0, columns - 2 - left.length);
  const right = fit(stepStatus(step), room);
  return `${paint(style, sign)} ${left.slice(1)}${step.status === 'running' ? right : paint('dim', right)}`.trimEnd();
}

function signs(status: StepState['status'], tick: number): [string, Style] {
  switch (status) {
    case 'completed':
      return ['✔', 'green'];
    case 'running':
      return [spinner[tick % spinner.length] ?? '*', 'cyan'];
    case 'retrying':
      return ['↻', 'yellow'];
    case 'waiting':
      return ['?', 'yellow'];
    case 'failed':
      return ['✖', 'red'];
    case 'skipped':
      return ['↷', 'dim'];
    case 'ready':
    case 'pending':
      return ['·', 'dim'];
  }
}
