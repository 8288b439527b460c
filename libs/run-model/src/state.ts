import {
  type BlobRef,
  type EventData,
  type Failure,
  type JsonObject,
  limits,
  type Plan,
  type Usage,
} from '@stepwire/protocol';

/** Const object + union of the same name instead of an enum: the literal is what stands on the wire. */
export const RunStatus = {
  queued: 'queued',
  planning: 'planning',
  running: 'running',
  waiting: 'waiting',
  cancelling: 'cancelling',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
} as const;
export type RunStatus = (typeof RunStatus)[keyof typeof RunStatus];

/** Nothing follows these. */
export const isFinished = (status: RunStatus): boolean =>
  status === RunStatus.completed || status === RunStatus.failed || status === RunStatus.cancelled;

export const StepStatus = {
  /** waits for a step it depends on */
  pending: 'pending',
  /** dispatched, not yet claimed */
  ready: 'ready',
  running: 'running',
  /** failed and will be dispatched again after a delay */
  retrying: 'retrying',
  /** parked until its question is answered or expires */
  waiting: 'waiting',
  completed: 'completed',
  failed: 'failed',
  skipped: 'skipped',
} as const;
export type StepStatus = (typeof StepStatus)[keyof typeof StepStatus];

/** A step that has come to its end, one way or another. */
export const isSettled = (step: StepState): boolean =>
  step.status === StepStatus.completed || step.status === StepStatus.failed || step.status === StepStatus.skipped;

export interface StepState {
  readonly id: string;
  /** place in the plan, from 1; `step` on the wire */
  readonly order: number;
  readonly title: string;
  readonly tool: string;
  readonly phaseId: string | null;
  readonly dependsOn: readonly string[];
  readonly optional: boolean;
  readonly maxAttempts: number | null;
  readonly status: StepStatus;
  /** the attempt that counts now; reports of any other are refused */
  readonly attempt: number;
  /** failures so far: these count towards the limit, lost leases and resumes do not */
  readonly failures: number;
  readonly leaseLosses: number;
  /** who claimed the attempt, while it runs */
  readonly instance: string | null;
  /** 0–100, within the step */
  readonly percent: number;
  readonly message: string | null;
  readonly result: unknown;
  readonly resultRef: BlobRef | null;
  readonly error: Failure | null;
  /** the tail of the streamed text of this attempt */
  readonly output: string;
  /** of its first attempt */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** of the attempt that ended it */
  readonly durationMs: number | null;
}

export interface QuestionState {
  readonly questionId: string;
  readonly stepId: string | null;
  readonly prompt: string;
  readonly kind: EventData['executor.question.asked']['kind'];
  readonly choices: readonly string[] | null;
  readonly allowOther: boolean;
  /** absent: without a default the step fails when the question expires */
  readonly default?: unknown;
  readonly askedAt: string;
  readonly expiresAt: string | null;
}

/** Observed agents may name as many steps, questions and artifacts as they like; the state keeps this many of each. */
export const LIST_CAP = limits.planSteps;

/** How a question ended. */
export interface AnswerState {
  readonly questionId: string;
  readonly stepId: string | null;
  /** absent: it expired without a default */
  readonly answer?: unknown;
  readonly answeredBy: string | null;
  readonly expired: boolean;
}

/**
 * The whole of a request at `seq`: folding events 1…n with `evolve` gives exactly the state at n.
 * Plain JSON: what is stored, sent and folded in a browser is the same.
 */
export interface RunState {
  readonly requestId: string;
  readonly seq: number;
  /** started through a gateway: the coordinator dispatches it. Else observed: some other program drives it. */
  readonly managed: boolean;
  readonly userId: string | null;
  readonly userQuery: string | null;
  readonly context: JsonObject;
  readonly status: RunStatus;
  /** 0–100, never falls */
  readonly progress: number;
  /** what runs now */
  readonly currentStage: string;
  readonly plan: Plan | null;
  /** the step that makes the plan, in managed requests */
  readonly planning: StepState | null;
  /** in the plan's order */
  readonly steps: readonly StepState[];
  /** open ones, oldest first */
  readonly questions: readonly QuestionState[];
  readonly answers: readonly AnswerState[];
  readonly artifacts: readonly EventData['executor.artifact.created'][];
  readonly stalled: boolean;
  readonly cancel: { readonly by: string; readonly reason: string | null; readonly forced: boolean } | null;
  readonly result: unknown;
  readonly resultRef: BlobRef | null;
  readonly error: {
    readonly message: string;
    readonly code: string | null;
    readonly step: number | string | null;
  } | null;
  readonly usage: Usage | null;
  /** timestamps of the first, the newest and the ending event */
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  readonly finishedAt: string | null;
}

/** The copy that `evolve` is about to return: handlers assign its members and never touch what a member holds. */
export type Draft = { -readonly [K in keyof RunState]: RunState[K] };
