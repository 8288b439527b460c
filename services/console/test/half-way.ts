import type { Told } from './agent.ts';

const steps = [
  { id: 'collect', phaseId: 'gather', title: 'Collect the figures', action: 'warehouse_query', dependsOn: [] },
  { id: 'news', phaseId: 'gather', title: 'Read the news of the quarter', action: 'web_search', dependsOn: [] },
  { id: 'rates', phaseId: 'gather', title: 'Look up exchange rates', action: 'rates_api', dependsOn: [] },
  { id: 'draft', phaseId: 'write', title: 'Draft the report', action: 'writer', dependsOn: ['collect', 'news'] },
  { id: 'tone', phaseId: 'write', title: 'Find the tone', action: 'ask_author', dependsOn: ['collect'] },
  { id: 'check', phaseId: 'finish', title: 'Check each figure', action: 'fact_check', dependsOn: ['draft', 'tone'] },
];

const step = (stepId: string, status: string, more: object = {}): Told => ({
  type: 'executor.step.progress',
  data: { stepId, stepOrder: steps.findIndex(({ id }) => id === stepId) + 1, status, ...more },
});

/** A request in the middle of its work: something of everything that a page can show. */
export const halfWay: readonly Told[] = [
  { type: 'request.accepted', data: { userQuery: 'Write the report of the third quarter, with figures and sources' } },
  {
    type: 'planner.plan.created',
    data: {
      plan: {
        goal: 'A report that can be sent',
        phases: [
          { id: 'gather', name: 'Gather' },
          { id: 'write', name: 'Write' },
          { id: 'finish', name: 'Finish' },
        ],
        steps: steps.map((planned, nth) => ({ order: nth + 1, ...planned })),
      },
    },
  },
  step('collect', 'running', { percent: 40, message: '12 of 30 tables' }),
  step('news', 'running'),
  step('rates', 'running'),
  {
    type: 'agent.thinking',
    data: { stepId: 'collect', thought: 'Revenue is by region, so the rates are needed too.' },
  },
  {
    type: 'executor.tool.started',
    data: { stepId: 'collect', toolCallId: 'call-1', toolName: 'sql', input: { query: 'select sum(revenue) …' } },
  },
  {
    type: 'executor.tool.completed',
    data: { stepId: 'collect', toolCallId: 'call-1', toolName: 'sql', output: { rows: 30 }, durationMs: 812 },
  },
  step('rates', 'failed', { error: { code: 'rate_limited', message: 'the rates API answers 429 until noon' } }),
  step('collect', 'completed', { result: { tables: 30, revenue: 4_200_000 }, durationMs: 3_120 }),
  step('news', 'completed', { result: { articles: ['Margins rise', 'A new plant'] }, durationMs: 2_400 }),
  {
    type: 'executor.artifact.created',
    data: { artifactId: 'a-1', name: 'figures.csv', mediaType: 'text/csv', bytes: 8_120, stepId: 'collect' },
  },
  step('draft', 'running', { percent: 60 }),
  {
    type: 'executor.step.output',
    data: {
      stepId: 'draft',
      delta: '## The third quarter\n\nRevenue rose by **12 %**, mostly in the north.\n\n- margins\n- plants\n',
    },
  },
  step('tone', 'running'),
  {
    type: 'executor.question.asked',
    data: {
      questionId: 'q-1',
      stepId: 'tone',
      prompt: 'Who will read it?',
      kind: 'choice',
      choices: ['The board', 'Everybody in the company', 'The press'],
      allowOther: true,
    },
  },
];
