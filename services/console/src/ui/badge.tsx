import clsx from 'clsx';
import type { ComponentProps, ReactNode } from 'react';

export type Tone = 'good' | 'bad' | 'wait' | 'run' | 'accent' | 'muted';

const tones: Readonly<Record<Tone, string>> = {
  good: 'bg-good-soft text-good',
  bad: 'bg-bad-soft text-bad',
  wait: 'bg-wait-soft text-wait',
  run: 'bg-run-soft text-run',
  accent: 'bg-accent-soft text-accent',
  muted: 'bg-sunken text-muted',
};

export interface BadgeProps extends ComponentProps<'span'> {
  readonly tone?: Tone;
}

export function Badge({ tone = 'muted', className, ...rest }: BadgeProps): ReactNode {
  return (
    <span
      className={clsx(
        'inline-flex items-center gap-1 whitespace-nowrap rounded-full px-2 py-0.5 font-medium text-xs',
        tones[tone],
        className,
      )}
      {...rest}
    />
  );
}
