import clsx from 'clsx';
import { CircleHelp, type LucideIcon, ShieldAlert, ShieldCheck, ShieldX } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { visibleText } from '../visible-text.ts';
import type { Verdict } from './verdict.ts';

interface Look {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly tint: string;
  readonly text: string;
  readonly fill: string;
}

const looks: Readonly<Record<Verdict['verdict'], Look>> = {
  likely_scam: {
    icon: ShieldX,
    word: 'Likely a scam',
    tint: 'bg-bad-soft',
    text: 'text-bad',
    fill: 'bg-bad',
  },
  suspicious: {
    icon: ShieldAlert,
    word: 'Suspicious',
    tint: 'bg-wait-soft',
    text: 'text-wait',
    fill: 'bg-wait',
  },
  no_sign_of_scam: {
    icon: ShieldCheck,
    word: 'No sign of a scam',
    tint: 'bg-good-soft',
    text: 'text-good',
    fill: 'bg-good',
  },
  unclear: {
    icon: CircleHelp,
    word: 'Unclear',
    tint: 'bg-sunken',
    text: 'text-muted',
    fill: 'bg-muted',
  },
};

/** told at first: the weightiest */
const REASONS = 10;

/** Of a message check: the verdict, how sure, why, and what to do now. */
export function VerdictCard({ verdict }: { readonly verdict: Verdict }): ReactNode {
  const { icon: Icon, word, tint, text, fill } = looks[verdict.verdict];
  const { score, summary, reasons, notChecked, advice } = verdict;
  const [all, setAll] = useState(false);
  const told = all || reasons.length <= REASONS + 2 ? reasons : reasons.slice(0, REASONS);
  return (
    <section aria-label="Result" className="overflow-hidden rounded-lg border bg-panel">
      <div className={clsx('flex flex-wrap items-center gap-x-4 gap-y-3 px-4 py-4 sm:px-5', tint)}>
        <Icon aria-hidden="true" className={clsx('size-8 shrink-0', text)} strokeWidth={1.75} />
        <div className="min-w-0 flex-1 basis-56">
          <h2 className={clsx('font-semibold text-lg leading-6', text)}>{word}</h2>
          <p>{visibleText(summary)}</p>
        </div>
        <div className="w-full sm:w-44">
          <p className="flex items-baseline justify-between text-xs">
            <span>Signs of a scam</span>
            <span>
              <span className="font-semibold text-base">{score}</span> of 100
            </span>
          </p>
          <div aria-hidden="true" className="mt-1 h-1.5 overflow-hidden rounded-full bg-ink/15">
            <div
              className={clsx('h-full rounded-full', fill)}
              style={{ width: `${Math.min(100, Math.max(0, score))}%` }}
            />
          </div>
        </div>
      </div>
      <div className="grid gap-x-8 gap-y-5 px-4 py-4 sm:px-5 lg:grid-cols-[3fr_2fr]">
        {reasons.length === 0 ? null : (
          <div>
            <h3 className="mb-2 font-semibold">Why</h3>
            <ul className="flex flex-col gap-2.5">
              {told.map(({ text: why, weight, source }) => (
                <li key={`${source} ${why}`} className="flex gap-3">
                  <Weight weight={weight} />
                  <span className="min-w-0 [overflow-wrap:anywhere]">
                    {visibleText(why)}{' '}
                    <span className="whitespace-nowrap font-mono text-muted text-xs">{visibleText(source)}</span>
                  </span>
                </li>
              ))}
            </ul>
            {told.length < reasons.length ? (
              <button type="button" className="mt-2.5 text-accent" onClick={() => setAll(true)}>
                {reasons.length - told.length} more reasons
              </button>
            ) : null}
          </div>
        )}
        <div className="flex flex-col gap-5">
          {advice.length === 0 ? null : (
            <div>
              <h3 className="mb-2 font-semibold">What to do</h3>
              <ul className="flex list-disc flex-col gap-1.5 ps-4 marker:text-accent">
                {advice.map((line) => (
                  <li key={line}>{visibleText(line)}</li>
                ))}
              </ul>
            </div>
          )}
          {notChecked.length === 0 ? null : (
            <div>
              <h3 className="mb-2 font-semibold">Not checked</h3>
              <ul className="flex flex-col gap-1.5 text-muted">
                {notChecked.map(({ step, reason }) => (
                  <li key={`${step} ${reason}`} className="[overflow-wrap:anywhere]">
                    <span className="font-mono text-xs">{visibleText(step)}</span> {visibleText(reason)}
                  </li>
                ))}
              </ul>
            </div>
          )}
        </div>
      </div>
    </section>
  );
}

/** How much a reason counts, and for which side. */
function Weight({ weight }: { readonly weight: number }): ReactNode {
  const honest = weight < 0;
  const level = Math.min(3, Math.max(1, Math.ceil(Math.abs(weight) * 3)));
  const words = weight === 0 ? 'does not count' : honest ? 'speaks against a scam' : strengths[level - 1];
  return (
    <span className="mt-1 flex h-3 shrink-0 items-end gap-0.5 self-start" title={words}>
      <span className="sr-only">{words}: </span>
      {[1, 2, 3].map((bar) => (
        <span
          key={bar}
          aria-hidden="true"
          className={clsx(
            'w-1 rounded-sm',
            heights[bar - 1],
            bar > level ? 'bg-ink/15' : honest ? 'bg-good' : 'bg-bad',
          )}
        />
      ))}
    </span>
  );
}

const strengths = ['a weak sign', 'a clear sign', 'a strong sign'] as const;
const heights = ['h-1.5', 'h-2', 'h-2.5'] as const;
