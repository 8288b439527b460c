import { StepwireError } from '@stepwire/protocol';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

/** The part of AG-UI's `RunAgentInput` that is heeded (https://docs.ag-ui.com/spec/1.0); the rest is let through. */
const Message = Type.Object({
  id: Type.Optional(Type.String()),
  role: Type.String(),
  content: Type.Optional(Type.Unknown()),
  toolCalls: Type.Optional(Type.Array(Type.Object({ id: Type.String() }))),
});
const Input = Type.Object({
  threadId: Type.String({ minLength: 1, maxLength: 200 }),
  runId: Type.String({ minLength: 1, maxLength: 200 }),
  messages: Type.Array(Message),
  state: Type.Optional(Type.Unknown()),
  context: Type.Optional(Type.Array(Type.Unknown())),
  resume: Type.Optional(
    Type.Array(
      Type.Object({
        interruptId: Type.String({ minLength: 1 }),
        status: Type.Union([Type.Literal('resolved'), Type.Literal('cancelled')]),
        payload: Type.Optional(Type.Unknown()),
      }),
    ),
  ),
});
export type AgUiInput = Static<typeof Input>;
const input = Compile(Input);

/** @throws StepwireError `bad_request` (with `path`) */
export function agUiInput(body: unknown): AgUiInput {
  if (input.Check(body)) return body;
  const [first] = input.Errors(body);
  const path = first?.instancePath ?? '';
  throw new StepwireError('bad_request', `RunAgentInput: ${path} ${first?.message ?? 'is wrong'}`, { path });
}

/** What the person said last, without what else was in it. @throws StepwireError `bad_request` */
export function lastQuestion({ messages }: AgUiInput): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content;
  const parts: unknown[] = Array.isArray(content) ? content : [content];
  const texts = parts.flatMap((part) => {
    if (typeof part === 'string') return [part];
    const text: unknown = typeof part === 'object' && part !== null && 'text' in part ? part.text : undefined;
    return typeof text === 'string' ? [text] : [];
  });
  if (texts.length > 0) return texts.join('\n');
  throw new StepwireError('bad_request', 'RunAgentInput: /messages has no text of a user', { path: '/messages' });
}

/** Ids of messages and tool calls that the client has. */
export const knownIds = ({ messages }: AgUiInput): ReadonlySet<string> =>
  new Set(
    messages.flatMap(({ id, toolCalls = [] }) => [
      ...(id === undefined ? [] : [id]),
      ...toolCalls.map((call) => call.id),
    ]),
  );

/**
 * What is left of the input's messages to begin a run anew that was cut off; ids of its own begin with that of its request.
 * Thoughts are emptied: the published client keeps those that a snapshot does not have. undefined: none is its own.
 */
export function messagesBefore({ messages }: AgUiInput, requestId: string): readonly object[] | undefined {
  const isOwn = ({ id, role }: (typeof messages)[number]) => role !== 'user' && id?.startsWith(`${requestId}/`);
  if (!messages.some(isOwn)) return undefined;
  return messages.flatMap((message) => {
    if (!isOwn(message)) return [message];
    return message.role === 'reasoning' ? [{ ...message, content: '' }] : [];
  });
}

/**
 * The request that a `resume` goes on with: the state a client keeps says it, and so does the beginning of a question's id.
 */
export function resumedRequestId({ state }: AgUiInput, interruptId: string): string {
  const told: unknown =
    typeof state === 'object' && state !== null && 'requestId' in state ? state.requestId : undefined;
  return typeof told === 'string' && told !== '' ? told : (interruptId.split('/')[0] ?? interruptId);
}
