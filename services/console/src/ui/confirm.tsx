import { AlertDialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { dialogLooks, overlayLooks } from './dialog.tsx';

export interface ConfirmProps {
  /** the button that asks; it is not done before the question is answered */
  readonly trigger: ReactNode;
  readonly title: string;
  readonly description: ReactNode;
  /** what is done, in the words of the button that does it */
  readonly action: string;
  readonly onConfirm: () => void;
}

/** Asks before what cannot be undone. */
export function Confirm({ trigger, title, description, action, onConfirm }: ConfirmProps): ReactNode {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger asChild>{trigger}</AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={overlayLooks} />
        <AlertDialog.Content className={dialogLooks}>
          <AlertDialog.Title className="font-semibold text-base">{title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-1 text-muted">{description}</div>
          </AlertDialog.Description>
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>Keep</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild onClick={onConfirm}>
              <Button variant="danger">{action}</Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
