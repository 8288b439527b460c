import clsx from 'clsx';
import { LoaderCircle } from 'lucide-react';
import { Slot } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger';
export type ButtonSize = 'chip' | 'sm' | 'md' | 'lg' | 'icon';

const variants: Readonly<Record<ButtonVariant, string>> = {
  primary: 'bg-accent-fill text-white hover:bg-accent-fill-hover',
  secondary: 'border bg-panel text-ink shadow-[0_1px_1px_rgb(0_0_0/0.04)] hover:bg-sunken',
  ghost: 'text-muted hover:bg-sunken hover:text-ink',
  danger: 'bg-bad-fill text-white hover:brightness-110',
};
const sizes: Readonly<Record<ButtonSize, string>> = {
  chip: 'h-8 gap-1.5 rounded-full px-3 text-[0.8125rem]',
  sm: 'h-7 gap-1.5 rounded-md px-2.5 text-[0.8125rem]',
  md: 'h-9 gap-2 rounded-md px-3.5',
  lg: 'h-10 gap-2 rounded-lg px-5 font-semibold',
  icon: 'size-9 rounded-md',
};

export interface ButtonProps extends ComponentProps<'button'> {
  readonly variant?: ButtonVariant;
  readonly size?: ButtonSize;
  /** what it does is under way: shown, and not done twice */
  readonly busy?: boolean;
  /** its child, a link for example, looks like a button */
  readonly asChild?: boolean;
}

export function Button({
  variant = 'secondary',
  size = 'md',
  busy = false,
  asChild = false,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps): ReactNode {
  const looks = clsx(
    'inline-flex shrink-0 select-none items-center justify-center whitespace-nowrap font-medium transition-colors',
    'disabled:pointer-events-none disabled:opacity-55',
    sizes[size],
    variants[variant],
    className,
  );
  if (asChild) {
    return (
      <Slot.Root className={looks} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button type="button" className={looks} disabled={disabled || busy} aria-busy={busy || undefined} {...rest}>
      {busy ? <LoaderCircle aria-hidden="true" className="size-4 animate-spin" /> : null}
      {children}
    </button>
  );
}
