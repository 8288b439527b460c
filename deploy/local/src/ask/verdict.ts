import type { RunState } from '@stepwire/run-model';
import { visible, visibleLines } from './visible.ts';

/**
 * How a request ended, readable by a person. A result may be anything: `verdict`, `score` and `reasons` come first, the
 * rest follows as it is, indented.
 */
export function outcome(state: RunState, address: string): string[] {
  switch (state.status) {
    case 'completed':
      return state.result === null && state.resultRef !== null
        ? [`completed; its result of ${state.resultRef.bytes} bytes is at ${address}`]
        : result(state.result);
    case 'failed': {
      const { message = 'without a reason', step = null } = state.error ?? {};
      return [`failed${step === null ? '' : ` at step ${visible(String(step))}`}: ${visible(message)}`];
    }
    case 'cancelled': {
      const { by = 'somebody', reason = null, forced = false } = state.cancel ?? {};
      const why = reason === null ? '' : `: ${visible(reason)}`;
      return [`cancelled by ${visible(by)}${why}${forced ? ' (an agent did not stop in time)' : ''}`];
    }
    default:
      return [state.status];
  }
}

function result(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return describe(value, '');
  const { verdict, score, reasons, ...rest }: Record<string, unknown> = { ...value };
  const head = [
    ...(typeof verdict === 'string'
      ? [`Verdict: ${visible(verdict).replaceAll('_', ' ')}`]
      : describeMember('verdict', verdict)),
    ...describeMember('score', score),
    ...describeMember('reasons', reasons),
  ];
  return [...head, ...Object.entries(rest).flatMap(([key, member]) => describeMember(key, member))];
}

function describeMember(key: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const name = visible(key).replace(/(\p{Ll})(\p{Lu})/gu, (_all, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  if (typeof value !== 'object') {
    const [first = '', ...more] = describe(value, '  ');
    return more.length === 0 ? [`${name}: ${first.trimStart()}`] : [`${name}:`, first, ...more];
  }
  const lines = describe(value, '  ');
  return lines.length === 0 ? [] : [`${name}:`, ...lines];
}

/** Lists as bullets, objects as `key: value`, both indented below where they belong. */
function describe(value: unknown, indent: string): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'string') return visibleLines(value).map((line) => indent + line);
  if (typeof value !== 'object') return [indent + String(value)];
  if (!Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, member]) => describeMember(key, member).map((line) => indent + line));
  }
  return value.flatMap((member: unknown) => {
    const [first, ...more] = describe(member, '');
    return first === undefined ? [] : [`${indent}- ${first}`, ...more.map((line) => `${indent}  ${line}`)];
  });
}
