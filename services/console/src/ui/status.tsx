import type { ClientStep, RequestSnapshot } from '@stepwire/client';
import { requestWords, stepWords } from '@stepwire/react';
import clsx from 'clsx';
import {
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleSlash,
  CircleX,
  Clock,
  LoaderCircle,
  type LucideIcon,
  MessageCircleQuestion,
  RotateCw,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { Badge, type Tone } from './badge.tsx';

export type AnyStatus = RequestSnapshot['status'] | ClientStep['status'];

interface Look {
  readonly icon: LucideIcon;
  readonly tone: Tone;
}

const looks: Readonly<Record<AnyStatus, Look>> = {
  loading: { icon: LoaderCircle, tone: 'muted' },
  unknown: { icon: CircleHelp, tone: 'muted' },
  queued: { icon: Clock, tone: 'muted' },
  planning: { icon: LoaderCircle, tone: 'run' },
  running: { icon: LoaderCircle, tone: 'run' },
  waiting: { icon: MessageCircleQuestion, tone: 'wait' },
  cancelling: { icon: LoaderCircle, tone: 'wait' },
  completed: { icon: CircleCheck, tone: 'good' },
  failed: { icon: CircleX, tone: 'bad' },
  cancelled: { icon: CircleSlash, tone: 'muted' },
  pending: { icon: CircleDashed, tone: 'muted' },
  ready: { icon: Clock, tone: 'muted' },
  retrying: { icon: RotateCw, tone: 'wait' },
  skipped: { icon: CircleSlash, tone: 'muted' },
};

const words: Readonly<Record<'request' | 'step', Readonly<Record<AnyStatus, string>>>> = {
  request: { ...stepWords, ...requestWords },
  step: { ...requestWords, ...stepWords },
};
export const toneOf = (status: AnyStatus): Tone => looks[status].tone;

const iconTones: Readonly<Record<Tone, string>> = {
  good: 'text-good',
  bad: 'text-bad',
  wait: 'text-wait',
  run: 'text-run',
  accent: 'text-accent',
  muted: 'text-muted',
};

export interface StatusIconProps {
  readonly status: AnyStatus;
  readonly className?: string;
}

/** For where the word stands nearby: it says nothing by itself. */
export function StatusIcon({ status, className }: StatusIconProps): ReactNode {
  const { icon: Icon, tone } = looks[status];
  const turns = Icon === LoaderCircle && 'animate-spin [animation-duration:1.6s]';
  return <Icon aria-hidden="true" className={clsx('size-4 shrink-0', iconTones[tone], turns, className)} />;
}

export interface StatusProps extends StatusIconProps {
  /** what is called by different words: a request is completed, a step done */
  readonly of?: 'request' | 'step';
}

/** How a request or a step stands: icon, word and colour, so that none of them is needed alone. */
export function Status({ status, of = 'request', className }: StatusProps): ReactNode {
  return (
    <Badge tone={looks[status].tone} className={className}>
      <StatusIcon status={status} className="size-3.5" />
      {words[of][status]}
    </Badge>
  );
}
