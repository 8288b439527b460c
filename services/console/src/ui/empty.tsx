import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

export interface EmptyProps {
  readonly icon: LucideIcon;
  readonly title: string;
  /** what to do about it */
  readonly children?: ReactNode;
}

/** Where there is nothing to show: why, and what to do. */
export function Empty({ icon: Icon, title, children }: EmptyProps): ReactNode {
  return (
    <div className="flex flex-col items-center gap-2 rounded-lg border border-dashed px-6 py-10 text-center">
      <Icon aria-hidden="true" className="size-6 text-muted" strokeWidth={1.5} />
      <p className="font-medium">{title}</p>
      {children === undefined ? null : <div className="max-w-prose text-muted">{children}</div>}
    </div>
  );
}
