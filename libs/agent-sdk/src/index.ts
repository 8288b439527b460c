export { type AgentParts, type AgentServiceOptions, runAgentService } from './agent-service.ts';
export { BlobStore } from './blob-store.ts';
export { type AgentEvent, eventMessage } from './events.ts';
export { type StepKey, StepStopped, type StopCause } from './lease.ts';
export type { Call, Publish, Settle } from './ports.ts';
export { type PlainEvent, publishEvent } from './publish-event.ts';
export { questionId } from './question-id.ts';
export { type Planner, runPlanner } from './run-planner.ts';
export { runStep, type StepRunner } from './run-step.ts';
export { AgentSession, type SessionOptions } from './session.ts';
export { ParkSignal, SkipSignal } from './signals.ts';
export {
  type ChoiceQuestion,
  type ConfirmQuestion,
  type Question,
  type TextQuestion,
  type Tool,
  type ToolContext,
  ToolError,
  type ToolInput,
  type ToolSet,
  toolSet,
} from './tool.ts';
