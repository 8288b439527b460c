import type { ChoiceQuestion, Tool } from '@stepwire/agent-sdk';
import Type from 'typebox';
import type { SenderResult } from './evidence.ts';
import { entitiesOf, shape } from './parameters.ts';

const choices = {
  company: 'A company or an authority',
  acquaintance: 'Somebody I know',
  stranger: 'An unknown number or address',
  unknown: 'I don’t know',
} as const satisfies Record<SenderResult['relation'], string>;

export const senderQuestion: ChoiceQuestion = {
  kind: 'choice',
  prompt: 'Who sent this to you?',
  choices: Object.values(choices),
  allowOther: true,
  default: choices.unknown,
  expiresInMs: 60_000,
};

const acquaintance =
  /\b(?:mum|mom|mother|dad|father|brother|sister|son|daughter|friend|wife|husband|partner|aunt|uncle|neighbou?r|boss|colleague|grandma|grandpa)\b/i;

/** One of the choices, or free text: a name, "my bank", "my daughter". Pure. */
export function readAnswer(answer: string): SenderResult {
  const text = answer.trim();
  const chosen = (['company', 'acquaintance', 'stranger', 'unknown'] as const).find((key) => choices[key] === text);
  if (chosen !== undefined) return { sender: null, source: 'answer', relation: chosen };
  if (text === '') return { sender: null, source: 'answer', relation: 'unknown' };
  return { sender: text, source: 'answer', relation: acquaintance.test(text) ? 'acquaintance' : 'company' };
}

const parameters = shape(
  'input of sender',
  Type.Object({ sender: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) }),
);

export const sender: Tool = {
  name: 'sender',
  about: 'input {sender?}: who the message is from; asks the person who watches when nobody names one',
  async run(context): Promise<SenderResult> {
    const given = parameters(context.input ?? {}).sender;
    if (given !== undefined) return { ...readAnswer(given), sender: given, source: 'context' };
    const named = entitiesOf(context)?.sender;
    if (named)
      return {
        sender: named.name,
        source: 'text',
        relation: acquaintance.test(named.name) ? 'acquaintance' : 'company',
      };
    return readAnswer(await context.ask(senderQuestion));
  },
};
