import { useStore } from '@stepwire/react';
import { createContext, useContext } from 'react';
import type { RunningRequests, RunningSnapshot } from './running-requests.ts';

export const RunningContext = createContext<RunningRequests | null>(null);

/** What is under way. @throws Error where nobody is signed in */
export function useRunning<S>(select: (running: RunningSnapshot) => S): S {
  const running = useContext(RunningContext);
  if (running === null) throw new Error('what runs is known to the signed-in only');
  return useStore(running, select);
}
