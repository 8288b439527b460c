export {
  type QuestionToAnswer,
  type StartRequest,
  useConnectionStatus,
  useFeed,
  useFeedEvent,
  useQuestion,
  useRequest,
  useRequestEvent,
  useRequestStore,
  useStartRequest,
} from './hooks.ts';
export { layoutOf, type PhaseLayout } from './plan-layout.ts';
export { StepwireProvider, type StepwireProviderProps, useClient } from './provider.tsx';
export { useStore } from './use-store.ts';
export { requestWords, stepWords } from './words.ts';
