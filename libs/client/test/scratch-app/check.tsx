'use client';
import type { RequestSnapshot } from '@stepwire/client';
import { StepwireProvider, useConnectionStatus, useRequest, useStartRequest } from '@stepwire/react';
import { Notifications, PlanView, QuestionCard, RequestProgress } from '@stepwire/react/components';
import '@stepwire/react/styles.css';
import { useState } from 'react';

/** Somebody's component: what it uses of React, of ours and of TypeScript is what any app may. */
function Form() {
  const [text, setText] = useState('');
  const { start, requestId } = useStartRequest();
  const status: RequestSnapshot['status'] = useRequest(requestId, (request) => request.status);
  const connection = useConnectionStatus();
  return (
    <>
      <textarea value={text} onChange={({ target }) => setText(target.value)} />
      <button type="button" onClick={() => start({ userQuery: text })}>
        Check
      </button>
      <output>{`${status}, ${connection.state}`}</output>
      <RequestProgress requestId={requestId} />
      <PlanView requestId={requestId} />
      <QuestionCard requestId={requestId} />
    </>
  );
}

export function Check() {
  return (
    <StepwireProvider url="http://localhost:3001">
      <Form />
      <Notifications />
    </StepwireProvider>
  );
}
