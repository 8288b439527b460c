import { type Client, type ConnectOptions, connect } from '@stepwire/client';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';

const ClientContext = createContext<Client | null>(null);

export type StepwireProviderProps = { readonly children?: ReactNode } & (
  | { /** yours to connect and disconnect */ readonly client: Client }
  | ({ readonly client?: never } & ConnectOptions)
);

/**
 * Gives all below it a client: yours, or one that it connects itself and disconnects as it unmounts. Its own stays the same
 * as long as `url` does; a `token` function may be another one with each render.
 */
export function StepwireProvider(props: StepwireProviderProps): ReactNode {
  if (props.client !== undefined) {
    return <ClientContext.Provider value={props.client}>{props.children}</ClientContext.Provider>;
  }
  return <Connected key={props.url ?? ''} {...props} />;
}

function Connected({ children, token, ...options }: { readonly children?: ReactNode } & ConnectOptions): ReactNode {
  const newest = useRef(token);
  useEffect(() => {
    newest.current = token;
  });
  // not connected before it is mounted: a render may be thrown away, or happen on a server
  const [client] = useState(() => {
    const renewed = typeof token !== 'function' ? token : latest(newest);
    return connect({ ...options, ...(renewed === undefined ? {} : { token: renewed }), autoConnect: false });
  });
  useEffect(() => {
    client.connect();
    return () => client.disconnect();
  }, [client]);
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

type Token = NonNullable<ConnectOptions['token']>;

const latest =
  (ref: { readonly current: Token | undefined }): Token =>
  async (refused) => {
    const { current = null } = ref;
    return typeof current === 'function' ? current(refused) : current;
  };

/** @throws Error outside of a provider */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('there is no <StepwireProvider> above this component');
  return client;
}
