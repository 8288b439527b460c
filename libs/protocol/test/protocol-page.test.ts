import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Check } from 'typebox/value';
import { type ClientCommand, clientCommands } from '../src/client-commands.ts';
import { commands } from '../src/commands.ts';
import { errorTable } from '../src/errors.ts';
import { Envelope, eventData } from '../src/events.ts';
import { limits, PROTOCOL_VERSION, periods } from '../src/limits.ts';
import { parseClientCommand, parseCommand, parseEvent, parseRequest } from '../src/parse.ts';
import { type RpcMethod, rpcResults } from '../src/rpc.ts';
import {
  DEAD_BYTES_HEADER,
  DEAD_REASON_HEADER,
  exchanges,
  queues,
  routingKeys,
  USER_ID_HEADER,
} from '../src/topology.ts';

const page = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```json ([a-z]+) ?([a-z.]*)\n(.*?)^```/gms)].map(
  ([, kind = '', name = '', text = '']) => [kind, name, text] as const,
);

/** As whoever receives it would read it; throws where that would refuse. */
function receive(kind: string, name: string, text: string): unknown {
  const value: unknown = JSON.parse(text);
  switch (kind) {
    case 'event':
    case 'frame':
      return parseEvent(text, { now: 0 });
    case 'command':
      return parseCommand(name, text);
    case 'rpc':
      return parseRequest(text);
    case 'client':
      if (!isClientCommand(name)) throw new Error(`no command ${name}`);
      return parseClientCommand(name, value);
    case 'reply':
      if (!isMethod(name)) throw new Error(`no method ${name}`);
      return Check(rpcResults[name], resultOf(value)) ? value : undefined;
    default:
      throw new Error(`an example of no known kind: ${kind}`);
  }
}
const isClientCommand = (name: string): name is ClientCommand => name in clientCommands;
const isMethod = (name: string): name is RpcMethod => name in rpcResults;
const resultOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'result' in value ? value.result : undefined;

describe('every example on the protocol page', () => {
  test.each(examples)('%s %s is one that its receiver takes', (kind, name, text) => {
    expect(receive(kind, name, text)).toBeDefined();
  });

  test('is looked at here', () => {
    expect(examples).toHaveLength((page.match(/^```json/gm) ?? []).length);
    expect(examples.length).toBeGreaterThan(15);
  });
});

describe('the protocol page', () => {
  const spelled = [
    ...Object.values(exchanges),
    ...Object.values(routingKeys),
    queues.plans,
    queues.steps,
    queues.deadLetters,
    DEAD_REASON_HEADER,
    DEAD_BYTES_HEADER,
    USER_ID_HEADER,
  ];
  test.each(spelled)('names %s', (name) => {
    expect(page).toContain(`\`${name}\``);
  });

  test('has the numbers of the code', () => {
    expect(page).toContain(`version ${PROTOCOL_VERSION}`);
    expect(page).toContain(`at most ${limits.idBytes} bytes`);
    expect(page).toContain(`nested at most ${limits.jsonDepth} levels`);
    expect(page).toContain(`larger than ${limits.eventBytes / 1024} KiB`);
    expect(page).toContain(`above ${limits.stepResultBytes / 1024} KiB`);
    expect(page).toContain(`above ${limits.inlineResultBytes / 1024} KiB`);
    expect(page).toContain(`every ${periods.heartbeatMs / 1000} s`);
    expect(page).toContain(`unheard of for ${periods.leaseMs / 1000} s`);
    expect(page).toContain(`silent for ${periods.abandonAfterMs / 3_600_000} h`);
    expect(page).toContain(`over ${periods.outputCoalesceMs} ms`);
  });

  test('speaks only of event types, commands and codes that there are', () => {
    const known = new Set<string>([
      ...Object.keys(eventData),
      ...Object.keys(commands),
      ...Object.values(exchanges),
      ...Object.values(queues),
    ]);
    const dotted = [...page.matchAll(/`((?:agent|request|executor|planner|question|step|plan)\.[a-z.-]+)/g)].map(
      ([, name = '']) => name,
    );
    expect(dotted.length).toBeGreaterThan(20);
    for (const name of dotted.filter((text) => !text.endsWith('.'))) expect(known).toContain(name);
    for (const code of ['unavailable', 'rate_limited']) expect(errorTable).toHaveProperty(code);
    expect(Object.keys(Envelope.properties)).toEqual(
      expect.arrayContaining(['id', 'type', 'requestId', 'agent', 'timestamp', 'data']),
    );
  });
});
