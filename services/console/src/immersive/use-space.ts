import { type RefObject, useEffect, useRef, useState } from 'react';
import type { Contents } from './panels.ts';
import type { Space, SpacePorts } from './scene.ts';
import type { XrMode } from './xr.ts';

export type SpaceState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'shown'; readonly space: Space; readonly mode: XrMode | null }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * A space in `host` while mounted, with what is to be shown. Each mount has a canvas of its own: one whose engine was disposed of has
 * lost its context for good, and StrictMode mounts twice.
 */
export function useSpace(
  host: RefObject<HTMLElement | null>,
  contents: Contents,
  answer: SpacePorts['answer'],
): SpaceState {
  const [state, setState] = useState<SpaceState>({ kind: 'loading' });
  const newest = useRef({ contents, answer });
  useEffect(() => {
    newest.current = { contents, answer };
  });

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    let space: Space | null = null;
    let gone = false;
    const canvas = document.createElement('canvas');
    canvas.className = 'absolute inset-0 size-full touch-none rounded-none outline-offset-[-2px]';
    canvas.tabIndex = 0;
    element.append(canvas);
    const open = async (): Promise<void> => {
      const { Space } = await import('./scene.ts');
      if (gone) return;
      const made = new Space(canvas, {
        answer: (value) => newest.current.answer(value),
        xrChanged: (mode) => setState({ kind: 'shown', space: made, mode }),
        lost: (lost) =>
          setState(
            lost
              ? { kind: 'failed', reason: 'The graphics card gave up.' }
              : { kind: 'shown', space: made, mode: null },
          ),
      });
      space = made;
      made.show(newest.current.contents);
      setState({ kind: 'shown', space: made, mode: null });
    };
    open().catch((error: unknown) => {
      canvas.remove();
      if (!gone) setState({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
    });
    return () => {
      gone = true;
      space?.dispose();
      canvas.remove();
      setState({ kind: 'loading' });
    };
  }, [host]);

  useEffect(() => {
    if (state.kind === 'shown') state.space.show(contents);
  }, [state, contents]);
  return state;
}

/** Names the canvas for who cannot see it. */
export function useCanvasLabel(host: RefObject<HTMLElement | null>, label: string, state: SpaceState): void {
  useEffect(() => {
    if (state.kind !== 'shown') return;
    const canvas = host.current?.querySelector('canvas');
    // a picture once it has a name
    canvas?.setAttribute('role', 'img');
    canvas?.setAttribute('aria-label', label);
  }, [host, label, state]);
}

const modes: readonly XrMode[] = ['immersive-vr', 'immersive-ar'];

/** What sessions a headset is there for, now. */
export function useXrModes(): readonly XrMode[] {
  const [supported, setSupported] = useState<readonly XrMode[]>([]);
  useEffect(() => {
    const { xr } = navigator;
    if (xr === undefined) return undefined;
    let gone = false;
    const look = async (): Promise<void> => {
      const answers = await Promise.all(modes.map((mode) => xr.isSessionSupported(mode).catch(() => false)));
      if (!gone) setSupported(modes.filter((_, index) => answers[index]));
    };
    const changed = () => void look();
    changed();
    xr.addEventListener('devicechange', changed);
    return () => {
      gone = true;
      xr.removeEventListener('devicechange', changed);
    };
  }, []);
  return supported;
}
