import { useClient } from '@stepwire/react';
import clsx from 'clsx';
import type { ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Popover, PopoverContent, PopoverTrigger } from '../ui/popover.tsx';
import { isSignIn } from './gateway-api.ts';
import type { ConnectionNow } from './use-connection.ts';
import { useViewer } from './viewer.ts';

const dots = { good: 'bg-good', run: 'bg-run animate-pulse', wait: 'bg-wait', bad: 'bg-bad' } as const;

/** In the header: how the connection stands, and on a press what that means. */
export function ConnectionStatus({ connection }: { readonly connection: ConnectionNow }): ReactNode {
  const { tone, word, since, detail, failed } = connection;
  const client = useClient();
  const whole = since === null ? word : `${word} for ${since}`;
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button variant="ghost" size="sm" aria-label={`Connection: ${whole}`} className="h-9">
          <span aria-hidden="true" className={clsx('size-2 rounded-full', dots[tone])} />
          {word}
          {since === null ? null : <span className="hidden sm:inline">for {since}</span>}
        </Button>
      </PopoverTrigger>
      <PopoverContent label="Connection">
        <p className="font-medium">{whole}</p>
        <p className="mt-1 text-muted">{detail}</p>
        {failed === null || isSignIn(failed) ? null : (
          <Button variant="primary" className="mt-3" onClick={() => client.connect()}>
            Try again
          </Button>
        )}
      </PopoverContent>
    </Popover>
  );
}

/** a cut that is mended by itself within this is not worth a word (ms) */
const TELL_AFTER_MS = 2_000;

/** Below the header, while what is on the screen may be old. Said once when it begins and once when it is over, not each second. */
export function ConnectionNotice({ connection }: { readonly connection: ConnectionNow }): ReactNode {
  const { word, since, detail, failed, outdated, downMs } = connection;
  const client = useClient();
  const { user } = useViewer();
  // a user is asked to sign in again, over the page
  const tell = failed === null ? outdated && downMs >= TELL_AFTER_MS : user === null || !isSignIn(failed);
  const tryAgain = (
    <Button size="sm" onClick={() => client.connect()}>
      Try again
    </Button>
  );
  return (
    <>
      <p role="status" className="sr-only">
        {tell ? (failed === null ? 'Offline: what you see may be old' : `Not connected. ${detail}`) : ''}
      </p>
      {!tell ? null : failed === null ? (
        <Notice tone="wait" role="none" className="mb-5">
          <strong className="font-semibold">
            {word} for {since}.
          </strong>{' '}
          {detail} What you see is how it was; it catches up by itself.
        </Notice>
      ) : isSignIn(failed) ? (
        <Notice role="none" className="mb-5">
          <strong className="font-semibold">This link no longer lets you watch.</strong> {detail} Ask for a new one, or
          sign in.
        </Notice>
      ) : (
        <Notice role="none" className="mb-5" action={tryAgain}>
          <strong className="font-semibold">{word}.</strong> {detail}
        </Notice>
      )}
    </>
  );
}
