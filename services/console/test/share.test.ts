import { expect, test } from '@jest/globals';
import { requestIdOf, shareIn, shareLink } from '../src/shell/share.ts';

test('a link names the request and has the share in its fragment, where no server sees it', () => {
  const link = new URL(shareLink('http://a.test', 'my/request 1', 'eyJ.abc-_.x'));
  expect(link.search).toBe('');
  expect(requestIdOf(link.pathname)).toBe('my/request 1');
  expect(shareIn(link.hash)).toBe('eyJ.abc-_.x');
});

test.each([
  ['/', null],
  ['/requests', null],
  ['/requests/', null],
  ['/requests/r-1', 'r-1'],
  ['/requests/r-1/space', 'r-1'],
  ['/requests/%E0%A4%A', null],
  ['/other/requests/r-1', null],
])('the request of %j is %j', (path, requestId) => {
  expect(requestIdOf(path)).toBe(requestId);
});

test('a fragment without a share has none', () => {
  expect(shareIn('')).toBeNull();
  expect(shareIn('#main')).toBeNull();
  expect(shareIn('#share=')).toBeNull();
  expect(shareIn('#main&share=a.b.c')).toBe('a.b.c');
});
