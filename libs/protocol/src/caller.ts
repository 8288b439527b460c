import Type, { type Static } from 'typebox';
import { Id } from './plan.ts';

/** On whose behalf a gateway asks. Operators (everyone in open mode) see all requests. */
export const Caller = Type.Object({ userId: Id, operator: Type.Boolean() });
export type Caller = Static<typeof Caller>;

/** Whoever came with a share's link: may watch that one request while the share is valid, and nothing else. */
export const ShareHolder = Type.Object({ shareId: Id, requestId: Id });
export type ShareHolder = Static<typeof ShareHolder>;

/** Who may watch. Only a {@link Caller} may start, cancel, answer, list and share. */
export const Viewer = Type.Union([Caller, ShareHolder]);
export type Viewer = Static<typeof Viewer>;
