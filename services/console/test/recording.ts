import type { EventData, EventType, LogEvent } from '@stepwire/protocol';

/** A log as it is written, for logic that reads one. */
export class Recording {
  readonly events: LogEvent[] = [];
  readonly #begin = Date.UTC(2026, 0, 1);

  /** @param at ms since the request began */
  add<T extends EventType>(at: number, type: T, data: EventData[T], agent = 'executor-agent'): this {
    const seq = this.events.length + 1;
    const timestamp = new Date(this.#begin + at).toISOString();
    const event = {
      id: `e${seq}`,
      type,
      requestId: 'r',
      agent,
      timestamp,
      data: JSON.parse(JSON.stringify(data)),
      seq,
    };
    this.events.push(event);
    return this;
  }

  /** a managed request of two steps side by side and one after them; 3 events, planned at 20 ms */
  planned(): this {
    this.add(0, 'request.accepted', { userQuery: 'Is it safe?', context: {}, userId: 'ann' }, 'gateway');
    this.add(10, 'agent.progress', { stage: 'planning', attempt: 1, instance: 'p' }, 'planner-agent');
    const steps = [
      { id: 'a', order: 1, title: 'Read it', action: 'read', phaseId: 'look' },
      { id: 'b', order: 2, title: 'Ask around', action: 'ask', phaseId: 'look' },
      { id: 'c', order: 3, title: 'Conclude', action: 'think', phaseId: 'think', dependsOn: ['a', 'b'] },
    ];
    const phases = [
      { id: 'look', name: 'Look' },
      { id: 'think', name: 'Think' },
    ];
    return this.add(
      20,
      'planner.plan.created',
      { attempt: 1, plan: { goal: 'Find out', phases, steps } },
      'planner-agent',
    );
  }

  report(at: number, stepId: 'a' | 'b' | 'c', more: Omit<EventData['executor.step.progress'], 'stepId'>): this {
    return this.add(at, 'executor.step.progress', {
      stepId,
      stepOrder: { a: 1, b: 2, c: 3 }[stepId],
      attempt: 1,
      ...more,
    });
  }

  asks(at: number): this {
    const question = { questionId: 'q', stepId: 'b', attempt: 1, prompt: 'Who sent it?', kind: 'text' } as const;
    return this.add(at, 'executor.question.asked', question);
  }
}
