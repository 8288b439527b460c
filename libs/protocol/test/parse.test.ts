import { describe, expect, test } from '@jest/globals';
import { StepwireError } from '../src/errors.ts';
import { limits } from '../src/limits.ts';
import {
  checkJson,
  parseClientCommand,
  parseCommand,
  parseEvent,
  parseJson,
  parseParams,
  parseRequest,
} from '../src/parse.ts';

const now = Date.parse('2026-01-02T03:04:05.678Z');
const smallest = { requestId: 'req-1', type: 'agent.progress' };
const event = (members: object, facts = {}) =>
  parseEvent(JSON.stringify({ ...smallest, ...members }), { now, ...facts });
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const planOf = (step: object) => ({ goal: 'g', steps: [{ id: 'a', order: 1, title: 't', action: 'x', ...step }] });

/** The refusal of `act`; a test that gets none fails. */
function refusal(act: () => unknown): { code: string; message: string; path?: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof StepwireError) return error.toBody();
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('parseEvent completes the smallest body', () => {
  test('from the message’s properties', () => {
    expect(event({}, { messageId: 'm-1', appId: 'crawler' })).toEqual({
      ...smallest,
      id: 'm-1',
      agent: 'crawler',
      timestamp: '2026-01-02T03:04:05.678Z',
      data: {},
    });
  });

  test('or leaves the id empty for the coordinator and calls the agent unknown', () => {
    expect(event({})).toMatchObject({ id: '', agent: 'unknown' });
    expect(event({}, { messageId: '', appId: '' })).toMatchObject({ id: '', agent: 'unknown' });
  });

  test('whose own members win over the properties', () => {
    expect(event({ id: 'e-1', agent: 'a' }, { messageId: 'm-1', appId: 'b' })).toMatchObject({ id: 'e-1', agent: 'a' });
  });

  test('and keeps types and members that it does not know', () => {
    const data = { percent: 25, mood: { of: ['the', 'day'] } };
    expect(event({ data, colour: 'red' }).data).toEqual(data);
    expect(event({ type: 'weather.changed', data: { sun: true } })).toMatchObject({ type: 'weather.changed' });
  });
});

describe('parseEvent gives timestamps one form', () => {
  test.each([
    ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T02:00:00+02:00', '2026-01-01T00:00:00.000Z'],
    // what Python's datetime.utcnow().isoformat() writes
    ['2026-01-01T00:00:00.123456', '2026-01-01T00:00:00.123Z'],
    ['2026-01-01', '2026-01-01T00:00:00.000Z'],
  ])('%s', (given, canonical) => {
    expect(event({ timestamp: given }).timestamp).toBe(canonical);
  });
});

describe('parseEvent refuses', () => {
  const body: [string, string | Buffer, string, string | undefined, RegExp][] = [
    ['an empty body', '', 'bad_request', undefined, /^not JSON/],
    ['what is not JSON', 'percent=25', 'bad_request', undefined, /^not JSON/],
    ['half a body', '{"requestId":"r","type":', 'bad_request', undefined, /^not JSON/],
    ['null', 'null', 'bad_request', '', /^event: the value/],
    ['a number', '7', 'bad_request', '', /^event: the value/],
    ['an array', '[]', 'bad_request', '', /^event: /],
    ['no requestId', '{"type":"x"}', 'bad_request', '/requestId', /is missing$/],
    ['no type', '{"requestId":"r"}', 'bad_request', '/type', /is missing$/],
    ['too deep', `{"requestId":"r","type":"x","data":{"a":${nested(40)}}}`, 'too_deep', undefined, /32 levels/],
    ['__proto__', '{"requestId":"r","type":"x","data":{"__proto__":{}}}', 'bad_request', undefined, /__proto__/],
    [
      'an escaped __proto__',
      '{"requestId":"r","type":"x","data":{"\\u005f_proto__":{}}}',
      'bad_request',
      undefined,
      /__proto__/,
    ],
    ['too many bytes', Buffer.alloc(limits.eventBytes + 1, 32), 'too_large', undefined, /524288 bytes/],
    // half of the limit in characters, more than it in bytes
    ['too many bytes of text', `"${'ü'.repeat(limits.eventBytes / 2)}"`, 'too_large', undefined, /524288 bytes/],
  ];
  test.each(body)('%s', (_what, text, code, path, message) => {
    const error = refusal(() => parseEvent(text, { now }));
    expect(error).toMatchObject({ code, ...(path === undefined ? {} : { path }) });
    expect(error.message).toMatch(message);
  });

  const members: [string, object, string][] = [
    ['an empty requestId', { requestId: '' }, '/requestId'],
    ['a requestId of another type', { requestId: 7 }, '/requestId'],
    ['a requestId of more than 200 bytes', { requestId: 'ü'.repeat(101) }, '/requestId'],
    ['a NUL in a requestId', { requestId: 'a\0b' }, '/requestId'],
    ['half a character in an id', { id: 'a\ud800' }, '/id'],
    ['an id that only the coordinator may make', { id: '~1' }, '/id'],
    ['an empty type', { type: '' }, '/type'],
    ['a timestamp that is none', { timestamp: 'yesterday' }, '/timestamp'],
    ['an owner of more than 200 bytes', { type: 'x', data: { userId: 'ü'.repeat(101) } }, '/data/userId'],
    ['an owner with a NUL', { type: 'x', data: { userId: 'a\0' } }, '/data/userId'],
    ['half a character in an owner', { data: { userId: '\ud800' } }, '/data/userId'],
    [
      'half a character in a step’s id',
      { type: 'executor.step.progress', data: { status: 'running', stepId: 'a\udfff' } },
      '/data/stepId',
    ],
    [
      'a NUL in a question’s id',
      { type: 'executor.question.asked', data: { questionId: 'q\0', prompt: 'p', kind: 'text' } },
      '/data/questionId',
    ],
    [
      'a NUL in a plan',
      { type: 'planner.plan.created', data: { plan: planOf({ id: 'a\0' }) } },
      '/data/plan/steps/0/id',
    ],
    [
      'half a character in what a step depends on',
      { type: 'planner.plan.created', data: { plan: planOf({ dependsOn: ['a', '\ud800'] }) } },
      '/data/plan/steps/0/dependsOn/1',
    ],
    ['data that is no object', { data: [] }, '/data'],
    ['data that is null', { data: null }, '/data'],
    ['a percentage above 100', { data: { percent: 101 } }, '/data/percent'],
    ['a step without status', { type: 'executor.step.progress', data: {} }, '/data/status'],
    ['a step of no known status', { type: 'executor.step.progress', data: { status: 'done' } }, '/data/status'],
    [
      'a step before the first',
      { type: 'executor.step.progress', data: { status: 'running', stepOrder: 0 } },
      '/data/stepOrder',
    ],
    ['attempt zero', { type: 'executor.step.progress', data: { status: 'running', attempt: 0 } }, '/data/attempt'],
    [
      'a plan without steps',
      { type: 'planner.plan.created', data: { plan: { goal: 'g', steps: [] } } },
      '/data/plan/steps',
    ],
    [
      'a question without choices to choose from',
      { type: 'executor.question.asked', data: { questionId: 'q', prompt: 'p', kind: 'choice', choices: [] } },
      '/data/choices',
    ],
    ['a terminal event that breaks its schema', { type: 'request.failed' }, '/data/message'],
  ];
  test.each(members)('%s', (_what, given, path) => {
    expect(refusal(() => event(given))).toMatchObject({ code: 'bad_request', path });
  });

  test('no text that is odd in other places, nor ids that it does not know', () => {
    const odd = { message: 'NUL \0, half a character \ud800, __proto__', traceId: 'x'.repeat(500) };
    expect(event({ data: odd }).data).toEqual(odd);
    expect(event({ type: 'x', data: { stepId: 'a\0' } }).data).toEqual({ stepId: 'a\0' });
  });

  test('nothing at the very limits', () => {
    expect(event({ requestId: 'ü'.repeat(100) }).requestId).toHaveLength(100);
    expect(event({ type: 'x', data: { text: '__proto__' } }).data).toEqual({ text: '__proto__' });
    const filler = { type: 'x', data: { text: '' } };
    const room = limits.eventBytes - JSON.stringify({ ...smallest, ...filler }).length;
    expect(event({ ...filler, data: { text: 'x'.repeat(room) } }).type).toBe('x');
  });
});

describe('parseJson', () => {
  test('counts arrays and objects alike, and takes 32 levels', () => {
    expect(() => parseJson(nested(limits.jsonDepth))).not.toThrow();
    expect(refusal(() => parseJson(nested(limits.jsonDepth + 1))).code).toBe('too_deep');
    expect(refusal(() => checkJson(JSON.parse(nested(limits.jsonDepth + 1)))).code).toBe('too_deep');
  });

  test('says so of a hundred thousand levels too, instead of falling over', () => {
    expect(refusal(() => parseJson(nested(100_000))).code).toBe('too_deep');
  });
});

describe('parseCommand', () => {
  const cancel = { requestId: 'r', by: 'ada' };

  test('takes a command by its routing key', () => {
    expect(parseCommand('request.cancel', Buffer.from(JSON.stringify(cancel)))).toEqual({
      type: 'request.cancel',
      body: cancel,
    });
  });

  test.each([
    ['an unknown key', 'request.explode', cancel, undefined],
    ['a key that every object has', 'constructor', cancel, undefined],
    ['a body of another command', 'plan.create', cancel, '/userQuery'],
    ['a missing member', 'request.cancel', { requestId: 'r' }, '/by'],
    ['a step without a tool', 'step.execute', { requestId: 'r', step: { id: 's', order: 1, title: 't' } }, undefined],
  ])('refuses %s', (_what, type, body, path) => {
    const error = refusal(() => parseCommand(type, JSON.stringify(body)));
    expect(error.code).toBe('bad_request');
    if (path !== undefined) expect(error.path).toBe(path);
  });
});

describe('parseParams and parseRequest', () => {
  const caller = { userId: 'ada', operator: false };
  const question = { method: 'cancel', params: { requestId: 'r', caller }, timeoutMs: 5_000 };

  test('take a question', () => {
    expect(parseRequest(JSON.stringify({ ...question, commandId: 'c' }))).toEqual({ ...question, commandId: 'c' });
  });

  test.each([
    ['an unknown method', { ...question, method: 'drop' }, '/method'],
    ['a method that every object has', { ...question, method: 'toString' }, '/method'],
    ['no time that its asker waits', { method: 'cancel', params: {} }, '/timeoutMs'],
    ['params of another method', { ...question, method: 'claim' }, '/stepId'],
  ])('refuse %s', (_what, body, path) => {
    expect(refusal(() => parseRequest(JSON.stringify(body)))).toMatchObject({ code: 'bad_request', path });
  });

  test('look at the ids inside: those of the caller and of each step held', () => {
    const bad = '\ud800';
    expect(refusal(() => parseParams('cancel', { requestId: 'r', caller: { ...caller, userId: bad } })).path).toBe(
      '/caller/userId',
    );
    const ids = refusal(() => parseParams('heads', { requestIds: ['r', 'a\0'] }));
    expect(ids).toMatchObject({ code: 'bad_request', path: '/requestIds/1' });
    const commandId = { ...question, commandId: bad };
    expect(refusal(() => parseRequest(JSON.stringify(commandId))).path).toBe('/commandId');
    const steps = [{ requestId: 'r', stepId: bad, attempt: 1 }];
    expect(refusal(() => parseParams('heartbeat', { instance: 'i', steps })).path).toBe('/steps/0/stepId');
  });
});

describe('parseClientCommand', () => {
  test('takes what the guide dialect sends, unknown members included', () => {
    const start = { requestId: 'r', userQuery: 'q', context: { a: 1 }, colour: 'red' };
    expect(parseClientCommand('start', start)).toEqual(start);
    expect(parseClientCommand('rejoin', { requestId: 'r', since: 0 })).toEqual({ requestId: 'r', since: 0 });
  });

  test.each([
    ['start', {}, '/userQuery'],
    ['start', { userQuery: '' }, '/userQuery'],
    ['start', { userQuery: 'q', context: 'c' }, '/context'],
    ['rejoin', { requestId: 'r', since: -1 }, '/since'],
    ['rejoin', { requestId: 'r', since: '3' }, '/since'],
    ['leave', null, ''],
    ['feedback', { requestId: 'r', answer: 1 }, '/questionId'],
  ] as const)('refuses %s %j', (command, body, path) => {
    expect(refusal(() => parseClientCommand(command, body))).toMatchObject({ code: 'bad_request', path });
  });
});
