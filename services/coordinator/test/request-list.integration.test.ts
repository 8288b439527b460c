import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { limits } from '@stepwire/protocol';
import { RequestList } from '../src/request-list.ts';
import { cancel, observed, openScene, type Scene, start } from './scene.ts';

const ann = { userId: 'ann', operator: false };
const operator = { userId: 'root', operator: true };

describe.each(['pglite', 'postgres'] as const)('lists on %s', (kind) => {
  let scene: Scene;
  let list: RequestList;

  beforeAll(async () => {
    scene = await openScene(kind);
    list = new RequestList(scene.database.read, 7);
    for (let i = 1; i <= 20; i++) {
      await scene.writers[0].submit([start(`ann-${i}`, 'ann', i % 5 === 0 ? `Is PARCEL ${i} real?` : `question ${i}`)]);
    }
    await scene.writers[0].submit([start('bob-1', 'bob'), observed('nobodys', '1', { percent: 40, stage: 'reading' })]);
    await scene.writers[0].submit([cancel('ann-3', 'ann'), cancel('ann-10', 'ann')]);
    // two of one millisecond
    await scene.database.read.query(
      `UPDATE requests SET created_at = (SELECT created_at FROM requests WHERE request_id = 'ann-7')
       WHERE request_id = 'ann-8'`,
    );
  });
  afterAll(() => scene.close());

  const ids = async (params: Partial<Parameters<RequestList['page']>[0]>) => {
    const all: string[] = [];
    const sizes: number[] = [];
    let cursor: string | null = null;
    do {
      const page = await list.page({ caller: ann, limit: 100, ...params, ...(cursor === null ? {} : { cursor }) });
      all.push(...page.requests.map((row) => row.requestId));
      sizes.push(page.requests.length);
      ({ cursor } = page);
    } while (cursor !== null);
    return { all, sizes };
  };
  const anns = Array.from({ length: 20 }, (_, i) => `ann-${20 - i}`);

  test.each([1, 3, 7, 20, 100])(
    'in pages of %i give each of the caller’s requests once, newest first',
    async (limit) => {
      const { all, sizes } = await ids({ limit });
      expect(all).toEqual(anns);
      for (const size of sizes) expect(size).toBeLessThanOrEqual(limit);
    },
  );

  test('show operators everybody’s and nobody’s', async () => {
    const { all } = await ids({ caller: operator });
    expect(all).toHaveLength(22);
    expect(new Set(all.slice(0, 2))).toEqual(new Set(['bob-1', 'nobodys']));
  });

  test('find a status and a text in the question, in any case, by looking through seven rows a page', async () => {
    const found = await ids({ q: 'parcel' });
    expect(found.all).toEqual(['ann-20', 'ann-15', 'ann-10', 'ann-5']);
    expect(found.sizes).toHaveLength(3);
    expect((await ids({ status: ['cancelled', 'failed'] })).all).toEqual(['ann-10', 'ann-3']);
    expect((await ids({ status: ['cancelled'], q: 'PARCEL', limit: 1 })).all).toEqual(['ann-10']);
    expect((await ids({ q: '%' })).all).toEqual([]);
  });

  test('end at a time and begin at one', async () => {
    const { requests } = await list.page({ caller: ann, limit: 1 });
    const newest = requests[0]?.createdAt ?? '';
    expect((await ids({ from: newest })).all[0]).toBe('ann-20');
    expect((await ids({ to: newest })).all).not.toContain('ann-20');
    expect((await ids({ from: newest, to: newest })).all).toEqual([]);
    expect((await ids({ to: '0000-01-01T00:00:00Z' })).all).toEqual([]);
  });

  test('show the state of each, and of a question its beginning', async () => {
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/);
    const { requests } = await list.page({ caller: operator, limit: 7 });
    expect(requests.find((row) => row.requestId === 'nobodys')).toEqual({
      requestId: 'nobodys',
      userId: null,
      userQuery: null,
      status: 'running',
      progress: 40,
      currentStage: 'reading',
      createdAt: time,
      updatedAt: time,
      finishedAt: null,
      seq: 1,
    });
    await scene.writers[0].submit([start('long', 'carl', `a\0b${'😀'.repeat(limits.listedQueryChars)}`)]);
    const carl = { caller: { userId: 'carl', operator: false }, limit: 1 };
    const [row] = (await list.page(carl)).requests;
    expect(row?.userQuery?.startsWith('a\ufffdb😀')).toBe(true);
    expect(row?.userQuery).toHaveLength(limits.listedQueryChars);
    await scene.writers[0].submit([cancel('long', 'carl')]);
    expect((await list.page(carl)).requests[0]).toMatchObject({ userQuery: row?.userQuery, finishedAt: time });
  });

  test.each([
    '',
    'x',
    '7',
    'MTIz',
    'MTIzIA',
    `${Buffer.from('99999999999999999 a').toString('base64url')}`,
    'a b',
    '😀',
  ])('refuse the cursor %j', async (cursor) => {
    await expect(list.page({ caller: ann, limit: 1, cursor })).rejects.toMatchObject({ code: 'bad_cursor' });
  });
});
