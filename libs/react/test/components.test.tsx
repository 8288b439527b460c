/** @jest-environment ./libs/react/test/browser-environment.mjs */
import { afterEach, expect, test } from '@jest/globals';
import type { Client, ErrorBody } from '@stepwire/client';
import { createTestClient, type TestClient } from '@stepwire/client/testing';
import { StepwireProvider, useRequest } from '@stepwire/react';
import { AgentActivity, Notifications, PlanView, QuestionCard, RequestProgress } from '@stepwire/react/components';
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { type ReactNode, StrictMode } from 'react';
import { Recording } from './log.ts';

const clients: Client[] = [];
const shown = async (
  recording: Recording,
  children: ReactNode,
  refuse: () => ErrorBody | null = () => null,
): Promise<TestClient> => {
  const client = createTestClient(recording.events, { refuse });
  clients.push(client);
  render(
    <StrictMode>
      <StepwireProvider client={client}>{children}</StepwireProvider>
    </StrictMode>,
  );
  await waitFor(() => expect(client.status.getSnapshot().state).toBe('live'));
  return client;
};

afterEach(() => {
  cleanup();
  for (const client of clients.splice(0)) client.disconnect();
});

test('RequestProgress: a bar with its value, and a live region that only says the status', async () => {
  const client = await shown(
    new Recording()
      .planned()
      .report('a', 'running', { percent: 10 })
      .report('a', 'running', { percent: 90 })
      .completed(),
    <RequestProgress requestId="req-1" />,
  );
  act(() => client.play(4));
  const bar = screen.getByRole('progressbar', { name: 'Is it safe?' });
  const region = screen.getByRole('status');
  const said = region.textContent;
  const value = bar.getAttribute('aria-valuenow');
  expect(said).toBe('Running');
  act(() => client.play(1));
  expect(bar.getAttribute('aria-valuenow')).not.toBe(value);
  expect(region.textContent).toBe(said);
  act(() => client.play());
  expect(bar.getAttribute('aria-valuenow')).toBe('100');
  expect(region.textContent).toBe('Completed');
});

test('PlanView: phases, steps, and those side by side shown as such; what agents write is text', async () => {
  const nasty = '**bold** <img src=x onerror=alert(1)> ![x](http://spy.test/p.png) [go](javascript:alert(1))';
  const client = await shown(
    new Recording()
      .planned()
      .report('a', 'running')
      .output('a', nasty)
      .report('b', 'failed', { error: '<b>no</b>', willRetry: false }),
    <PlanView requestId="req-1" />,
  );
  act(() => client.play());
  const plan = screen.getByRole('region', { name: 'Find out' });
  expect(
    within(plan)
      .getAllByRole('heading')
      .map(({ textContent }) => textContent),
  ).toEqual(['Look', 'Think']);
  const row = within(plan).getByRole('list', { name: 'Side by side' });
  expect(within(row).getAllByRole('article')).toHaveLength(2);
  expect(within(row).getByText('bold').tagName).toBe('STRONG');
  expect(plan.querySelector('img, script, b')).toBeNull();
  expect(plan.textContent).toContain('<img src=x onerror=alert(1)>');
  expect(plan.textContent).toContain('<b>no</b>');
  expect(within(row).getByText('go').getAttribute('href') ?? '').not.toContain('javascript');
});

test('AgentActivity: all that runs, with bars', async () => {
  const client = await shown(
    new Recording()
      .planned()
      .report('a', 'running', { percent: 40, message: 'reading' })
      .report('b', 'running')
      .completed(),
    <AgentActivity requestId="req-1" idle={<p>idle</p>} />,
  );
  expect(screen.getByText('idle')).toBeDefined();
  act(() => client.play(2));
  expect(screen.getByRole('progressbar', { name: 'Planning' })).toBeDefined();
  act(() => client.play(3));
  expect(screen.getByRole('progressbar', { name: 'Read it' }).getAttribute('aria-valuenow')).toBe('40');
  expect(screen.getByRole('progressbar', { name: 'Ask around' }).hasAttribute('aria-valuenow')).toBe(false);
  act(() => client.play());
  expect(screen.getByText('idle')).toBeDefined();
});

test('QuestionCard: answers what is asked, and goes when it is closed', async () => {
  const answered = { questionId: 'q', answer: 'A friend', answeredBy: 'ann' };
  const client = await shown(
    new Recording()
      .planned()
      .report('b', 'running')
      .asks()
      .add('question.answered', answered)
      .report('b', 'running', { attempt: 2 })
      .asks('r', { kind: 'confirm', prompt: 'Sure?', attempt: 2 })
      .add('question.answered', { ...answered, questionId: 'r', answer: true })
      .report('b', 'running', { attempt: 3 })
      .asks('s', { kind: 'text', prompt: 'Why?', attempt: 3 }),
    <QuestionCard requestId="req-1" />,
  );
  act(() => client.play(5));
  expect(screen.getByRole('status').textContent).toBe('Who sent it?');
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'A friend' })));
  expect(screen.getByRole('group').hasAttribute('disabled')).toBe(true);
  act(() => client.play(1));
  expect(screen.queryByRole('button')).toBeNull();
  act(() => client.play(2));
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Yes' })));
  act(() => client.play(3));
  const field = screen.getByRole('textbox', { name: 'Why?' });
  fireEvent.change(field, { target: { value: 'because' } });
  await act(async () => fireEvent.submit(field));
  expect(client.commands.map(({ body }) => [body.questionId, body.answer])).toEqual([
    ['q', 'A friend'],
    ['r', true],
    ['s', 'because'],
  ]);
});

test('QuestionCard: counts down, and an answer that came too late is told after the question has gone', async () => {
  const expiresAt = new Date(Date.now() + 90_000).toISOString();
  const client = await shown(
    new Recording()
      .planned()
      .report('b', 'running')
      .asks('q', { expiresAt })
      .add('question.answered', { questionId: 'q', answer: 'A friend', answeredBy: 'bob' }),
    <QuestionCard requestId="req-1" />,
    () => ({ code: 'already_answered', message: 'bob was faster' }),
  );
  act(() => client.play(5));
  expect(screen.getByText(/^1 min \d+ s left$/).getAttribute('datetime')).toBe(expiresAt);
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Nobody I know' })));
  expect(screen.getByRole('alert').textContent).toBe('bob was faster');
  act(() => client.play());
  expect(screen.queryByRole('button')).toBeNull();
  expect(screen.getByRole('alert').textContent).toBe('bob was faster');
});

test('Notifications: a question stays until it is answered, success is told', async () => {
  const Watcher = () => <p>{useRequest('req-1', ({ status }) => status)}</p>;
  const client = await shown(
    new Recording()
      .planned()
      .report('b', 'running')
      .asks('q', { prompt: '<i>Who</i> sent it?' })
      .add('question.answered', { questionId: 'q', answer: 'x', answeredBy: 'ann' })
      .completed(),
    <>
      <Watcher />
      <Notifications />
    </>,
  );
  act(() => client.play(5));
  expect(await screen.findByText('A question for you')).toBeDefined();
  expect(screen.getByText('<i>Who</i> sent it?')).toBeDefined();
  act(() => client.play(1));
  await waitFor(() => expect(screen.queryByText('A question for you')).toBeNull());
  act(() => client.play());
  expect(await screen.findByText('Completed')).toBeDefined();
});

test('Notifications: a notice says of which request it is, and opens it', async () => {
  const opened: string[] = [];
  const client = await shown(
    new Recording().planned().completed(),
    <Notifications of="feed" nameOf={() => 'Is it safe?'} onOpen={(requestId) => opened.push(requestId)} />,
  );
  act(() => client.play());
  expect(await screen.findByText('Is it safe?')).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Open' }));
  expect(opened).toEqual(['req-1']);
});

test('Notifications: nothing is told of what somebody looks at', async () => {
  let inView = true;
  const client = await shown(
    new Recording().planned().asks().completed(),
    <Notifications of="feed" isInView={() => inView} nameOf={() => 'Looked away'} />,
  );
  act(() => client.play(4));
  inView = false;
  act(() => client.play());
  expect(await screen.findByText('Looked away')).toBeDefined();
  expect(screen.queryByText('A question for you')).toBeNull();
});
