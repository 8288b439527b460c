import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { idempotentRequestId, limits } from '@stepwire/protocol';
import { ClientCommands } from '../src/client-commands.ts';
import { pruneLeftovers, pruneRequests } from '../src/prune.ts';
import { Reads } from '../src/reads.ts';
import { Shares } from '../src/shares.ts';
import { cancel, openScene, type Scene, start } from './scene.ts';

const ann = { userId: 'ann', operator: false };
const bob = { userId: 'bob', operator: false };
const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
const notFound = { code: 'not_found' };
let n = 0;

describe.each(['pglite', 'postgres'] as const)('on %s', (kind) => {
  let scene: Scene;
  let shares: Shares;
  let reads: Reads;

  beforeAll(async () => {
    scene = await openScene(kind);
    shares = new Shares(scene.database.read);
    reads = new Reads(
      scene.database.read,
      () => undefined,
      (shareId, requestId) => shares.isValid(shareId, requestId),
    );
  });
  afterAll(() => scene.close());

  async function begun(): Promise<string> {
    const requestId = `req-${++n}`;
    await scene.writers[0].submit([start(requestId, 'ann')]);
    return requestId;
  }

  describe('a share', () => {
    test('lets who has it watch that request and no other, until it is taken back', async () => {
      const [requestId, another] = [await begun(), await begun()];
      const { shareId } = await shares.share({ requestId, caller: ann, expiresAt: inAnHour }, undefined);
      const holder = { shareId, requestId };
      expect(await reads.snapshot({ requestId, caller: holder })).toMatchObject({ known: true });
      expect(await reads.events({ requestId, caller: holder, after: 0 })).toMatchObject({ head: 1 });
      expect(await reads.snapshot({ requestId: another, caller: holder })).toEqual({ known: false });
      // the request that it is of is not the bearer's to name
      const forged = { shareId, requestId: another };
      expect(await reads.snapshot({ requestId: another, caller: forged })).toEqual({ known: false });
      expect(await shares.valid({ shareIds: [shareId, 'none'] })).toEqual({ shareIds: [shareId] });
      expect(await shares.list({ requestId, caller: ann })).toEqual({
        shares: [{ shareId, requestId, expiresAt: inAnHour }],
      });

      await expect(shares.unshare({ requestId: another, caller: ann, shareId })).rejects.toMatchObject(notFound);
      expect(await shares.unshare({ requestId, caller: ann, shareId })).toEqual({});
      expect(await reads.snapshot({ requestId, caller: holder })).toEqual({ known: false });
      await expect(reads.events({ requestId, caller: holder, after: 0 })).rejects.toMatchObject(notFound);
      expect(await shares.valid({ shareIds: [shareId] })).toEqual({ shareIds: [] });
      await expect(shares.unshare({ requestId, caller: ann, shareId })).rejects.toMatchObject(notFound);
    });

    test('ends at its time, and what is left of it is removed', async () => {
      const requestId = await begun();
      const { shareId } = await shares.share({ requestId, caller: ann, expiresAt: inAnHour }, undefined);
      await scene.database.read.query("UPDATE shares SET expires_at = now() - interval '1 s' WHERE share_id = $1", [
        shareId,
      ]);
      expect(await reads.snapshot({ requestId, caller: { shareId, requestId } })).toEqual({ known: false });
      expect(await shares.valid({ shareIds: [shareId] })).toEqual({ shareIds: [] });
      expect(await shares.list({ requestId, caller: ann })).toEqual({ shares: [] });
      await pruneLeftovers(scene.database.read);
      expect((await scene.database.read.query('SELECT FROM shares WHERE share_id = $1', [shareId])).rowCount).toBe(0);
    });

    test('goes with its request', async () => {
      const requestId = await begun();
      const { shareId } = await shares.share({ requestId, caller: ann, expiresAt: inAnHour }, undefined);
      await scene.writers[0].submit([cancel(requestId, 'ann')]);
      await scene.database.read.query(
        "UPDATE requests SET finished_at = now() - interval '31 days' WHERE request_id = $1",
        [requestId],
      );
      await pruneRequests(scene.database.read, 30);
      expect(await shares.valid({ shareIds: [shareId] })).toEqual({ shareIds: [] });
    });

    test('is made, seen and taken back by the owner and operators alone', async () => {
      const requestId = await begun();
      const { shareId } = await shares.share({ requestId, caller: ann, expiresAt: inAnHour }, undefined);
      for (const asked of [
        shares.share({ requestId, caller: bob, expiresAt: inAnHour }, undefined),
        shares.list({ requestId, caller: bob }),
        shares.unshare({ requestId, caller: bob, shareId }),
        shares.share({ requestId: 'none', caller: ann, expiresAt: inAnHour }, undefined),
      ])
        await expect(asked).rejects.toMatchObject(notFound);
      expect((await shares.list({ requestId, caller: { ...bob, operator: true } })).shares).toHaveLength(1);
    });

    test('is not made to have expired, nor more often than the limit; a repeat gets the same one', async () => {
      const requestId = await begun();
      const past = new Date(Date.now() - 1).toISOString();
      await expect(shares.share({ requestId, caller: ann, expiresAt: past }, undefined)).rejects.toMatchObject({
        code: 'bad_request',
        path: '/expiresAt',
      });
      const first = await shares.share({ requestId, caller: ann, expiresAt: inAnHour }, 'c-1');
      expect(await shares.share({ requestId, caller: ann, expiresAt: inAnHour }, 'c-1')).toEqual(first);
      const later = new Date(Date.parse(inAnHour) + 1).toISOString();
      const conflict = { code: 'conflict' };
      await expect(shares.share({ requestId, caller: ann, expiresAt: later }, 'c-1')).rejects.toMatchObject(conflict);
      const more = Array.from({ length: limits.sharesPerRequest - 1 }, () =>
        shares.share({ requestId, caller: ann, expiresAt: inAnHour }, undefined),
      );
      await Promise.all(more);
      await expect(shares.share({ requestId, caller: ann, expiresAt: inAnHour }, 'c-2')).rejects.toMatchObject(
        conflict,
      );
      expect(await shares.share({ requestId, caller: ann, expiresAt: inAnHour }, 'c-1')).toEqual(first);
    });
  });

  describe('a start with an Idempotency-Key', () => {
    test('starts once; with another question it is a conflict; another user’s same key is another request', async () => {
      const commands = new ClientCommands((writes) => scene.writers[0].submit(writes));
      const key = `key-${++n}`;
      const begin = async (caller: typeof ann, commandId: string, userQuery = 'q') =>
        commands.start(
          { requestId: await idempotentRequestId(caller.userId, key), caller, userQuery, context: { a: 1 } },
          commandId,
        );
      const first = await begin(ann, 'c-1');
      expect(first).toMatchObject({ created: true, seq: 1 });
      expect(await begin(ann, 'c-2')).toEqual({ ...first, created: false });
      await expect(begin(ann, 'c-3', 'another')).rejects.toMatchObject({ code: 'conflict' });
      const bobs = await begin(bob, 'c-4');
      expect(bobs.created).toBe(true);
      expect(bobs.requestId).not.toBe(first.requestId);
    });
  });
});
