import Type, { type Static } from 'typebox';
import { limits } from './limits.ts';

export const Id = Type.String({ minLength: 1, maxLength: limits.idBytes, description: 'at most 200 UTF-8 bytes' });
const Text = Type.String();

export const Phase = Type.Object({ id: Id, name: Text });

export const PlanStep = Type.Object({
  id: Id,
  order: Type.Integer({ minimum: 1, description: 'place in the plan, from 1; doubled orders are refused' }),
  title: Text,
  action: Type.String({ minLength: 1, description: 'the tool that runs it' }),
  input: Type.Optional(Type.Unknown()),
  dependsOn: Type.Optional(Type.Array(Id)),
  phaseId: Type.Optional(Id),
  optional: Type.Optional(Type.Boolean({ description: 'its failure does not fail the request' })),
  maxAttempts: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, description: 'failures until it has failed; default 3' }),
  ),
});

export const Plan = Type.Object({
  goal: Text,
  phases: Type.Optional(Type.Array(Phase)),
  steps: Type.Array(PlanStep, { minItems: 1, maxItems: limits.planSteps }),
});

export type Phase = Static<typeof Phase>;
export type PlanStep = Static<typeof PlanStep>;
export type Plan = Static<typeof Plan>;
