import clsx from 'clsx';
import { Tabs as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';

export const Tabs = Radix.Root;

export function TabsList({ className, ...rest }: ComponentProps<typeof Radix.List>): ReactNode {
  return <Radix.List className={clsx('flex gap-1 overflow-x-auto border-b', className)} {...rest} />;
}

export function Tab({ className, ...rest }: ComponentProps<typeof Radix.Trigger>): ReactNode {
  return (
    <Radix.Trigger
      className={clsx(
        '-mb-px whitespace-nowrap border-transparent border-b-2 px-3 py-2 font-medium text-muted transition-colors',
        'hover:text-ink focus-visible:-outline-offset-2 data-[state=active]:border-accent data-[state=active]:text-ink',
        'data-pressed:outline-none',
        className,
      )}
      // Radix focuses what is pressed, which browsers take for the keyboard's doing: a ring would stay where somebody clicked
      onPointerDown={({ currentTarget }) => currentTarget.toggleAttribute('data-pressed', true)}
      onKeyDown={({ currentTarget }) => currentTarget.toggleAttribute('data-pressed', false)}
      onBlur={({ currentTarget }) => currentTarget.toggleAttribute('data-pressed', false)}
      {...rest}
    />
  );
}

export function TabPanel({ className, ...rest }: ComponentProps<typeof Radix.Content>): ReactNode {
  return <Radix.Content className={clsx('pt-4', className)} {...rest} />;
}
