import clsx from 'clsx';
import type { ReactNode } from 'react';
import type { Doing } from './waterfall-rows.ts';

export const words: Readonly<Record<Doing, string>> = {
  queued: 'Queued',
  delay: 'Waiting for a retry',
  answer: 'Waiting for an answer',
  working: 'Running',
  done: 'Done',
  failed: 'Failed',
  skipped: 'Skipped',
};

/** Of SVG. Waits are thin lines, work is a bar: colour alone says nothing. */
export const fills: Readonly<Record<Doing, string>> = {
  queued: 'fill-edge',
  delay: 'fill-wait',
  answer: 'fill-wait',
  working: 'fill-run',
  done: 'fill-good',
  failed: 'fill-bad',
  skipped: 'fill-muted',
};

const grounds: Readonly<Record<Doing, string>> = {
  queued: 'bg-edge',
  delay: 'bg-wait',
  answer: 'bg-wait',
  working: 'bg-run',
  done: 'bg-good',
  failed: 'bg-bad',
  skipped: 'bg-muted',
};

const legend: readonly { readonly doing: Doing; readonly label: string; readonly thin: boolean }[] = [
  { doing: 'queued', label: 'Queued', thin: true },
  { doing: 'answer', label: 'Waits for a retry or an answer', thin: true },
  { doing: 'working', label: 'Runs', thin: false },
  { doing: 'done', label: 'Done', thin: false },
  { doing: 'failed', label: 'Failed attempt', thin: false },
  { doing: 'skipped', label: 'Skipped', thin: false },
];

export function Legend(): ReactNode {
  return (
    <ul aria-label="Legend" className="flex flex-wrap gap-x-4 gap-y-1 text-muted text-xs">
      {legend.map(({ doing, label, thin }) => (
        <li key={doing} className="flex items-center gap-1.5">
          <Swatch doing={doing} thin={thin} />
          {label}
        </li>
      ))}
    </ul>
  );
}

export const Swatch = ({ doing, thin }: { readonly doing: Doing; readonly thin: boolean }): ReactNode => (
  <span aria-hidden="true" className={clsx('w-3 rounded-sm', grounds[doing], thin ? 'h-1' : 'h-2.5')} />
);
