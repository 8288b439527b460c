import type { ReactNode } from 'react';
import { Dialog, DialogContent } from '../ui/dialog.tsx';
import { absoluteText } from '../ui/time-text.ts';
import type { Session } from './session.ts';
import { SignInForm, type SignInFormProps } from './sign-in-form.tsx';

export interface SignInAgainProps extends SignInFormProps {
  readonly ended: Extract<Session, { kind: 'ended' }>;
  readonly giveUp: () => void;
}

/** Over the page as it was, which goes on where it stopped. */
export function SignInAgain({ ended: { why, at, user }, signIn, giveUp }: SignInAgainProps): ReactNode {
  const what =
    why === 'expired' ? `Your sign-in ended ${absoluteText(at)}.` : `You (${user.userId}) were signed out elsewhere.`;
  return (
    <Dialog open={true} onOpenChange={giveUp}>
      <DialogContent title="Sign in again" description={`${what} Sign in again to go on where you were.`}>
        <SignInForm signIn={signIn} />
      </DialogContent>
    </Dialog>
  );
}
