import { expect, test } from '@jest/globals';
import { snapshotForClient } from '@stepwire/run-model';
import { Trace } from '../src/request/log/trace.ts';
import { planRows } from '../src/request/plan/plan-rows.ts';
import { Recording } from './recording.ts';

test('phases, and in each lines of those that may run at once, as many as fit beside one another', () => {
  const trace = new Trace('r');
  for (const event of new Recording().planned().events) trace.append(event);
  const { plan, steps } = snapshotForClient(trace.stateAt(3), '');
  expect(planRows(plan, steps, 3)).toEqual([
    { kind: 'phase', key: 'phase look', name: 'Look', steps: [0, 1] },
    { kind: 'steps', key: 'step a', steps: [0, 1], sideBySide: 2, begins: true },
    { kind: 'phase', key: 'phase think', name: 'Think', steps: [2] },
    { kind: 'steps', key: 'step c', steps: [2], sideBySide: 1, begins: true },
  ]);
  const narrow = planRows(plan, steps, 1).filter(({ kind }) => kind === 'steps');
  expect(narrow).toMatchObject([
    { steps: [0], sideBySide: 2, begins: true },
    { steps: [1], sideBySide: 2, begins: false },
    { steps: [2], sideBySide: 1 },
  ]);
});
