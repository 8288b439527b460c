import { PlanView, QuestionCard, RequestProgress } from '@stepwire/react/components';

export default function RequestPage({ requestId }: { requestId: string }) {
  return (
    <main>
      <RequestProgress requestId={requestId} />
      <PlanView requestId={requestId} />
      <QuestionCard requestId={requestId} />
    </main>
  );
}
