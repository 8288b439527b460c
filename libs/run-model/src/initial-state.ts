import type { RunState } from './state.ts';

/**
 * Names this {@link RunState} and the `evolve` that folds it. It rises with any change that makes two of them come to different
 * states, so that a client of another version shows the server's states instead of its own.
 */
export const MODEL_VERSION = 1;

/** A request that nothing is known of yet: `seq` 0. Every member is there from the start, so that JSON keeps one order. */
export const initialState = (requestId: string): RunState => ({
  requestId,
  seq: 0,
  managed: false,
  userId: null,
  userQuery: null,
  context: {},
  status: 'queued',
  progress: 0,
  currentStage: 'queued',
  plan: null,
  planning: null,
  steps: [],
  questions: [],
  answers: [],
  artifacts: [],
  stalled: false,
  cancel: null,
  result: null,
  resultRef: null,
  error: null,
  usage: null,
  createdAt: null,
  updatedAt: null,
  finishedAt: null,
});
