import { PROTOCOL_VERSION } from '@stepwire/protocol';
import type { QuestionState, RunState, StepState } from './state.ts';

/** A step as clients see it: `step` is its place in the plan. */
export interface ClientStep {
  readonly step: number;
  readonly stepId: string;
  readonly status: StepState['status'];
  readonly tool: string;
  readonly title: string;
  readonly percent: number;
  readonly attempt: number;
  readonly data: Pick<
    StepState,
    'result' | 'resultRef' | 'error' | 'message' | 'output' | 'startedAt' | 'finishedAt' | 'durationMs'
  >;
}

type Shown = Pick<
  RunState,
  | 'requestId'
  | 'seq'
  | 'status'
  | 'progress'
  | 'currentStage'
  | 'userQuery'
  | 'plan'
  | 'artifacts'
  | 'stalled'
  | 'cancel'
  | 'result'
  | 'resultRef'
  | 'error'
  | 'usage'
  | 'createdAt'
  | 'updatedAt'
  | 'finishedAt'
>;

/** The `state` object of design §7.1: everything up to `seq` is in it. */
export interface ClientState extends Shown {
  readonly protocol: typeof PROTOCOL_VERSION;
  readonly epoch: string;
  readonly steps: readonly ClientStep[];
  /** the oldest open one */
  readonly question: QuestionState | null;
  readonly questions: readonly QuestionState[];
}

const stepForClient = (step: StepState): ClientStep => ({
  step: step.order,
  stepId: step.id,
  status: step.status,
  tool: step.tool,
  title: step.title,
  percent: step.percent,
  attempt: step.attempt,
  data: {
    result: step.result,
    resultRef: step.resultRef,
    error: step.error,
    message: step.message,
    output: step.output,
    startedAt: step.startedAt,
    finishedAt: step.finishedAt,
    durationMs: step.durationMs,
  },
});

/** @param epoch names the history: it changes when that was restored or wiped */
export const snapshotForClient = (state: RunState, epoch: string): ClientState => ({
  protocol: PROTOCOL_VERSION,
  requestId: state.requestId,
  epoch,
  seq: state.seq,
  status: state.status,
  progress: state.progress,
  currentStage: state.currentStage,
  userQuery: state.userQuery,
  plan: state.plan,
  steps: state.steps.map(stepForClient),
  question: state.questions[0] ?? null,
  questions: state.questions,
  artifacts: state.artifacts,
  stalled: state.stalled,
  cancel: state.cancel,
  result: state.result,
  resultRef: state.resultRef,
  error: state.error,
  usage: state.usage,
  createdAt: state.createdAt,
  updatedAt: state.updatedAt,
  finishedAt: state.finishedAt,
});
