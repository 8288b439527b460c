import type { EventData, EventType, LogEvent } from '@stepwire/protocol';

/** Writes the log of one request. */
export class Log {
  readonly events: LogEvent[] = [];
  readonly requestId: string;

  constructor(requestId = 'req-1') {
    this.requestId = requestId;
  }

  add<T extends EventType>(type: T, data: EventData[T], agent = 'executor-agent'): this {
    return this.raw(type, { ...data }, agent);
  }

  raw(type: string, data: object, agent = 'acme'): this {
    const seq = this.events.length + 1;
    const timestamp = new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString();
    const { requestId } = this;
    this.events.push({
      id: `${requestId}/${seq}`,
      type,
      requestId,
      agent,
      timestamp,
      data: JSON.parse(JSON.stringify(data)),
      seq,
    });
    return this;
  }

  /** A managed request with a plan of two steps side by side and one after them. */
  planned(): this {
    const { requestId } = this;
    this.add('request.accepted', { userQuery: 'Is it safe?', context: {}, userId: 'ann' }, 'gateway');
    this.add('agent.progress', { stage: 'planning', attempt: 1, instance: `planner-of-${requestId}` }, 'planner-agent');
    const step = (id: string, order: number, more: object) => ({
      id,
      order,
      title: `Do ${id}`,
      action: `${id}_tool`,
      ...more,
    });
    const phases = [
      { id: 'look', name: 'Look' },
      { id: 'think', name: 'Think' },
    ];
    return this.add(
      'planner.plan.created',
      {
        attempt: 1,
        plan: {
          goal: 'Find out',
          phases,
          steps: [
            step('a', 1, { phaseId: 'look' }),
            step('b', 2, { phaseId: 'look' }),
            step('c', 3, { phaseId: 'think', dependsOn: ['a', 'b'] }),
          ],
        },
      },
      'planner-agent',
    );
  }

  report(stepId: string, status: 'running' | 'completed' | 'failed', more: object = {}): this {
    const stepOrder = stepId.charCodeAt(0) - 96;
    return this.add('executor.step.progress', {
      stepId,
      stepOrder,
      tool: `${stepId}_tool`,
      attempt: 1,
      status,
      ...more,
    });
  }

  output(stepId: string, delta: string): this {
    return this.add('executor.step.output', { stepId, delta, attempt: 1 });
  }

  /** Two steps done, and the third asks. */
  asking(questionId = 'q'): this {
    for (const id of ['a', 'b', 'c']) this.report(id, 'running', { instance: 'x' });
    const question = { questionId, stepId: 'c', prompt: 'Who sent it?', attempt: 1 } as const;
    return this.add('executor.question.asked', { ...question, kind: 'choice', choices: ['A friend', 'Nobody'] });
  }

  completed(result: unknown = { safe: true }): this {
    this.add('agent.completed', { result, durationMs: 5 });
    return this.add('request.completed', { result, durationMs: 5 }, 'coordinator');
  }
}
