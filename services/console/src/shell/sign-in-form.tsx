import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { sentence } from './connection-view.ts';
import { asRefusal, tokenIn } from './session.ts';

export interface SignInFormProps {
  /** Throws why not. */
  readonly signIn: (token: string) => Promise<void>;
}

const COMMAND = 'npm run token -- --user ada';

/** A token becomes a cookie that no script can read; the token itself is kept nowhere. */
export function SignInForm({ signIn }: SignInFormProps): ReactNode {
  const [pasted, setPasted] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const id = useId();

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const token = tokenIn(pasted);
    if (token === null) {
      setProblem(
        pasted.trim() === ''
          ? 'Paste a token first.'
          : 'This is not a token: it has characters in it that no token has. Copy all of it, and nothing else.',
      );
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      await signIn(token);
    } catch (error) {
      setProblem(sentence(asRefusal(error).message));
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} className="grid gap-4">
      <div>
        <label htmlFor={id} className="mb-1.5 block font-medium">
          Token
        </label>
        <textarea
          id={id}
          rows={4}
          required={true}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          value={pasted}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : `${id}-problem`}
          placeholder="eyJhbGciOi…"
          onChange={(event) => setPasted(event.target.value)}
          className="field block w-full resize-none break-all px-3 py-2 font-mono text-xs"
        />
        {problem === null ? null : (
          <p id={`${id}-problem`} role="alert" className="mt-1.5 text-bad">
            {problem}
          </p>
        )}
      </div>
      <Button type="submit" variant="primary" size="lg" busy={busy}>
        Sign in
      </Button>
      <div className="border-t pt-4 text-muted">
        <p>
          Your operator gives you one. For development make one where Stepwire runs, with the <code>AUTH_SECRET</code>{' '}
          it was started with:
        </p>
        <div className="mt-2 flex items-center gap-2 rounded-md bg-sunken py-1 ps-3 pe-1">
          <code className="min-w-0 flex-1 overflow-x-auto whitespace-nowrap font-mono text-ink text-xs">{COMMAND}</code>
          <CopyButton text={COMMAND} label="Copy the command" iconOnly={true} variant="ghost" size="sm" />
        </div>
      </div>
    </form>
  );
}
