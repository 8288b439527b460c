import type { EventData, LogEvent } from '@stepwire/protocol';
import { type Draft, LIST_CAP } from './state.ts';

export function agentProgress(next: Draft, data: EventData['agent.progress'], event: LogEvent): void {
  if (next.managed) {
    planningClaimed(next, data, event);
    return;
  }
  if (data.percent !== undefined) next.progress = Math.max(next.progress, Math.floor(data.percent));
  if (data.stage !== undefined && next.status === 'running') next.currentStage = data.stage;
}

/** In a managed request what an agent says about percents is for watchers; one with `instance` is the planner's claim. */
function planningClaimed(next: Draft, { attempt, instance }: EventData['agent.progress'], event: LogEvent): void {
  const { planning } = next;
  if (instance === undefined || planning === null || planning.attempt !== attempt) return;
  if (planning.status !== 'ready' && planning.status !== 'retrying') return;
  next.planning = {
    ...planning,
    status: 'running',
    instance,
    error: null,
    startedAt: planning.startedAt ?? event.timestamp,
  };
  if (next.status !== 'cancelling') {
    next.status = 'planning';
    next.currentStage = 'planning';
  }
}

export function artifactCreated(next: Draft, data: EventData['executor.artifact.created']): void {
  const known = next.artifacts.findIndex((artifact) => artifact.artifactId === data.artifactId);
  if (known >= 0) next.artifacts = next.artifacts.with(known, data);
  else if (next.artifacts.length < LIST_CAP) next.artifacts = [...next.artifacts, data];
}

/** The usage of an observed run; that of a managed one is summed up from its steps. */
export function agentCompleted(next: Draft, data: EventData['agent.completed']): void {
  if (!next.managed && data.usage !== undefined) next.usage = data.usage;
}

/** Kept so that `decide` sees whether an observed agent said why before it fails its request. */
export function agentFailed(next: Draft, data: EventData['agent.failed']): void {
  if (!next.managed) next.error = { message: data.message, code: data.code ?? null, step: data.step ?? null };
}
