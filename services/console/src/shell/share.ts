const requestPath = /^\/requests\/([^/]+)/;
const storageKey = (requestId: string): string => `stepwire.share.${requestId}`;

/** The request that a path is about. */
export function requestIdOf(pathname: string): string | null {
  const [, segment] = requestPath.exec(pathname) ?? [];
  try {
    return segment === undefined ? null : decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** `#share=…`; null: there is none. */
export function shareIn(hash: string): string | null {
  const [, share] = /^#(?:.*&)?share=([\w.-]+)/.exec(hash) ?? [];
  return share ?? null;
}

/** What lets a guest watch the request of this address: in its fragment, or kept from an earlier address of this tab. */
export function shareOf({ pathname, hash }: Pick<Location, 'pathname' | 'hash'>, tab: Storage): string | null {
  const requestId = requestIdOf(pathname);
  if (requestId === null) return null;
  const share = shareIn(hash);
  if (share === null) return tab.getItem(storageKey(requestId));
  tab.setItem(storageKey(requestId), share);
  return share;
}

export const shareLink = (origin: string, requestId: string, share: string): string =>
  `${origin}/requests/${encodeURIComponent(requestId)}#share=${share}`;
