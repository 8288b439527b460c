import type { Json } from '@stepwire/protocol';

const of = (type: string, data: Json, more: Readonly<Record<string, Json>> = {}): Json => ({
  id: `req-1/${type}`,
  type,
  requestId: 'req-1',
  agent: 'acme',
  timestamp: '2026-01-01T00:00:00.000Z',
  data,
  ...more,
});

export const validPlan: Json = {
  goal: 'look at it',
  phases: [{ id: 'p', name: 'Looking' }],
  steps: [
    { id: 'a', order: 1, title: 'Look', action: 'look', input: { at: ['it'] }, dependsOn: [], phaseId: 'p' },
    { id: 'b', order: 2, title: 'Tell', action: 'tell', dependsOn: ['a'], optional: true, maxAttempts: 2 },
  ],
};

/** One of each kind of event, as agents publish them. */
export const validEvents: readonly Json[] = [
  of('executor.step.progress', { stepId: 'a', stepOrder: 1, status: 'failed', tool: 't', error: { message: 'no' } }),
  of('planner.plan.created', { plan: validPlan, attempt: 1 }),
  of('executor.step.output', { stepId: 'a', delta: 'text', attempt: 1 }),
  of('executor.tool.completed', { toolCallId: 'c', toolName: 't', output: [1, { two: null }], durationMs: 1.5 }),
  of('executor.question.asked', { questionId: 'q', prompt: '?', kind: 'choice', choices: ['a'], expiresInMs: 5 }),
  of('executor.artifact.created', { artifactId: 'a', name: 'n', mediaType: 'text/plain', bytes: 1 }),
  of('agent.phase.started', { phaseId: 'p', phaseName: 'P', phaseIndex: 0 }),
  of('agent.completed', { result: 1, usage: { inputTokens: 1, outputTokens: 2 } }),
  of('request.failed', { message: 'no', step: 2 }),
  of('weather.changed', { sun: true, userId: 'ada' }, { timestamp: '2026-01-01T00:00:00' }),
  { type: 'agent.progress', requestId: 'req-1', data: { percent: 25, stage: 'retrieving_context' } },
];
