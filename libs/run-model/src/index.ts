export type { Decision, Input, NewEvent, Policy, Refusal, Rejection, TimerRef, TimerSet } from './decision.ts';
export type { AnswerState, QuestionState, RunState, StepState } from './state.ts';
export { RunStatus, StepStatus } from './state.ts';
