import { StepwireProvider } from '@stepwire/react';
import { RequestProgress } from '@stepwire/react/components';
import { Check } from '../../check.tsx';

/** Rendered on the server: it also takes parts of ours straight from the package. */
export default function Page() {
  return (
    <>
      <Check />
      <StepwireProvider url="http://localhost:3001">
        <RequestProgress requestId="of-the-server" />
      </StepwireProvider>
    </>
  );
}
