import type { RequestSnapshot } from '@stepwire/client';
import { isFinished } from '@stepwire/run-model';
import { Box, CircleStop } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { sentence } from '../shell/connection-view.ts';
import { useViewer } from '../shell/viewer.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { messageOf, useOpenRequest } from './request-context.ts';
import { ShareDialog } from './share-dialog.tsx';

export interface ActionsProps {
  readonly requestId: string;
  readonly status: RequestSnapshot['status'];
}

/** What can be done about a request. A guest may only look. */
export function Actions({ requestId, status }: ActionsProps): ReactNode {
  const { user } = useViewer();
  if (status === 'loading' || status === 'unknown') return null;
  const ended = isFinished(status);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button asChild size="sm" variant="ghost">
        <Link href={`/requests/${encodeURIComponent(requestId)}/space`}>
          <Box aria-hidden="true" className="size-4" />
          View in space
        </Link>
      </Button>
      {user === null ? null : <ShareDialog requestId={requestId} />}
      {user === null || ended ? null : <Cancel cancelling={status === 'cancelling'} />}
    </div>
  );
}

function Cancel({ cancelling }: { readonly cancelling: boolean }): ReactNode {
  const { store } = useOpenRequest();
  const [asked, setAsked] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(() => {
    if (cancelling) setAsked(false);
  }, [cancelling]);
  const cancel = async (): Promise<void> => {
    setAsked(true);
    setRefusal(null);
    try {
      await store.cancel();
    } catch (error) {
      setRefusal(messageOf(error));
    } finally {
      setAsked(false);
    }
  };
  if (cancelling || asked) {
    return (
      <Button size="sm" busy>
        Cancelling…
      </Button>
    );
  }
  return (
    <>
      <Confirm
        trigger={
          <Button size="sm">
            <CircleStop aria-hidden="true" className="size-4 text-bad" />
            Cancel
          </Button>
        }
        title="Cancel this request?"
        description="Whoever works on it is told to stop. What was found so far is kept."
        action="Cancel request"
        onConfirm={() => void cancel()}
      />
      {refusal === null ? null : (
        <p role="alert" className="w-full text-bad">
          {sentence(refusal)}
        </p>
      )}
    </>
  );
}
