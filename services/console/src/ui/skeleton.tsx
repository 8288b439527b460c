import clsx from 'clsx';
import type { ReactNode } from 'react';

/** The place of something that is on its way. */
export function Skeleton({ className }: { readonly className?: string }): ReactNode {
  return <div aria-hidden="true" className={clsx('animate-pulse rounded-md bg-sunken', className)} />;
}
