import Type, { type Static } from 'typebox';
import { Id } from './plan.ts';

/** What a client may say to a gateway (design §7.1), over Socket.IO and, where the names are the same, over REST. */
const Since = Type.Integer({
  minimum: 0,
  description: 'the last seq the client has; the events after it come as `missed`',
});
const Types = Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
  maxItems: 100,
  description: 'event types to narrow to; none: all',
});
const following = {
  since: Type.Optional(Since),
  /** of the `state` that `since` counts from: another one gives `cursor_gone` */
  epoch: Type.Optional(Id),
  types: Type.Optional(Types),
};

export const clientCommands = {
  start: Type.Object({
    /** absent: the gateway makes one */
    requestId: Type.Optional(Id),
    userQuery: Type.String({ minLength: 1 }),
    context: Type.Optional(Type.Object({})),
    types: Type.Optional(Types),
  }),
  cancel: Type.Object({ requestId: Id, reason: Type.Optional(Type.String({ maxLength: 1000 })) }),
  feedback: Type.Object({ requestId: Id, questionId: Id, answer: Type.Unknown() }),
  rejoin: Type.Object({ requestId: Id, ...following }),
  leave: Type.Object({ requestId: Id }),
  /** everything of the signed-in user's requests, from now on or after the cursor; a second one replaces the first */
  feed: Type.Object({
    since: Type.Optional(
      Type.String({ maxLength: 200, description: 'the cursor of the last frame; `0`: the oldest event that is kept' }),
    ),
    types: Type.Optional(Types),
  }),
} as const;

/** What a Socket.IO connection may ask for in its query, once that was read as numbers and lists. */
export const ClientHandshake = Type.Object({ requestId: Type.Optional(Id), ...following });

export type ClientCommand = keyof typeof clientCommands;
export type ClientCommands = { [C in ClientCommand]: Static<(typeof clientCommands)[C]> };
export type ClientHandshake = Static<typeof ClientHandshake>;
