import clsx from 'clsx';
import type { ReactNode } from 'react';
import type { Tone } from './badge.tsx';

const fills: Readonly<Record<Tone, string>> = {
  good: 'bg-good',
  bad: 'bg-bad',
  wait: 'bg-wait',
  run: 'bg-run',
  accent: 'bg-accent',
  muted: 'bg-muted',
};

export interface ProgressProps {
  /** what makes progress, for those who cannot see it */
  readonly label: string;
  /** 0 to 100 */
  readonly percent: number;
  readonly tone?: Tone;
  readonly className?: string;
}

/** A bar. Moved by `transform` alone, so that fifty of them cost no layout. */
export function Progress({ label, percent, tone = 'run', className }: ProgressProps): ReactNode {
  const value = Math.round(percent);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={0}
      aria-valuemax={100}
      className={clsx('h-1.5 overflow-hidden rounded-full bg-sunken', className)}
    >
      <div
        className={clsx('h-full origin-left rounded-full transition-transform duration-300', fills[tone])}
        style={{ transform: `scaleX(${Math.min(100, Math.max(0, percent)) / 100})` }}
      />
    </div>
  );
}
