import type { Viewer } from '@stepwire/protocol';

/**
 * Who may watch (design §8): the owner, operators, and who holds a share of this very request; whether that is still valid,
 * the coordinator says. A request of nobody is for operators only; in open mode every caller is one.
 * Cancelling, answering and sharing take a caller, which a share's holder is not.
 */
export const mayWatch = (
  /** one whose id is not given is nothing that a share could be of */
  request: { readonly userId: string | null; readonly requestId?: string | undefined },
  viewer: Viewer,
): boolean =>
  'shareId' in viewer ? request.requestId === viewer.requestId : viewer.operator || request.userId === viewer.userId;
