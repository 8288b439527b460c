/** What the page (or whatever else we run in) says about itself. */
export interface Page {
  /** false: there is surely no network */
  online(): boolean;
  hidden(): boolean;
  watch(hear: (signal: PageSignal) => void): () => void;
}

/**
 * `left`, `returned`: `pagehide` and `pageshow`. A page that keeps a connection open cannot go into the back-forward cache, so it
 * is closed at the one and opened at the other (https://web.dev/articles/bfcache#close-open-connections).
 */
export type PageSignal = 'online' | 'offline' | 'hidden' | 'visible' | 'left' | 'returned';

/** The browser's page, or null where there is none: in Node, in a worker. */
export function browserPage(): Page | null {
  if (typeof window === 'undefined' || typeof document === 'undefined') return null;
  return {
    // jsdom and old browsers have no opinion
    online: () => navigator.onLine !== false,
    hidden: () => document.visibilityState === 'hidden',
    watch(hear) {
      const stop = new AbortController();
      const { signal } = stop;
      window.addEventListener('online', () => hear('online'), { signal });
      window.addEventListener('offline', () => hear('offline'), { signal });
      window.addEventListener('pagehide', () => hear('left'), { signal });
      window.addEventListener('pageshow', () => hear('returned'), { signal });
      document.addEventListener(
        'visibilitychange',
        () => hear(document.visibilityState === 'hidden' ? 'hidden' : 'visible'),
        { signal },
      );
      return () => stop.abort();
    },
  };
}
