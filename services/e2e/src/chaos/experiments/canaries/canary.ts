import type { Publication } from '../../publisher.ts';

/** The types of events that carry a canary; watchers narrow to some of them. */
export const canaryTypes = ['agent.thinking', 'executor.tool.started', 'canary.song'] as const;

/** What only those who are in this request's room may ever be told. */
export interface Canary {
  readonly requestId: string;
  readonly secret: number;
}

export const songOf = ({ requestId, secret }: Canary, n: number): Publication => ({
  id: `${n}`,
  type: canaryTypes[n % canaryTypes.length] ?? 'canary.song',
  requestId,
  agent: 'chaos',
  timestamp: new Date().toISOString(),
  data: { thought: requestId, stepId: 's', toolCallId: 't', toolName: 't', canary: requestId, secret },
});
