import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pruneLeftovers } from '../src/prune.ts';
import { SignOuts } from '../src/sign-outs.ts';
import { openScene, type Scene } from './scene.ts';

const HOUR_MS = 3_600_000;
const at = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();

describe.each(['pglite', 'postgres'] as const)('on %s', (kind) => {
  let scene: Scene;
  let signOuts: SignOuts;
  beforeAll(async () => {
    scene = await openScene(kind);
    signOuts = new SignOuts(scene.database.read);
  });
  afterAll(() => scene.close());

  test('a session that was signed out is known as such, until no clock can take its cookie for valid', async () => {
    await signOuts.signOut({ sessionId: 'valid', expiresAt: at(8) });
    await signOuts.signOut({ sessionId: 'valid', expiresAt: at(8) });
    await signOuts.signOut({ sessionId: 'just-expired', expiresAt: at(-1) });
    await signOuts.signOut({ sessionId: 'long-expired', expiresAt: at(-25) });
    await pruneLeftovers(scene.database.read);
    const { sessionIds } = await signOuts.signedOut({ sessionIds: ['valid', 'just-expired', 'long-expired', 'other'] });
    expect(sessionIds.sort()).toEqual(['just-expired', 'valid']);
  });
});
