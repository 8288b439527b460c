/** @jest-environment ./libs/react/test/browser-environment.mjs */
import { afterEach, expect, test } from '@jest/globals';
import { createTestClient, type TestClient } from '@stepwire/client/testing';
import { waitFor } from '@testing-library/react';
import { Recording } from '../../../libs/react/test/log.ts';
import { nameOf, type RequestRow } from '../src/requests/request-rows.ts';
import { RunningRequests } from '../src/requests/running-requests.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Answers that a test gives when it likes. */
class Lists {
  readonly asked: { readonly answer: (rows: readonly Partial<RequestRow>[], cursor?: string) => void }[] = [];
  ask<T>(): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.asked.push({
      answer: (rows, cursor = '') =>
        resolve(JSON.parse(JSON.stringify({ requests: rows, cursor: cursor === '' ? null : cursor }))),
    });
    return promise;
  }
}

async function following(client: TestClient): Promise<{ running: RunningRequests; lists: Lists }> {
  const lists = new Lists();
  const running = new RunningRequests(lists, client);
  stops.push(running.follow(), () => client.disconnect());
  await waitFor(() => expect(client.status.getSnapshot().state).toBe('live'));
  return { running, lists };
}
const idsOf = (running: RunningRequests) => running.getSnapshot().rows?.map(({ requestId }) => requestId);

test('what the list has, and from then on what the feed tells', async () => {
  const client = createTestClient(new Recording().planned().completed().events);
  const { running, lists } = await following(client);
  expect(running.getSnapshot().rows).toBeNull();
  for (const { answer } of lists.asked) answer([{ requestId: 'older' }]);
  await waitFor(() => expect(idsOf(running)).toEqual(['older']));
  client.play(3);
  expect(idsOf(running)).toEqual(['req-1', 'older']);
  expect(running.getSnapshot().rows?.[0]).toMatchObject({ userQuery: 'Is it safe?', userId: 'ann', status: 'queued' });
  client.play();
  expect(idsOf(running)).toEqual(['older']);
  expect(running.getSnapshot().ended).toBe(1);
});

test('what begins or ends while the list is read is not lost to what was read before', async () => {
  const client = createTestClient(new Recording().planned().completed().events);
  const { running, lists } = await following(client);
  client.play(3);
  lists.asked[0]?.answer([]);
  await waitFor(() => expect(idsOf(running)).toEqual(['req-1']));
  // the connection that opened had it read once more
  client.play();
  await waitFor(() => expect(lists.asked.length).toBe(2));
  lists.asked[1]?.answer([{ requestId: 'req-1' }, { requestId: 'another' }]);
  await waitFor(() => expect(idsOf(running)).toContain('another'));
});

test('an empty page that goes on is gone on with', async () => {
  const client = createTestClient([]);
  const { running, lists } = await following(client);
  lists.asked[0]?.answer([], 'further');
  await waitFor(() => expect(lists.asked.length).toBe(2));
  lists.asked[1]?.answer([{ requestId: 'far' }]);
  await waitFor(() => expect(idsOf(running)).toEqual(['far']));
});

test('a name is one line, shortened, with what hides in it made seen', () => {
  expect(nameOf(' Your\n parcel  ', 'r')).toBe('Your parcel');
  expect(nameOf('', 'r')).toBe('r');
  expect(nameOf(null, 'r')).toBe('r');
  expect(nameOf('x'.repeat(100), 'r', 10)).toBe('xxxxxxxxx…');
  expect(nameOf('a\u202eb', 'r')).not.toContain('\u202e');
});
