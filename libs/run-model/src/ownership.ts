import type { RpcParams } from '@stepwire/protocol';

type Caller = RpcParams['start']['caller'];

/**
 * Who may watch, cancel and answer (design §8): the owner and operators. A request of nobody is for operators only;
 * in open mode every caller is one.
 */
export const mayWatch = (request: { readonly userId: string | null }, caller: Caller): boolean =>
  caller.operator || request.userId === caller.userId;
