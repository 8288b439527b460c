import type { ReactNode } from 'react';

export interface BarProps {
  /** what makes progress, for those who cannot see it */
  readonly label: string;
  /** 0 to 100; null: at work, and nobody knows how far */
  readonly percent: number | null;
  readonly valueText?: string;
}

/** A progress bar. It is not a live region: whoever wants to know how far it is can look. */
export function Bar({ label, percent, valueText }: BarProps): ReactNode {
  const known = percent === null ? {} : { 'aria-valuenow': Math.round(percent) };
  const text = valueText === undefined ? {} : { 'aria-valuetext': valueText };
  return (
    <div
      className="stepwire-bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      data-known={percent !== null}
      {...known}
      {...text}
    >
      <div className="stepwire-bar-fill" style={percent === null ? undefined : { width: `${percent}%` }} />
    </div>
  );
}
