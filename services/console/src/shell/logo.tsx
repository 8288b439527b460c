import type { ReactNode } from 'react';

/** As public/favicon.svg: steps that a wire goes up. */
export function Logo({ className }: { readonly className?: string }): ReactNode {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
      <rect width="32" height="32" rx="8" className="fill-accent-fill" />
      <path
        d="M7 23h6v-7h6V9h6"
        fill="none"
        stroke="#fff"
        strokeWidth="3"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="25" cy="9" r="3" fill="#fff" />
    </svg>
  );
}
