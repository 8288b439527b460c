import clsx from 'clsx';
import type { ComponentProps, ReactNode } from 'react';

export function Card({ className, ...rest }: ComponentProps<'div'>): ReactNode {
  return <div className={clsx('rounded-lg border bg-panel', className)} {...rest} />;
}

export interface SectionProps extends Omit<ComponentProps<'section'>, 'title'> {
  readonly title: string;
  /** beside the title, such as a count */
  readonly note?: ReactNode;
  /** at the other end of the title's line */
  readonly action?: ReactNode;
}

/** A part of a page, with its heading. */
export function Section({ title, note, action, children, ...rest }: SectionProps): ReactNode {
  return (
    <section aria-label={title} {...rest}>
      <div className="mb-2 flex min-h-7 items-center gap-2">
        <h2 className="font-semibold text-[0.9375rem]">{title}</h2>
        {note === undefined ? null : <span className="text-muted">{note}</span>}
        <span className="ms-auto">{action}</span>
      </div>
      {children}
    </section>
  );
}
