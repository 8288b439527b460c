import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { LogEvent } from '@stepwire/protocol';
import { evolve, initialState } from '@stepwire/run-model';
import { Playback } from '../../src/recording/playback.ts';

/** Recorded 100 ms apart. */
const recorded = (...events: (readonly [type: string, data: LogEvent['data'], agent?: string])[]): LogEvent[] =>
  events.map(([type, data, agent = 'executor-agent'], at) => ({
    id: `rec/${at}`,
    seq: at + 1,
    type,
    requestId: 'rec',
    agent,
    timestamp: new Date(1_000 + at * 100).toISOString(),
    data,
  }));
const accepted = ['request.accepted', { userQuery: 'recorded', context: {}, userId: 'bob' }, 'gateway'] as const;
const plan = { goal: 'g', steps: [{ id: 's', order: 1, title: 'S', action: 'ask' }] };
const running = (attempt: number) =>
  ['executor.step.progress', { stepId: 's', stepOrder: 1, tool: 'ask', status: 'running', attempt }] as const;
const asked = [
  'executor.question.asked',
  {
    questionId: 'rec/s/q1',
    stepId: 's',
    attempt: 1,
    prompt: 'Which?',
    kind: 'choice',
    choices: ['a', 'b'],
    expiresAt: new Date(1_000 + 60_000).toISOString(),
  },
] as const;
const answered = [
  'question.answered',
  { questionId: 'rec/s/q1', stepId: 's', answer: 'a', answeredBy: 'bob' },
] as const;
const completed = ['request.completed', { result: 1 }, 'coordinator'] as const;
const planned = [
  ['agent.progress', { stage: 'planning', attempt: 1 }, 'planner-agent'],
  ['planner.plan.created', { plan, attempt: 1 }, 'planner-agent'],
] as const;

let told: LogEvent[];
const playing = (events: LogEvent[], speed = 1): Playback =>
  new Playback({
    recording: { requestId: 'rec', events },
    requestId: 'mine',
    speed,
    happened: (some) => void told.push(...some),
  });
const start = { kind: 'start', commandId: 'c1', userId: 'ada', userQuery: 'mine', context: {} } as const;
const answer = (value: unknown) =>
  ({ kind: 'answer', commandId: 'c2', by: 'ada', questionId: 'mine/s/q1', answer: value }) as const;
const types = (): string[] => told.map(({ type }) => type);

beforeEach(() => {
  told = [];
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('takes its course in the recorded time over the speed, in the words of who starts it', () => {
  const playback = playing(recorded(accepted, ...planned, running(1), completed), 4);
  expect(playback.start(start)).toBeUndefined();
  expect(told).toMatchObject([{ seq: 1, id: 'c1', data: { userQuery: 'mine', userId: 'ada' } }]);
  jest.advanceTimersByTime(24);
  expect(told).toHaveLength(1);
  jest.advanceTimersByTime(1);
  expect(told.at(-1)).toMatchObject({ seq: 2, id: 'mine/1', requestId: 'mine', type: 'agent.progress' });
  jest.advanceTimersByTime(75);
  expect(types().at(-1)).toBe('request.completed');
  expect(told.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  expect(told.reduce((state, event) => evolve(state, event), initialState('mine'))).toEqual(playback.state);
});

test('at speed 0 all of it happens at once, and a start that is repeated changes nothing', () => {
  const playback = playing(recorded(accepted, ...planned, running(1), completed), 0);
  playback.start(start);
  expect(types()).toHaveLength(5);
  expect(playback.start(start)).toMatchObject({ code: 'conflict' });
  expect(types()).toHaveLength(5);
});

describe('a question', () => {
  const log = recorded(accepted, ...planned, running(1), asked, answered, running(2), completed);

  test('that was answered waits for as long as it takes, and goes on with any valid answer', () => {
    const playback = playing(log);
    playback.start(start);
    jest.advanceTimersByTime(24 * 3_600_000);
    expect(playback.state).toMatchObject({
      status: 'waiting',
      questions: [{ questionId: 'mine/s/q1', expiresAt: null }],
    });
    expect(playback.command(answer('c'))).toMatchObject({ code: 'bad_request', path: '/answer' });
    expect(playback.command(answer('b'))).toBeUndefined();
    expect(told.at(-1)).toMatchObject({ type: 'question.answered', data: { answer: 'b', answeredBy: 'ada' } });
    expect(playback.command(answer('a'))).toMatchObject({ code: 'already_answered' });
    jest.advanceTimersByTime(200);
    expect(types()).toEqual(log.map(({ type }) => type));
  });

  test('may be answered while others still work, and is not answered twice', () => {
    const busy = recorded(
      accepted,
      ...planned,
      running(1),
      asked,
      ['agent.thinking', { thought: 't' }],
      answered,
      completed,
    );
    const playback = playing(busy);
    playback.start(start);
    jest.advanceTimersByTime(400);
    expect(types().at(-1)).toBe('executor.question.asked');
    playback.command(answer('a'));
    jest.advanceTimersByTime(200);
    expect(types().slice(-3)).toEqual(['question.answered', 'agent.thinking', 'request.completed']);
  });

  test('that expired expires again, as much sooner', () => {
    const expired = ['question.expired', { questionId: 'rec/s/q1', stepId: 's', answer: 'a' }, 'coordinator'] as const;
    const playback = playing(recorded(accepted, ...planned, running(1), asked, expired, completed), 2);
    playback.start(start);
    jest.advanceTimersByTime(200);
    const { expiresAt } = Object(told.at(-1)?.data);
    expect(Date.parse(expiresAt) - Date.now()).toBe((60_000 - 400) / 2);
    jest.advanceTimersByTime(100);
    expect(types().slice(-2)).toEqual(['question.expired', 'request.completed']);
  });
});

describe('a cancel', () => {
  const cancel = { kind: 'cancel', commandId: 'c3', by: 'ada' } as const;

  test('ends it as soon as what runs has stopped, and nothing of the recording follows', () => {
    const playback = playing(recorded(accepted, ...planned, running(1), completed));
    playback.start(start);
    jest.advanceTimersByTime(300);
    expect(playback.command(cancel)).toBeUndefined();
    expect(playback.state.status).toBe('cancelling');
    jest.runAllTimers();
    expect(told.slice(-3)).toMatchObject([
      { type: 'request.cancelling', data: { by: 'ada' } },
      { type: 'executor.step.progress', data: { stepId: 's', status: 'skipped' } },
      { type: 'request.cancelled', data: { by: 'ada' } },
    ]);
    expect(playback.command(cancel)).toMatchObject({ code: 'already_finished' });
  });

  test('ends at once what waits for an answer, and what is being planned when the planner stops', () => {
    const waiting = playing(recorded(accepted, ...planned, running(1), asked, answered, completed), 0);
    waiting.start(start);
    waiting.command(cancel);
    expect(waiting.state.status).toBe('cancelled');
    const planning = playing(recorded(accepted, ...planned, completed));
    planning.start(start);
    jest.advanceTimersByTime(100);
    planning.command(cancel);
    jest.runAllTimers();
    expect(planning.state).toMatchObject({ status: 'cancelled', plan: null });
  });
});

test('what another program drove belongs to who starts it here, and says itself how a cancel ends', () => {
  const log = recorded(
    ['agent.progress', { percent: 5, stage: 'a' }],
    ['agent.progress', { percent: 9, stage: 'b' }],
    completed,
  );
  const playback = playing(log);
  playback.start(start);
  expect(playback.state).toMatchObject({ managed: false, userId: 'ada', progress: 5 });
  jest.advanceTimersByTime(100);
  playback.command({ kind: 'cancel', commandId: 'c3', by: 'ada' });
  jest.runAllTimers();
  expect(types()).toEqual(['agent.progress', 'agent.progress', 'request.cancelling', 'request.cancelled']);
});
