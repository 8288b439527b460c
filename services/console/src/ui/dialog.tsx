import clsx from 'clsx';
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

export const Dialog = Radix.Root;
export const DialogTrigger = Radix.Trigger;
export const DialogClose = Radix.Close;

export const overlayLooks = 'fixed inset-0 z-40 bg-[#000]/45';
export const dialogLooks =
  'appear fixed inset-x-3 top-1/2 z-50 mx-auto max-h-[calc(100dvh-1.5rem)] max-w-lg -translate-y-1/2 overflow-auto rounded-xl border bg-raised p-5 shadow-xl';

export interface DialogContentProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly className?: string;
  readonly children?: ReactNode;
}

/** A window over the page, with its title and a way out. */
export function DialogContent({ title, description, className, children }: DialogContentProps): ReactNode {
  return (
    <Radix.Portal>
      <Radix.Overlay className={overlayLooks} />
      <Radix.Content
        className={clsx(dialogLooks, className)}
        {...(description === undefined ? { 'aria-describedby': undefined } : {})}
      >
        <Radix.Title className="pe-8 font-semibold text-base">{title}</Radix.Title>
        {description === undefined ? null : (
          <Radix.Description asChild>
            <div className="mt-1 text-muted">{description}</div>
          </Radix.Description>
        )}
        <div className="mt-4">{children}</div>
        <Radix.Close
          aria-label="Close"
          className="absolute end-3 top-3 rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink"
        >
          <X aria-hidden="true" className="size-4" />
        </Radix.Close>
      </Radix.Content>
    </Radix.Portal>
  );
}
