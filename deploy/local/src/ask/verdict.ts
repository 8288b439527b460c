import type { RunState } from '@stepwire/run-model';
import { visible, visibleLines } from './visible.ts';

/**
 * How a request ended, readable by a person. A result may be anything: `verdict`, `score`, `summary` and `reasons` come
 * first where it has them, the rest follows as it is, indented.
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
  const { verdict, score, summary, reasons, ...rest }: Record<string, unknown> = { ...value };
  const isVerdict = typeof verdict === 'string';
  const scored = typeof score === 'number' ? ` (score ${score})` : '';
  return [
    ...(isVerdict
      ? [`Verdict: ${visible(verdict).replaceAll('_', ' ')}${scored}`]
      : describeMember('verdict', verdict)),
    ...(isVerdict && scored !== '' ? [] : describeMember('score', score)),
    ...describe(summary, ''),
    ...describeMember('reasons', reasons),
    ...Object.entries(rest).flatMap(([key, member]) => describeMember(key, member)),
  ];
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
    const [first, ...more] = describeItem(member);
    return first === undefined ? [] : [`${indent}- ${first}`, ...more.map((line) => `${indent}  ${line}`)];
  });
}

/** An item that says its `text` is that; one of plain members stands on one line. */
function describeItem(item: unknown): string[] {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return describe(item, '');
  if ('text' in item && typeof item.text === 'string') return visibleLines(item.text);
  const members = Object.entries(item).filter(([, member]) => member !== null);
  if (members.some(([, member]) => typeof member === 'object')) return describe(item, '');
  return [members.map(([key, member]) => `${visible(key)}: ${visible(String(member))}`).join(', ')];
}
