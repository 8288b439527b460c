// pure: whoever needs none of it, as a browser does, loads none of it
const utf8 = /* @__PURE__ */ new TextEncoder();

/** FNV-1a, 32 bit, of the UTF-8 bytes (http://www.isthe.com/chongo/tech/comp/fnv/). */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

export const SHARDS = 256;

/** The shard of a requestId or userId on `request.feed`, 0…255. */
export const shardOf = (id: string): number => fnv1a32(id) % SHARDS;
