import type { Publication } from '../../publisher.ts';

/** The types of events that carry a canary; watchers narrow to some of them. */
export const canaryTypes = ['agent.thinking', 'executor.tool.started', 'canary.song'] as const;

/** What the coordinator itself says of a request that nobody sang for a while: it has no canary. */
export const ownTypes: readonly string[] = ['request.stalled', 'request.resumed'];

/** What only those who may see this request, and are in its room, may ever be told. */
export interface Canary {
  readonly requestId: string;
  readonly secret: number;
  /** null: nobody's, for operators alone */
  readonly owner: string | null;
}

/** The first says whose it is. Later ones may name whom they like: `claims` changes nothing. */
export const songOf = ({ requestId, secret, owner }: Canary, n: number, claims: string): Publication => ({
  id: `${n}`,
  type: canaryTypes[n % canaryTypes.length] ?? 'canary.song',
  requestId,
  agent: 'chaos',
  timestamp: new Date().toISOString(),
  data: {
    thought: requestId,
    stepId: 's',
    toolCallId: 't',
    toolName: 't',
    canary: requestId,
    secret,
    ...(n > 1 ? { userId: claims } : owner === null ? {} : { userId: owner }),
  },
});
