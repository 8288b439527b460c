import { Popover as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

export const Popover = Radix.Root;
export const PopoverTrigger = Radix.Trigger;

export interface PopoverContentProps {
  /** its name, for those who cannot see it */
  readonly label: string;
  readonly children: ReactNode;
}

/** In no portal: so it stands in the landmark of its button. */
export function PopoverContent({ label, children }: PopoverContentProps): ReactNode {
  return (
    <Radix.Content
      aria-label={label}
      align="end"
      sideOffset={6}
      collisionPadding={8}
      className="appear z-50 w-72 rounded-lg border bg-raised p-4 shadow-lg"
    >
      {children}
    </Radix.Content>
  );
}
