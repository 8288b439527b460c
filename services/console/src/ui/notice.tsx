import clsx from 'clsx';
import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

const kinds = {
  bad: { icon: CircleAlert, looks: 'bg-bad-soft text-bad' },
  wait: { icon: TriangleAlert, looks: 'bg-wait-soft text-wait' },
  run: { icon: Info, looks: 'bg-run-soft text-run' },
} as const;

export interface NoticeProps {
  readonly tone?: keyof typeof kinds;
  /** a way out, such as a button */
  readonly action?: ReactNode;
  /** whether it is said to who cannot see it; default: what is bad at once, the rest when there is time */
  readonly role?: 'alert' | 'status' | 'none';
  readonly className?: string;
  readonly children: ReactNode;
}

/** Something that must be told where it happened, with what can be done about it. */
export function Notice({ tone = 'bad', action, role, className, children }: NoticeProps): ReactNode {
  const { icon: Icon, looks } = kinds[tone];
  return (
    <div
      role={role ?? (tone === 'bad' ? 'alert' : 'status')}
      className={clsx('flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg px-3.5 py-2.5', looks, className)}
    >
      <Icon aria-hidden="true" className="size-4 shrink-0" />
      <div className="min-w-0 flex-1 break-words">{children}</div>
      {action}
    </div>
  );
}
