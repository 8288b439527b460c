import { createContext, useContext } from 'react';
import type { GatewayApi } from './gateway-api.ts';
import type { User } from './session.ts';

/** Whoever looks at the page. */
export interface Viewer {
  /** null: a guest, who came by a share link and may watch that one request, nothing else */
  readonly user: User | null;
  readonly share: string | null;
  /** another one after each sign-in: what was asked with the old one and refused is asked again */
  readonly api: GatewayApi;
}

export const ViewerContext = createContext<Viewer | null>(null);

/** @throws Error outside of the shell */
export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (viewer === null) throw new Error('this component must stand in the shell');
  return viewer;
}

/** What the gateway answers over REST, to whoever looks at the page. */
export const useGatewayApi = (): GatewayApi => useViewer().api;
