/** @jest-environment ./libs/react/test/browser-environment.mjs */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Client, RequestSnapshot } from '@stepwire/client';
import { createTestClient, type TestClient } from '@stepwire/client/testing';
import {
  StepwireProvider,
  useConnectionStatus,
  useFeed,
  useFeedEvent,
  useQuestion,
  useRequest,
  useRequestEvent,
  useStartRequest,
} from '@stepwire/react';
import { act, cleanup, render, renderHook, screen, waitFor } from '@testing-library/react';
import { type ReactNode, StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { Recording } from './log.ts';

const clients: Client[] = [];
const opened = (recording: Recording, played = 0): TestClient => {
  const client = createTestClient(recording.events, { played });
  clients.push(client);
  return client;
};
const under =
  (client: Client) =>
  ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <StepwireProvider client={client}>{children}</StepwireProvider>
    </StrictMode>
  );

afterEach(() => {
  cleanup();
  for (const client of clients.splice(0)) client.disconnect();
});

describe('useRequest', () => {
  test('shows a request as it happens', async () => {
    const client = opened(new Recording().planned().report('a', 'running').completed());
    const { result } = renderHook(() => useRequest('req-1'), { wrapper: under(client) });
    expect(result.current.status).toBe('loading');
    await waitFor(() => expect(result.current.status).toBe('unknown'));
    act(() => client.play(4));
    expect(result.current).toMatchObject({ status: 'running', currentStage: 'a', seq: 4 });
    act(() => client.play());
    expect(result.current).toMatchObject({ status: 'completed', progress: 100, result: { safe: true } });
  });

  test('a reader of the status renders 0 times during 1,000 deltas of text', async () => {
    const client = opened(new Recording().planned().report('a', 'running').output('a', 'word ', 1000).completed());
    let ofStatus = 0;
    let ofSteps = 0;
    const Status = () => {
      ofStatus += 1;
      return <p>{useRequest('req-1', (request) => request.status)}</p>;
    };
    const Steps = () => {
      ofSteps += 1;
      return <p>{useRequest('req-1', ({ steps }) => steps)[0]?.data.output.length ?? 0}</p>;
    };
    const Wrapper = under(client);
    render(
      <Wrapper>
        <Status />
        <Steps />
      </Wrapper>,
    );
    await screen.findByText('unknown');
    act(() => client.play(4));
    await screen.findByText('running');
    const before = { ofStatus, ofSteps };
    for (let at = 0; at < 1000; at += 1) act(() => client.play(1));
    expect(screen.getByText('5000')).toBeDefined();
    expect(ofStatus - before.ofStatus).toBe(0);
    expect(ofSteps - before.ofSteps).toBeGreaterThan(0);
    act(() => client.play());
    expect(screen.getByText('completed')).toBeDefined();
  });

  test('in StrictMode each event is heard once, and leaving ends the watch', async () => {
    const client = opened(new Recording().planned().output('a', 'x', 20));
    const heard: number[] = [];
    const { unmount } = renderHook(() => useRequestEvent('*', ({ seq }) => heard.push(seq), 'req-1'), {
      wrapper: under(client),
    });
    await waitFor(() => expect(client.status.getSnapshot().state).toBe('live'));
    act(() => client.play(5));
    expect(heard).toEqual([1, 2, 3, 4, 5]);
    unmount();
    act(() => client.play(5));
    expect(heard).toHaveLength(5);
  });

  test('another request, or none yet', async () => {
    const client = opened(new Recording().planned(), 3);
    const { result, rerender } = renderHook(({ id }: { id: string | null }) => useRequest(id, ({ status }) => status), {
      wrapper: under(client),
      initialProps: { id: null as string | null },
    });
    expect(result.current).toBe('loading');
    rerender({ id: 'req-1' });
    await waitFor(() => expect(result.current).toBe('running'));
    rerender({ id: 'req-2' });
    await waitFor(() => expect(result.current).toBe('unknown'));
  });

  test('on a server it is loading, whatever the client knows', () => {
    const client = opened(new Recording().planned(), 3);
    client.watch('req-1').subscribe(() => undefined);
    const Reader = () => <p>{useRequest('req-1', ({ status }: RequestSnapshot) => status)}</p>;
    expect(
      renderToString(
        <StepwireProvider client={client}>
          <Reader />
        </StepwireProvider>,
      ),
    ).toBe('<p>loading</p>');
  });
});

test('useStartRequest knows its request at once, and why it was refused', async () => {
  const client = createTestClient(new Recording().planned().events, {
    refuse: ({ body }) => (body.userQuery === 'no' ? { code: 'too_large', message: 'too much' } : null),
  });
  clients.push(client);
  const { result } = renderHook(() => useStartRequest(), { wrapper: under(client) });
  act(() => void result.current.start({ userQuery: 'yes' }));
  expect(result.current).toMatchObject({ requestId: 'req-1', starting: true, error: null });
  await waitFor(() => expect(result.current.starting).toBe(false));
  expect(client.commands).toEqual([{ command: 'start', body: { requestId: 'req-1', userQuery: 'yes', context: {} } }]);
  await act(async () => {
    expect(await result.current.start({ userQuery: 'no' })).toBeNull();
  });
  expect(result.current.error).toMatchObject({ code: 'too_large', message: 'too much' });
});

test('useQuestion has the oldest of all that are watched, and answers it once', async () => {
  const client = opened(
    new Recording()
      .planned()
      .report('b', 'running')
      .asks()
      .add('question.answered', { questionId: 'q', answer: 'A friend', answeredBy: 'ann' }),
  );
  const { result } = renderHook(
    () => {
      useRequest('req-1', ({ status }) => status);
      return useQuestion();
    },
    { wrapper: under(client) },
  );
  await waitFor(() => expect(client.status.getSnapshot().state).toBe('live'));
  act(() => client.play(5));
  expect(result.current.question).toMatchObject({ questionId: 'q', choices: ['A friend', 'Nobody I know'] });
  await act(() => result.current.answer('A friend'));
  expect(client.commands).toEqual([
    { command: 'feedback', body: { requestId: 'req-1', questionId: 'q', answer: 'A friend' } },
  ]);
  expect(result.current.answering).toBe(true);
  act(() => client.play());
  expect(result.current).toMatchObject({ question: null, answering: false });
});

test('useFeed and useFeedEvent follow what nobody watches', async () => {
  const client = opened(new Recording().planned().completed(), 2);
  const heard: string[] = [];
  const { result } = renderHook(
    () => {
      useFeedEvent('request.completed', ({ type }) => heard.push(type));
      return useFeed();
    },
    { wrapper: under(client) },
  );
  await waitFor(() => expect(result.current.cursor).toBe('2'));
  act(() => client.play());
  expect(result.current.events.map(({ seq }) => seq)).toEqual([3, 4]);
  expect(heard).toEqual(['request.completed']);
  act(() => client.cut());
  client.mend();
  await waitFor(() => expect(client.status.getSnapshot().state).toBe('live'));
  expect(result.current.events).toHaveLength(2);
});

test('useConnectionStatus says how it stands', async () => {
  const client = opened(new Recording().planned());
  const { result } = renderHook(() => useConnectionStatus().state, { wrapper: under(client) });
  await waitFor(() => expect(result.current).toBe('live'));
  act(() => client.cut());
  expect(result.current).toBe('offline');
  client.mend();
  await waitFor(() => expect(result.current).toBe('live'));
});

test('outside of a provider hooks say so', () => {
  const errors = console.error;
  console.error = () => undefined;
  try {
    expect(() => renderHook(() => useConnectionStatus())).toThrow('<StepwireProvider>');
  } finally {
    console.error = errors;
  }
});
