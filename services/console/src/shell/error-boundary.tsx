import { Component, type ErrorInfo, type ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';

export interface ErrorBoundaryProps {
  /** another one is another page: what was wrong with the last one is of no interest there */
  readonly page: string;
  readonly children: ReactNode;
}

interface Caught {
  readonly error: Error | null;
  readonly page: string;
  readonly where: string;
}

/** A defect in a page takes down that page alone, and is told: what happened, and what can be done. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, Caught> {
  override state: Caught = { error: null, page: this.props.page, where: '' };

  static getDerivedStateFromError(thrown: unknown): Partial<Caught> {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
  }

  static getDerivedStateFromProps({ page }: ErrorBoundaryProps, state: Caught): Partial<Caught> | null {
    return page === state.page ? null : { page, error: null };
  }

  override componentDidCatch(_: Error, { componentStack }: ErrorInfo): void {
    this.setState({ where: componentStack ?? '' });
  }

  override render(): ReactNode {
    const { error, where } = this.state;
    if (error === null) return this.props.children;
    const stale = /dynamically imported module|module script|preload CSS/i.test(error.message);
    return (
      <div role="alert" className="mx-auto max-w-xl py-10">
        <h1 className="font-semibold text-lg">
          {stale ? 'A part of this page could not be loaded' : 'Something on this page went wrong'}
        </h1>
        <p className="mt-2 text-muted">
          {stale
            ? 'Stepwire was renewed since this page was opened, or cannot be reached. Loading it again helps.'
            : 'It is a defect of this page. Your requests are not touched by it: they go on, and nothing of them is lost.'}
        </p>
        <pre className="mt-4 overflow-auto whitespace-pre-wrap break-words rounded-lg bg-sunken p-3 font-mono text-xs">
          {error.name}: {error.message}
        </pre>
        <div className="mt-4 flex flex-wrap gap-2">
          <Button variant="primary" onClick={() => location.reload()}>
            Load again
          </Button>
          <Button asChild>
            <a href="/">Home</a>
          </Button>
          <CopyButton text={`${location.pathname}\n${error.stack ?? error.message}\n${where}`} label="Copy details" />
        </div>
      </div>
    );
  }
}
