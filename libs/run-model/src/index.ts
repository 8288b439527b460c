export { decide } from './decide.ts';
export type { Decision, Input, NewEvent, Policy, Refusal, Rejection, TimerRef, TimerSet } from './decision.ts';
export { evolve } from './evolve.ts';
export { initialState, MODEL_VERSION } from './initial-state.ts';
export { mayWatch } from './ownership.ts';
export { defaultPolicy } from './policy.ts';
export { type ClientState, type ClientStep, snapshotForClient } from './snapshot.ts';
export type { AnswerState, QuestionState, RunState, StepState } from './state.ts';
export { isFinished, isSettled, RunStatus, StepStatus } from './state.ts';
