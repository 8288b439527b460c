import { type ReactNode, useEffect } from 'react';
import { Card } from '../ui/card.tsx';
import { Notice } from '../ui/notice.tsx';
import { absoluteText } from '../ui/time-text.ts';
import { Logo } from './logo.tsx';
import { SignInForm, type SignInFormProps } from './sign-in-form.tsx';

export interface SignInPageProps extends SignInFormProps {
  /** when the last sign-in ran out (Unix ms); null: there was none */
  readonly endedAt: number | null;
}

/** Where sign-in is on and nobody is signed in. The address stays, and what it names is shown afterwards. */
export function SignInPage({ endedAt, signIn }: SignInPageProps): ReactNode {
  useEffect(() => {
    document.title = 'Sign in · Stepwire';
  }, []);
  return (
    <main className="mx-auto grid min-h-dvh max-w-md content-center px-4 py-10">
      <div className="mb-6 flex items-center gap-3">
        <Logo className="size-9" />
        <h1 className="font-semibold text-xl">Sign in to Stepwire</h1>
      </div>
      {endedAt === null ? null : (
        <Notice tone="wait" className="mb-4">
          Your sign-in ended {absoluteText(endedAt)}. Sign in again to go on where you were.
        </Notice>
      )}
      <Card className="p-5">
        <SignInForm signIn={signIn} />
      </Card>
    </main>
  );
}
