import type { RequestSnapshot } from '@stepwire/client';
import { AgentText } from '@stepwire/react/components';
import { CircleSlash, CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import { Section } from '../../ui/card.tsx';
import { JsonTree } from '../json-tree.tsx';
import { visibleText } from '../visible-text.ts';
import { DownloadLink } from './download-link.tsx';
import { StoredResult } from './stored-result.tsx';
import { isVerdict } from './verdict.ts';
import { VerdictCard } from './verdict-card.tsx';

export type Ended = Pick<
  RequestSnapshot,
  'requestId' | 'status' | 'result' | 'resultRef' | 'error' | 'cancel' | 'steps' | 'artifacts'
>;

/** How a request ended. Nothing while it goes on. */
export function ResultCard({ request }: { readonly request: Ended }): ReactNode {
  const { requestId, status, result, resultRef, error, cancel, steps, artifacts } = request;
  const made = artifacts.length === 0 ? null : <Artifacts requestId={requestId} artifacts={artifacts} />;
  if (status === 'failed') {
    return (
      <>
        <Failed error={error} steps={steps} />
        {made}
      </>
    );
  }
  if (status === 'cancelled') {
    return (
      <>
        <Cancelled cancel={cancel} steps={steps} />
        {made}
      </>
    );
  }
  if (status !== 'completed') return made;
  return (
    <>
      <Result requestId={requestId} result={result} resultRef={resultRef} />
      {made}
    </>
  );
}

function Result({ requestId, result, resultRef }: Pick<Ended, 'requestId' | 'result' | 'resultRef'>): ReactNode {
  if (resultRef !== null) {
    return <StoredResult requestId={requestId} stored={resultRef} show={(value) => <Value result={value} />} />;
  }
  return result === null || result === undefined ? null : <Value result={result} />;
}

function Value({ result }: { readonly result: unknown }): ReactNode {
  if (isVerdict(result)) return <VerdictCard verdict={result} />;
  return (
    <Section title="Result">
      {typeof result === 'string' ? (
        <div className="rounded-lg border bg-panel px-4 py-3">
          <AgentText>{visibleText(result)}</AgentText>
        </div>
      ) : (
        <JsonTree value={result} label="result" open={2} />
      )}
    </Section>
  );
}

function Failed({ error, steps }: Pick<Ended, 'error' | 'steps'>): ReactNode {
  const step = steps.find((one) => one.step === error?.step || one.stepId === error?.step);
  const where =
    error?.step === 'plan' ? 'the planning' : step === undefined ? null : visibleText(step.title || step.tool);
  return (
    <section aria-label="Error" className="rounded-lg border border-bad/40 bg-bad-soft px-4 py-3.5 sm:px-5">
      <h2 className="flex items-center gap-2 font-semibold text-bad">
        <CircleX aria-hidden="true" className="size-5 shrink-0" />
        {where === null ? 'It failed' : `It failed at “${where}”`}
      </h2>
      <p className="mt-1.5 whitespace-pre-wrap ps-7 [overflow-wrap:anywhere]">
        {visibleText(error?.message ?? 'Nobody said why.')}
      </p>
      {error?.code ? <p className="mt-1 ps-7 font-mono text-bad text-xs">{visibleText(error.code)}</p> : null}
    </section>
  );
}

function Cancelled({ cancel, steps }: Pick<Ended, 'cancel' | 'steps'>): ReactNode {
  const done = steps.filter(({ status }) => status === 'completed').length;
  return (
    <section aria-label="Cancelled" className="rounded-lg border bg-panel px-4 py-3.5 sm:px-5">
      <h2 className="flex items-center gap-2 font-semibold">
        <CircleSlash aria-hidden="true" className="size-5 shrink-0 text-muted" />
        {cancel === null ? 'It was cancelled' : `${visibleText(cancel.by)} cancelled it`}
      </h2>
      <p className="mt-1 ps-7 text-muted">
        {cancel?.reason ? `${visibleText(cancel.reason)}. ` : ''}
        {steps.length === 0 ? '' : `${done} of ${steps.length} steps were done. `}
        {cancel?.forced
          ? 'It was ended by force: not everybody who was at work said in time that they stopped.'
          : 'Everybody who was at work has stopped.'}
      </p>
    </section>
  );
}

type Artifact = RequestSnapshot['artifacts'][number];

function Artifacts({ requestId, artifacts }: { readonly requestId: string; readonly artifacts: readonly Artifact[] }) {
  return (
    <Section title="Files">
      <ul className="flex flex-wrap gap-2">
        {artifacts.map(({ artifactId, name, bytes }) => (
          <li key={artifactId}>
            <DownloadLink requestId={requestId} id={artifactId} name={name} bytes={bytes} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
