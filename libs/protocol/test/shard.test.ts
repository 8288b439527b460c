import { describe, expect, test } from '@jest/globals';
import { fnv1a32, SHARDS, shardOf } from '../src/shard.ts';
import { feedBindingOfRequestShard, feedBindingOfUserShard, feedRoutingKey } from '../src/topology.ts';

describe('fnv1a32', () => {
  // http://www.isthe.com/chongo/src/fnv/test_fnv.c
  test.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['b', 0xe70c2de5],
    ['foo', 0xa9f37ed7],
    ['foobar', 0xbf9cf968],
    ['chongo was here!\n', 0xd49930d5],
  ])('of %j', (text, hash) => {
    expect(fnv1a32(text)).toBe(hash);
  });

  test('is of the UTF-8 bytes, with exact arithmetic', () => {
    const text = 'Zürich €5 😀 \u0000';
    let hash = 0x811c9dc5n;
    for (const byte of Buffer.from(text, 'utf8')) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
    expect(fnv1a32(text)).toBe(Number(hash));
  });
});

describe('the feed’s routing keys', () => {
  test('name the shards of the request and of its owner', () => {
    // 0xbf9cf968 and 0xe40c292c end in these bytes
    expect(feedRoutingKey('foobar', 'a')).toBe(`r${0x68}.u${0x2c}`);
    expect(feedRoutingKey('foobar', null)).toBe(`r${0x68}.u${0xc5}`);
  });

  test('match the bindings of a room and of a user’s feed, word by word', () => {
    const matches = (binding: string, key: string) =>
      binding.split('.').every((word, at) => word === '*' || word === key.split('.')[at]);
    const key = feedRoutingKey('req-1', 'ada');
    expect(matches(feedBindingOfRequestShard(shardOf('req-1')), key)).toBe(true);
    expect(matches(feedBindingOfUserShard(shardOf('ada')), key)).toBe(true);
    expect(matches(feedBindingOfRequestShard((shardOf('req-1') + 1) % SHARDS), key)).toBe(false);
  });

  test('spread request ids over all shards', () => {
    const hit = new Set(Array.from({ length: 10_000 }, (_, n) => shardOf(`req-${n}`)));
    expect(hit.size).toBe(SHARDS);
  });
});
