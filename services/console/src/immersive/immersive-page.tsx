import { useRequest } from '@stepwire/react';
import { QuestionCard } from '@stepwire/react/components';
import type { ReactNode } from 'react';
import { StepList } from './step-list.tsx';

export interface ImmersivePageProps {
  readonly requestId: string;
}

/** One request as panels in space. */
export default function ImmersivePage({ requestId }: ImmersivePageProps): ReactNode {
  const request = useRequest(requestId);
  return (
    <main>
      <h1>{request.userQuery ?? requestId}</h1>
      <QuestionCard requestId={requestId} />
      <StepList steps={request.steps} />
    </main>
  );
}
