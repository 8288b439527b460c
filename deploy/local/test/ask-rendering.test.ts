import { describe, expect, test } from '@jest/globals';
import type { EventType, JsonObject, LogEvent } from '@stepwire/protocol';
import { evolve, initialState, type RunState } from '@stepwire/run-model';
import { eventLines } from '../src/ask/event-lines.ts';
import { screenLines } from '../src/ask/screen-lines.ts';
import { outcome } from '../src/ask/verdict.ts';

type Told = readonly [type: EventType, data: JsonObject, agent?: string];

const plan = (count: number): Told => [
  'planner.plan.created',
  {
    plan: {
      goal: 'Check a message',
      steps: Array.from({ length: count }, (_, n) => ({
        id: `s${n + 1}`,
        order: n + 1,
        title: `Step ${n + 1}`,
        action: `tool_${n + 1}`,
        ...(n === 0 ? {} : { dependsOn: ['s1'] }),
      })),
    },
  },
  'planner-agent',
];
const step = (order: number, data: JsonObject): Told => [
  'executor.step.progress',
  { stepId: `s${order}`, stepOrder: order, tool: `tool_${order}`, attempt: 1, status: 'running', ...data },
  'executor-agent',
];
const accepted: Told = ['request.accepted', { userQuery: 'is this real?', userId: 'local' }, 'gateway'];

/** The lines that each event gives, and the state after all of them. */
function tell(...told: readonly Told[]): { lines: string[]; state: RunState } {
  let state = initialState('req-1');
  const lines = told.flatMap(([type, data, agent = 'coordinator'], n) => {
    const timestamp = '2026-01-01T00:00:00.000Z';
    const event: LogEvent = { id: `e${n}`, requestId: 'req-1', seq: n + 1, timestamp, type, agent, data };
    const before = state;
    state = evolve(before, event);
    return eventLines(before, event, state);
  });
  return { lines, state };
}

const screen = { columns: 80, rows: 24, tick: 0, paint: (_style: string, text: string) => text };

describe('plain lines', () => {
  test('tell the plan, then each step as it goes', () => {
    const { lines } = tell(
      accepted,
      plan(2),
      step(1, {}),
      step(1, { percent: 50, message: 'half' }),
      step(1, { status: 'completed', durationMs: 1234, result: {} }),
    );
    expect(lines.slice(-6)).toEqual([
      'plan: Check a message',
      '  1. Step 1 (tool_1)',
      '  2. Step 2 (tool_2), after 1',
      expect.stringMatching(/^\[ +\d+%\] 1\/2 tool_1: running$/),
      expect.stringMatching(/^\[ +\d+%\] 1\/2 tool_1: running 50%: half$/),
      expect.stringMatching(/^\[ +\d+%\] 1\/2 tool_1: completed in 1.2 s$/),
    ]);
  });

  test('tell why a step is repeated, skipped or has failed', () => {
    const { lines } = tell(
      accepted,
      plan(3),
      step(1, { status: 'failed', willRetry: true, error: { message: 'no route' } }),
      step(2, { status: 'skipped', message: 'no key' }),
      step(3, { status: 'failed', error: { message: 'broken' } }),
    );
    expect(lines.slice(-3).map((line) => line.slice(7))).toEqual([
      '1/3 tool_1: failed: no route; will be repeated',
      '2/3 tool_2: skipped: no key',
      '3/3 tool_3: failed: broken',
    ]);
  });

  test('tell a question with what can be answered, and who answered', () => {
    const { lines } = tell(
      accepted,
      plan(1),
      step(1, {}),
      [
        'executor.question.asked',
        {
          questionId: 'q',
          stepId: 's1',
          prompt: 'Who sent this?',
          kind: 'choice',
          choices: ['bank', 'friend'],
          default: 'friend',
          expiresAt: '2026-01-01T12:34:56.000Z',
          attempt: 1,
        },
        'executor-agent',
      ],
      ['question.answered', { questionId: 'q', stepId: 's1', answer: 'bank', answeredBy: 'ada' }],
    );
    expect(lines.slice(-2).map((line) => line.slice(7))).toEqual([
      '? Who sent this? (bank / friend; default "friend"; until 12:34:56 UTC)',
      '= "bank", answered by ada',
    ]);
  });

  test('show commands to the terminal as text', () => {
    const { lines } = tell(accepted, plan(1), step(1, { message: '\u001b[2Jgone' }));
    expect(lines.at(-1)).toContain('\\x1b[2Jgone');
  });
});

describe('the screen', () => {
  const running = tell(
    accepted,
    plan(3),
    step(1, { status: 'completed', durationMs: 100 }),
    step(2, { percent: 40 }),
    step(3, {}),
  );

  test('has the goal, a bar, and a line per step', () => {
    expect(screenLines(running.state, screen)).toEqual([
      'Check a message',
      expect.stringMatching(/^█+░+ +\d+% s2, s3$/),
      '✔ 1 Step 1  completed in 100 ms',
      '⠋ 2 Step 2  running 40%',
      '⠋ 3 Step 3  running',
    ]);
  });

  test('has a bar as long as the progress says', () => {
    const [, bar = ''] = screenLines({ ...running.state, progress: 50 }, screen);
    expect([bar.match(/█/g)?.length, bar.match(/░/g)?.length]).toEqual([15, 15]);
    expect(bar).toContain(' 50%');
  });

  test('turns while something runs', () => {
    expect(screenLines(running.state, { ...screen, tick: 1 })[3]).toMatch(/^⠙/);
  });

  test.each([
    [6, 40],
    [8, 20],
    [24, 200],
  ])('leaves a row free of %d, and takes no more than %d columns', (rows, columns) => {
    const { state } = tell(
      accepted,
      plan(50),
      step(1, { status: 'completed' }),
      step(30, { message: 'm'.repeat(500) }),
    );
    const lines = screenLines(state, { ...screen, rows, columns });
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(Math.max(columns, 37));
  });

  test('shows the steps around the first unfinished one where not all fit, and says how many more there are', () => {
    const done = Array.from({ length: 20 }, (_, n) => step(n + 1, { status: 'completed' }));
    const { state } = tell(accepted, plan(50), ...done, step(21, {}));
    const lines = screenLines(state, { ...screen, rows: 10 });
    expect(lines.join('\n')).toMatch(/… 18 more before.*⠋ 21 Step 21.*… 27 more after/s);
  });
});

describe('the outcome', () => {
  const ended = (...told: Told[]) => outcome(tell(accepted, plan(1), ...told).state, 'http://x/api/requests/req-1');

  test('of a verdict: it, its reasons, and what else there is', () => {
    const result = {
      verdict: 'likely_scam',
      score: 87,
      summary: 'This is very likely a scam.',
      reasons: [
        { code: 'brand', weight: 0.6, text: 'dhl-parcel.test looks like DHL' },
        { code: 'number', weight: 0.4, text: 'the number\u001b[0m is known' },
      ],
      notChecked: [{ step: 'exa_search', reason: 'no EXA_API_KEY' }],
      advice: ['Do not open the link.'],
    };
    expect(ended(['request.completed', { result }])).toEqual([
      'Verdict: likely scam (score 87)',
      'This is very likely a scam.',
      'reasons:',
      '  - dhl-parcel.test looks like DHL',
      '  - the number\\x1b[0m is known',
      'not checked:',
      '  - step: exa_search, reason: no EXA_API_KEY',
      'advice:',
      '  - Do not open the link.',
    ]);
  });

  test.each([
    ['text', 'a\nb', ['a', 'b']],
    ['a number', 7, ['7']],
    [
      'a list',
      ['a', ['b', 'c'], { d: 1, e: { f: null, g: true } }],
      ['- a', '- - b', '  - c', '- d: 1', '  e:', '    g: true'],
    ],
    ['nothing', null, []],
  ])('of %s', (_what, result, lines) => {
    expect(ended(['request.completed', { result }])).toEqual(lines);
  });

  test('that is too large says where it is', () => {
    const resultRef = { blobId: 'b', bytes: 70_000, mediaType: 'application/json' };
    expect(ended(['request.completed', { resultRef }])).toEqual([
      'completed; its result of 70000 bytes is at http://x/api/requests/req-1',
    ]);
  });

  test('of a failure and of a cancel: why, and who', () => {
    expect(ended(['request.failed', { message: 'no route', step: 2 }])).toEqual(['failed at step 2: no route']);
    expect(
      ended(
        ['request.cancelling', { by: 'ada', reason: 'enough' }],
        ['request.cancelled', { by: 'ada', forced: true }],
      ),
    ).toEqual(['cancelled by ada: enough (an agent did not stop in time)']);
  });
});
