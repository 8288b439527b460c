import { isEvent, type LogEvent } from '@stepwire/client';

export interface Notice {
  /** the same for the same event, so that it is shown once however often it is told */
  readonly id: string;
  readonly kind: 'success' | 'error' | 'info' | 'warning';
  readonly title: string;
  readonly text: string;
  /** until somebody closes it, or what it asks for is done */
  readonly stays: boolean;
}

export interface Told {
  readonly notice: Notice | null;
  /** ids of notices that are over with it; `all`: those of its request */
  readonly ends: readonly string[] | 'all';
}

const question = (requestId: string, questionId: string): string => `${requestId}?${questionId}`;
const stall = (requestId: string): string => `${requestId} stalled`;

/** What is to be told of an event. */
export function noticeOf(event: LogEvent): Told {
  const { requestId, seq } = event;
  const tell = (more: Partial<Notice> & Pick<Notice, 'title'>): Notice => ({
    id: `${requestId}/${seq}`,
    kind: 'info',
    text: '',
    stays: false,
    ...more,
  });
  if (isEvent(event, 'request.completed')) {
    return { notice: tell({ kind: 'success', title: 'Completed' }), ends: 'all' };
  }
  if (isEvent(event, 'request.failed')) {
    return { notice: tell({ kind: 'error', title: 'Failed', text: event.data.message, stays: true }), ends: 'all' };
  }
  if (isEvent(event, 'request.cancelled')) {
    return { notice: tell({ title: 'Cancelled', text: event.data.reason ?? '' }), ends: 'all' };
  }
  if (isEvent(event, 'executor.question.asked')) {
    const { questionId, prompt } = event.data;
    const id = question(requestId, questionId);
    return { notice: tell({ id, title: 'A question for you', text: prompt, stays: true }), ends: [] };
  }
  if (isEvent(event, 'question.answered') || isEvent(event, 'question.expired')) {
    return { notice: null, ends: [question(requestId, event.data.questionId)] };
  }
  if (isEvent(event, 'request.stalled')) {
    const title = 'Nothing has been heard for a while';
    return { notice: tell({ id: stall(requestId), kind: 'warning', title, stays: true }), ends: [] };
  }
  if (isEvent(event, 'request.resumed')) return { notice: null, ends: [stall(requestId)] };
  if (isEvent(event, 'executor.artifact.created')) {
    return { notice: tell({ title: 'New artifact', text: event.data.name }), ends: [] };
  }
  return { notice: null, ends: [] };
}
