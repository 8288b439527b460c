import type { QuestionState, RequestSnapshot } from '@stepwire/client';
import { requestWords, useQuestion, useRequest } from '@stepwire/react';
import { ArrowLeft, Maximize, RectangleGoggles } from 'lucide-react';
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { Questions } from '../request/questions.tsx';
import { visibleText } from '../request/visible-text.ts';
import { usePageName } from '../shell/page-title.tsx';
import { useViewer } from '../shell/viewer.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Status } from '../ui/status.tsx';
import { choicesOf, dependenciesOf, faceOfQuestion, faceOfRequest, faceOfStep, levelsOf } from './face.ts';
import type { Contents } from './panels.ts';
import { StepList } from './step-list.tsx';
import { type SpaceState, useCanvasLabel, useSpace, useXrModes } from './use-space.ts';
import type { XrMode } from './xr.ts';

export interface ImmersivePageProps {
  readonly requestId: string;
}

/** One request as panels in space, on a screen or in a headset; beside it the same in words. */
export default function ImmersivePage({ requestId }: ImmersivePageProps): ReactNode {
  usePageName('In space');
  const request = useRequest(requestId);
  const { question, answer, answering, error } = useQuestion(requestId);
  const mayAnswer = useViewer().user !== null;
  const contents = useContents(request, question, { closed: answering || !mayAnswer, error });
  const host = useRef<HTMLDivElement>(null);
  const state = useSpace(host, contents, answer);
  const { status, steps, userQuery, progress } = request;
  const done = steps.filter((step) => step.status === 'completed').length;
  useCanvasLabel(
    host,
    `${requestWords[status]}: ${done} of ${steps.length} steps done. The list beside says the same; arrow keys turn, plus and minus come closer.`,
    state,
  );
  const space = state.kind === 'shown' ? state.space : null;
  const approach = useCallback((stepId: string) => space?.approach(stepId), [space]);
  return (
    <div className="relative -my-6 sm:-my-8 left-1/2 flex w-dvw -translate-x-1/2 flex-col lg:h-[calc(100dvh-3rem-1px)] lg:min-h-112 lg:flex-row">
      <section aria-label="Space" className="relative flex h-[68dvh] min-h-96 shrink-0 flex-col lg:h-auto lg:flex-1">
        {state.kind === 'shown' ? <Actions state={state} /> : null}
        <div ref={host} className="relative min-h-0 flex-1 overflow-hidden" />
        <Hint state={state} />
      </section>
      <section
        aria-label="In words"
        className="flex min-h-0 min-w-0 flex-col gap-4 border-t bg-panel p-4 lg:w-84 lg:overflow-y-auto lg:border-s lg:border-t-0"
      >
        <header className="grid gap-2">
          <Link href={`/requests/${encodeURIComponent(requestId)}`} className="flex items-center gap-1.5 text-accent">
            <ArrowLeft aria-hidden="true" className="size-4" />
            Back to the request
          </Link>
          <h1 className="line-clamp-3 font-semibold text-base [overflow-wrap:anywhere]">
            {visibleText(userQuery ?? requestId)}
          </h1>
          <div className="flex items-center gap-3">
            <Status status={status} />
            <span className="text-muted tabular-nums">{Math.round(progress)} %</span>
          </div>
        </header>
        <div className="contents [&_button]:max-w-full [&_button]:shrink">
          <Questions requestId={requestId} />
        </div>
        <Outcome request={request} />
        <StepList steps={steps} approach={space === null ? null : approach} />
      </section>
    </div>
  );
}

interface Answering {
  /** an answer is on its way, or is not theirs to give */
  readonly closed: boolean;
  readonly error: Error | null;
}

function useContents(request: RequestSnapshot, question: QuestionState | null, { closed, error }: Answering): Contents {
  const { plan, steps } = request;
  // steps are added, never taken away or moved: the same plan and number have the same places
  const count = steps.length;
  const levels = useMemo(() => levelsOf({ plan, steps }), [plan, count]);
  const dependencies = useMemo(() => dependenciesOf(plan), [plan]);
  return useMemo(
    () => ({
      request: faceOfRequest(request),
      steps: new Map(request.steps.map((step) => [step.stepId, faceOfStep(step)])),
      levels,
      dependencies,
      question:
        question === null
          ? null
          : {
              questionId: `${question.questionId}${closed ? ' closed' : ''}`,
              face: faceOfQuestion(question, error),
              choices: closed ? [] : choicesOf(question),
            },
    }),
    [request, levels, dependencies, question, closed, error],
  );
}

/** The verdict in words, once there is one. */
function Outcome({ request }: { readonly request: RequestSnapshot }): ReactNode {
  const { status } = request;
  if (status !== 'completed' && status !== 'failed') return null;
  const { title, body, aside } = faceOfRequest(request);
  return (
    <section aria-label="Result" className="rounded-lg bg-sunken px-3.5 py-3">
      <p className="font-semibold">{title}</p>
      {aside === '' ? null : <p className="text-muted">{aside}</p>}
      <p className="mt-1 whitespace-pre-line text-muted [overflow-wrap:anywhere]">{body}</p>
    </section>
  );
}

/** On the canvas: what it says while there is nothing to see, and how to move. */
function Hint({ state }: { readonly state: SpaceState }): ReactNode {
  if (state.kind === 'loading') {
    return (
      <p role="status" className="absolute inset-0 grid place-items-center text-muted">
        Opening the space…
      </p>
    );
  }
  if (state.kind === 'failed') {
    return (
      <div className="absolute inset-0 grid place-items-center p-6">
        <Notice tone="wait" className="max-w-md">
          This browser shows no 3D: {state.reason} Everything that would be seen here stands in the list.
        </Notice>
      </div>
    );
  }
  return (
    <p className="pointer-events-none absolute start-4 bottom-3 hidden text-muted text-xs lg:block">
      Drag to turn, scroll to come closer, press a step to go there
    </p>
  );
}

const words: Readonly<Record<XrMode, string>> = { 'immersive-vr': 'VR', 'immersive-ar': 'AR' };

function Actions({
  state: { space, mode },
}: {
  readonly state: Extract<SpaceState, { readonly kind: 'shown' }>;
}): ReactNode {
  const modes = useXrModes();
  const [refused, setRefused] = useState<string | null>(null);
  const enter = async (wanted: XrMode): Promise<void> => {
    setRefused(null);
    try {
      await space.enter(wanted);
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div className="flex flex-wrap items-start gap-2 border-b p-2 lg:absolute lg:end-3 lg:top-3 lg:z-10 lg:border-0 lg:p-0">
      {mode !== null ? (
        <Button variant="primary" onClick={() => void space.exit()}>
          Leave {words[mode]}
        </Button>
      ) : (
        modes.map((offered) => (
          <Button key={offered} variant="primary" onClick={() => void enter(offered)}>
            <RectangleGoggles aria-hidden="true" className="size-4" />
            Enter {words[offered]}
          </Button>
        ))
      )}
      <Button onClick={() => space.overview()}>
        <Maximize aria-hidden="true" className="size-4" />
        Show everything
      </Button>
      {refused === null ? null : <Notice className="max-w-md">The headset did not open a session: {refused}</Notice>}
    </div>
  );
}
