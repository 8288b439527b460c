import type { Store } from '@stepwire/client';
import { useMemo, useSyncExternalStore } from 'react';

/** What `select` gives of a store's snapshot; renders when that changes, one level deep, and not otherwise. */
export function useStore<T, S>(store: Store<T>, select: (snapshot: T) => S): S {
  const [get, getOnServer] = useMemo(
    () => [selecting(store.getSnapshot, select), selecting(store.getServerSnapshot, select)] as const,
    [store, select],
  );
  return useSyncExternalStore(store.subscribe, get, getOnServer);
}

export const whole = <T>(snapshot: T): T => snapshot;

/** Selects anew only from another snapshot, and gives the same object for the same content. */
function selecting<T, S>(getSnapshot: () => T, select: (snapshot: T) => S): () => S {
  let last: { readonly snapshot: T; readonly selected: S } | null = null;
  return () => {
    const snapshot = getSnapshot();
    if (last?.snapshot === snapshot) return last.selected;
    const selected = select(snapshot);
    last = { snapshot, selected: last !== null && alike(last.selected, selected) ? last.selected : selected };
    return last.selected;
  };
}

function alike(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [Object.entries(a), new Map(Object.entries(b))];
  return one.length === other.size && one.every(([key, value]) => other.has(key) && Object.is(value, other.get(key)));
}
