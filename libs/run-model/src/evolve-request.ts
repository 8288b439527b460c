import { agents, type EventData, type JsonObject, type LogEvent } from '@stepwire/protocol';
import { isJsonObject } from './json-object.ts';
import { type Draft, isSettled, type RunState, type StepState } from './state.ts';
import { newStep } from './step.ts';

/** The first event of a request. Managed ones are recognised by it: only the coordinator logs it as the gateway's. */
export const isManagedStart = (event: { readonly type: string; readonly agent: string }): boolean =>
  event.type === 'request.accepted' && event.agent === agents.gateway;

export function begin(next: Draft, event: LogEvent): void {
  next.createdAt = event.timestamp;
  next.userId = ownerNamedIn(event.data);
  next.managed = isManagedStart(event);
  if (next.managed) {
    next.planning = newStep({ id: 'plan', order: 0, title: 'Plan', tool: 'planner', status: 'ready' });
  } else {
    next.status = 'running';
    next.currentStage = 'running';
  }
}

export const ownerNamedIn = ({ userId }: JsonObject): string | null =>
  typeof userId === 'string' && userId !== '' ? userId : null;

export function accepted(next: Draft, data: EventData['request.accepted'], event: LogEvent): void {
  // a second one would change the question under work
  if (next.userQuery !== null) return;
  next.userQuery = data.userQuery;
  const { context } = event.data;
  if (isJsonObject(context)) next.context = context;
}

export function cancelling(next: Draft, data: EventData['request.cancelling']): void {
  next.status = 'cancelling';
  next.currentStage = 'cancelling';
  next.cancel = { by: data.by, reason: data.reason ?? null, forced: false };
  next.questions = [];
  next.stalled = false;
}

export function completed(next: Draft, data: EventData['request.completed'], event: LogEvent): void {
  end(next, 'completed', event);
  next.progress = 100;
  next.result = data.result ?? null;
  next.resultRef = data.resultRef ?? null;
  next.error = null;
  next.usage = data.usage ?? next.usage;
}

export function failed(next: Draft, data: EventData['request.failed'], event: LogEvent): void {
  end(next, 'failed', event);
  next.error = { message: data.message, code: data.code ?? null, step: data.step ?? null };
}

export function cancelled(next: Draft, data: EventData['request.cancelled'], event: LogEvent): void {
  end(next, 'cancelled', event);
  next.cancel = {
    by: data.by ?? next.cancel?.by ?? event.agent,
    reason: data.reason ?? next.cancel?.reason ?? null,
    forced: data.forced ?? false,
  };
}

function end(next: Draft, status: RunState['status'], event: LogEvent): void {
  next.status = status;
  next.currentStage = status;
  next.stalled = false;
  next.finishedAt = event.timestamp;
  next.questions = [];
  // What an agent left running when it completed its request was part of that; anything else did not come to be.
  const left = (step: StepState): StepState => {
    if (isSettled(step)) return step;
    const done = status === 'completed' && step.status === 'running';
    return {
      ...step,
      status: done ? 'completed' : 'skipped',
      percent: done ? 100 : step.percent,
      message: done ? step.message : `the request ${status === 'cancelled' ? 'was cancelled' : status}`,
      instance: null,
      finishedAt: event.timestamp,
    };
  };
  next.steps = next.steps.map(left);
  if (next.planning !== null) next.planning = left(next.planning);
}
