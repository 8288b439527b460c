import type { EventData, EventType, LogEvent } from '@stepwire/client';

/** A recorded request of two steps side by side, whose second one asks. */
export class Recording {
  readonly events: LogEvent[] = [];
  readonly requestId = 'req-1';

  add<T extends EventType>(type: T, data: EventData[T], agent = 'executor-agent'): this {
    const seq = this.events.length + 1;
    const { requestId } = this;
    const timestamp = new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString();
    this.events.push({ id: `e${seq}`, type, requestId, agent, timestamp, data: JSON.parse(JSON.stringify(data)), seq });
    return this;
  }

  /** 3 events */
  planned(): this {
    this.add('request.accepted', { userQuery: 'Is it safe?', context: {}, userId: 'ann' }, 'gateway');
    this.add('agent.progress', { stage: 'planning', attempt: 1, instance: 'p' }, 'planner-agent');
    const plan = {
      goal: 'Find out',
      phases: [
        { id: 'look', name: 'Look' },
        { id: 'think', name: 'Think' },
      ],
      steps: [
        { id: 'a', order: 1, title: 'Read it', action: 'read', phaseId: 'look' },
        { id: 'b', order: 2, title: 'Ask around', action: 'ask', phaseId: 'look' },
        { id: 'c', order: 3, title: 'Conclude', action: 'think', phaseId: 'think', dependsOn: ['a', 'b'] },
      ],
    };
    return this.add('planner.plan.created', { attempt: 1, plan }, 'planner-agent');
  }

  report(stepId: 'a' | 'b' | 'c', status: 'running' | 'completed' | 'failed', more: object = {}): this {
    const stepOrder = { a: 1, b: 2, c: 3 }[stepId];
    return this.add('executor.step.progress', { stepId, stepOrder, tool: 't', attempt: 1, status, ...more });
  }

  output(stepId: string, delta: string, times = 1): this {
    for (let at = 0; at < times; at += 1) this.add('executor.step.output', { stepId, delta, attempt: 1 });
    return this;
  }

  asks(questionId = 'q', more: Partial<EventData['executor.question.asked']> = {}): this {
    const question = { questionId, stepId: 'b', attempt: 1, prompt: 'Who sent it?', kind: 'choice' } as const;
    return this.add('executor.question.asked', { ...question, choices: ['A friend', 'Nobody I know'], ...more });
  }

  completed(): this {
    return this.add('request.completed', { result: { safe: true }, durationMs: 5 }, 'coordinator');
  }
}
