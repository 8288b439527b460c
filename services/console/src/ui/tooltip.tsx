import { Tooltip as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

export interface TooltipProps {
  readonly text: ReactNode;
  /** what it explains: something that takes the focus, and says by itself what it is */
  readonly children: ReactNode;
  readonly side?: 'top' | 'right' | 'bottom' | 'left';
}

/** More about what is pointed at. Nothing may be said here alone: a finger does not hover. */
export function Tooltip({ text, children, side = 'bottom' }: TooltipProps): ReactNode {
  return (
    <Radix.Provider delayDuration={300}>
      <Radix.Root>
        <Radix.Trigger asChild>{children}</Radix.Trigger>
        <Radix.Portal>
          <Radix.Content
            side={side}
            sideOffset={6}
            collisionPadding={8}
            className="appear z-50 max-w-xs rounded-md border bg-raised px-2.5 py-1.5 text-xs shadow-lg"
          >
            {text}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  );
}
