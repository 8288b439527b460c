import type { ReactNode } from 'react';
import { absoluteText, durationText, relativeText } from './time-text.ts';
import { useNow } from './use-now.ts';

export interface TimeProps {
  /** ISO 8601 */
  readonly at: string;
  readonly className?: string;
}

/** How long ago, with the time itself in its title. */
export function Time({ at, className }: TimeProps): ReactNode {
  const time = Date.parse(at);
  const now = useNow(Date.now() - time < 60_000 ? 1_000 : 30_000);
  return (
    <time dateTime={at} title={absoluteText(time)} className={className}>
      {relativeText(time, now)}
    </time>
  );
}

export interface DurationProps {
  /** ISO 8601 */
  readonly from: string;
  /** null: it goes on, and the figure with it */
  readonly to: string | null;
  readonly className?: string;
}

export function Duration({ from, to, className }: DurationProps): ReactNode {
  const now = useNow(to === null ? 1_000 : null);
  const ms = Math.max(0, (to === null ? now : Date.parse(to)) - Date.parse(from));
  // what goes on is told in whole seconds, or it would only flicker
  const shown = to === null && ms >= 1_000 ? Math.floor(ms / 1_000) * 1_000 : ms;
  return (
    <span className={className}>{to === null && ms < 1_000 ? '0 s' : durationText(shown).replace('.0 s', ' s')}</span>
  );
}
