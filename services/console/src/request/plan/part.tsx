import type { ReactNode } from 'react';

/** A part of what is known of a step. */
export function Part({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <p className="mb-1 font-semibold text-muted text-xs">{title}</p>
      {children}
    </div>
  );
}
