/** @jest-environment ./libs/react/test/browser-environment.mjs */
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { StepwireProvider, useClient, useConnectionStatus } from '@stepwire/react';
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import { StrictMode } from 'react';

/** Somebody who takes connections and says nothing. */
let server: Server;
let connections = 0;
let url = '';

beforeEach(async () => {
  server = createServer((socket) => {
    connections += 1;
    socket.resume();
    socket.on('close', () => {
      connections -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterEach(async () => {
  cleanup();
  await new Promise((resolve) => server.close(resolve));
});

const Status = () => {
  const { state } = useConnectionStatus();
  return <p>{state}</p>;
};

test('connects when it is mounted, once, and leaves when it is unmounted', async () => {
  const { unmount } = render(
    <StrictMode>
      <StepwireProvider url={url} token={() => 'a token'}>
        <Status />
      </StepwireProvider>
    </StrictMode>,
  );
  expect(screen.getByText('connecting')).toBeDefined();
  await waitFor(() => expect(connections).toBe(1));
  unmount();
  await waitFor(() => expect(connections).toBe(0));
});

test('keeps its client from render to render, and has another one for another gateway', () => {
  const seen = new Set<unknown>();
  const Seeing = () => {
    seen.add(useClient());
    return null;
  };
  const at = (address: string) => (
    <StepwireProvider url={address} token={() => 'another function each time'}>
      <Seeing />
    </StepwireProvider>
  );
  const { rerender } = render(at(url));
  rerender(at(url));
  expect(seen.size).toBe(1);
  rerender(at('http://127.0.0.1:9'));
  expect(seen.size).toBe(2);
});
