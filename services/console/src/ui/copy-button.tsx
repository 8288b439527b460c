import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Button, type ButtonSize, type ButtonVariant } from './button.tsx';

export interface CopyButtonProps {
  /** what; a function where it is not made before it is wanted */
  readonly text: string | (() => string);
  /** what is copied, as the button says it: "Copy link" */
  readonly label: string;
  /** shows the icon alone; the label is still its name */
  readonly iconOnly?: boolean;
  readonly variant?: ButtonVariant;
  readonly size?: ButtonSize;
  readonly className?: string;
}

const SAID_FOR_MS = 2_000;

/** Copies, and says so. */
export function CopyButton({ text, label, iconOnly = false, ...looks }: CopyButtonProps): ReactNode {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (outcome === null) return undefined;
    const timer = setTimeout(() => setOutcome(null), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async (): Promise<void> => {
    setOutcome((await copied(typeof text === 'string' ? text : text())) ? 'copied' : 'refused');
  };
  const said = outcome === 'copied' ? 'Copied' : outcome === 'refused' ? 'Could not copy' : label;
  const Icon = outcome === 'copied' ? Check : Copy;
  return (
    <Button onClick={() => void copy()} {...(iconOnly ? { 'aria-label': said, title: said } : {})} {...looks}>
      <Icon aria-hidden="true" className="size-4" />
      {iconOnly ? null : <span aria-live="polite">{said}</span>}
    </Button>
  );
}

async function copied(text: string): Promise<boolean> {
  try {
    // absent outside of secure contexts: a page on plain HTTP in a local network is none
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedFromField(text);
  }
}

function copiedFromField(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  const before = document.activeElement;
  // inside of an open dialog, which lets nothing outside of it have the focus
  (document.querySelector('[role=dialog]') ?? document.body).append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}
