import { type Caller, decodeFeedCursor, type FeedMark } from '@stepwire/protocol';
import type { FeedOwner, Feeds } from '../feeds.ts';

/** Instead of a cursor: from the oldest event that is kept. */
const OLDEST = '0';

/**
 * Where a feed begins: in the caller's own numbering and, for operators, in that of nobody's requests.
 * @param since a cursor, {@link OLDEST}, or undefined: now
 * @throws StepwireError `bad_cursor`, `cursor_gone`, `unavailable`
 */
export async function feedMarks(
  feeds: Feeds,
  { userId, operator }: Caller,
  since: string | undefined,
): Promise<ReadonlyMap<FeedOwner, FeedMark>> {
  const cursor = since === undefined || since === OLDEST ? null : decodeFeedCursor(userId, since);
  const owners: FeedOwner[] = operator ? [userId, null] : [userId];
  return new Map(
    await Promise.all(
      owners.map(async (owner) => {
        const given = owner === null ? cursor?.ownerless : cursor?.own;
        if (given !== undefined) await feeds.page(owner, given); // throws where it is gone
        const mark = given ?? (since === OLDEST ? await oldest(feeds, owner) : await feeds.head(owner));
        return [owner, mark] as const;
      }),
    ),
  );
}

async function oldest(feeds: Feeds, owner: FeedOwner): Promise<FeedMark> {
  const { epoch = null, after } = await feeds.firstPage(owner);
  return { epoch: after === 0 ? null : epoch, position: after };
}
