import { isEvent, type LogEvent } from '@stepwire/client';
import { previewOf } from '../json-tree.tsx';
import { visibleText } from '../visible-text.ts';

/** so much of a text is told in one line (UTF-16 code units) */
const CHARS = 300;

/**
 * What an event says, in a line.
 * @param titleOf what a step is called, by its id
 */
export function eventText(event: LogEvent, titleOf: (stepId: string) => string): string {
  const text = told(event, titleOf);
  return visibleText(text.length > CHARS ? `${text.slice(0, CHARS - 1)}…` : text).replaceAll(/\s+/g, ' ');
}

function told(event: LogEvent, titleOf: (stepId: string) => string): string {
  if (isEvent(event, 'request.accepted')) return event.data.userQuery;
  if (isEvent(event, 'planner.plan.created')) {
    const { goal, steps } = event.data.plan;
    return `${steps.length} ${steps.length === 1 ? 'step' : 'steps'}: ${goal}`;
  }
  if (isEvent(event, 'agent.phase.started') || isEvent(event, 'agent.phase.completed')) {
    return event.data.phaseName ?? event.data.phaseId;
  }
  if (isEvent(event, 'agent.progress')) {
    const { percent, stage, message } = event.data;
    return [percent === undefined ? '' : `${Math.round(percent)} %`, stage, message].filter(Boolean).join(' · ');
  }
  if (isEvent(event, 'agent.thinking')) return event.data.thought;
  if (isEvent(event, 'executor.step.progress')) {
    const { stepId, stepOrder, step, status, percent, message, error, willRetry, result } = event.data;
    const name = `${stepId ?? step ?? stepOrder ?? ''}`;
    const failure = typeof error === 'string' ? error : error?.message;
    const more = [
      percent === undefined ? '' : `${Math.round(percent)} %`,
      failure ?? message,
      willRetry ? 'will be tried again' : '',
      result === undefined || result === null ? '' : previewOf(result),
    ];
    return [`${titleOf(name)}: ${status}`, ...more].filter(Boolean).join(' · ');
  }
  if (isEvent(event, 'executor.step.output')) return `${titleOf(event.data.stepId)}: ${event.data.delta}`;
  if (isEvent(event, 'executor.tool.started')) {
    const { toolName, input } = event.data;
    return `${toolName}(${input === undefined ? '' : previewOf(input)})`;
  }
  if (isEvent(event, 'executor.tool.completed')) {
    const { toolName, output, error } = event.data;
    if (error !== undefined) return `${toolName}: ${typeof error === 'string' ? error : error.message}`;
    return `${toolName} → ${output === undefined ? 'done' : previewOf(output)}`;
  }
  if (isEvent(event, 'executor.question.asked')) return event.data.prompt;
  if (isEvent(event, 'question.answered')) return `${event.data.answeredBy}: ${previewOf(event.data.answer)}`;
  if (isEvent(event, 'question.expired')) {
    return event.data.answer === undefined ? 'nobody answered' : `nobody answered: ${previewOf(event.data.answer)}`;
  }
  if (isEvent(event, 'executor.artifact.created')) return event.data.name;
  if (isEvent(event, 'agent.failed') || isEvent(event, 'request.failed')) return event.data.message;
  if (isEvent(event, 'request.cancelling') || isEvent(event, 'request.cancelled')) {
    const { by, reason } = event.data;
    return [by === undefined ? '' : `by ${by}`, reason].filter(Boolean).join(': ');
  }
  return previewOf(event.data, CHARS);
}
