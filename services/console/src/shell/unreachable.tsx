import { type ReactNode, useEffect } from 'react';
import { sentence } from './connection-view.ts';
import { Logo } from './logo.tsx';

/** Nobody can say who is signed in: the gateway is away, or one of those behind it. It is asked again every few seconds. */
export function Unreachable({ message }: { readonly message: string }): ReactNode {
  useEffect(() => {
    document.title = 'Offline · Stepwire';
  }, []);
  return (
    <main className="mx-auto grid min-h-dvh max-w-md content-center gap-3 px-4 py-10">
      <Logo className="size-9" />
      <h1 className="font-semibold text-xl">Stepwire cannot be reached</h1>
      <p role="status" className="text-muted">
        {sentence(message)} This page goes on by itself as soon as it can; it tries every few seconds.
      </p>
    </main>
  );
}

/** Until it is known who comes; seen only where that takes a while. */
export function Asking(): ReactNode {
  return (
    <main className="grid min-h-dvh content-center justify-items-center gap-3 [animation:appear_300ms_600ms_both]">
      <Logo className="size-9 animate-pulse" />
      <p role="status" className="text-muted">
        Opening Stepwire …
      </p>
    </main>
  );
}
