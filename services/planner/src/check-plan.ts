import { ToolError } from '@stepwire/agent-sdk';
import { type Plan, type PlanCreate, parsePlan, StepwireError } from '@stepwire/protocol';

/**
 * The plan for a message that somebody wants checked: understand it, look at its parts side by side, conclude.
 * Deterministic. `context` may hold
 * - `plan`: a plan of the caller's own, which is used as it is
 * - `sender`: who sent the message, so that nobody is asked
 * - `country`: ISO 3166-1 alpha-2, how phone numbers without a country code are read
 *
 * @throws ToolError `bad_plan`, `bad_context`: a repeat does not mend it
 */
export function planFor({ userQuery, context }: Pick<PlanCreate, 'userQuery' | 'context'>): Plan {
  const { plan, sender, country } = members(context);
  if (plan !== undefined) return givenPlan(plan);
  const from = sender === undefined ? {} : { sender: text(sender, 'sender') };
  const region = country === undefined ? {} : { country: text(country, 'country') };
  const look = { dependsOn: ['entity_extraction'], phaseId: 'check', optional: true };
  const steps: Omit<Plan['steps'][number], 'order' | 'id'>[] = [
    {
      action: 'entity_extraction',
      title: 'Find what can be looked up',
      phaseId: 'understand',
      input: { text: userQuery },
    },
    {
      ...look,
      action: 'scam_db',
      title: 'Compare with known scams',
      input: { text: userQuery, ...region },
    },
    { ...look, action: 'domain_reputation', title: 'Judge the domains' },
    { ...look, action: 'phone_validator', title: 'Check the phone numbers', input: region },
    { ...look, action: 'exa_search', title: 'Search the web for warnings', maxAttempts: 2 },
    { ...look, action: 'sender', title: 'Find out who sent it', input: from },
    {
      action: 'reasoning',
      title: 'Weigh the evidence',
      phaseId: 'conclude',
      dependsOn: ['entity_extraction', 'scam_db', 'domain_reputation', 'phone_validator', 'exa_search', 'sender'],
    },
  ];
  return {
    goal: 'Tell whether this message is a scam, and why',
    phases: [
      { id: 'understand', name: 'Understand the message' },
      { id: 'check', name: 'Check its parts' },
      { id: 'conclude', name: 'Conclude' },
    ],
    steps: steps.map((step, index) => ({ id: step.action, order: index + 1, ...step })),
  };
}

function givenPlan(plan: unknown): Plan {
  try {
    return parsePlan(plan);
  } catch (error) {
    if (!(error instanceof StepwireError)) throw error;
    throw new ToolError('bad_plan', `context.plan can't be used: ${error.message}`, { retryable: false, cause: error });
  }
}

function text(value: unknown, member: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= 500) return value;
  throw new ToolError('bad_context', `context.${member} must be a text of 1 to 500 characters`, { retryable: false });
}

const members = (context: object): Readonly<Record<string, unknown>> => Object.fromEntries(Object.entries(context));
