import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { askExa, readAnswer, searchFor } from '../src/tools/exa-search.ts';

const phone = (text: string) => ({ text, start: 0, end: 0 });

test('names are searched for, three at the most, and never the message', () => {
  expect(searchFor({ hosts: ['a.test', 'b.test'], phones: [phone('+1'), phone('+2')] })).toEqual({
    query: 'scam or fraud reports about "a.test" or "b.test" or "+1"',
    names: ['a.test', 'b.test', '+1'],
  });
  expect(searchFor({ hosts: [], phones: [] })).toBeUndefined();
});

test('a page warns where it names the thing and speaks of fraud; one without the other does not', () => {
  const body = {
    requestId: 'x',
    costDollars: { total: 0.005 },
    results: [
      { id: '1', url: 'https://1.example', title: 'Scam: A.test', publishedDate: '2026-01-01', highlights: ['beware'] },
      { id: '2', url: 'https://2.example', title: null, highlights: ['a.test is a fine shop'] },
      { id: '3', url: 'https://3.example', title: 'About fraud' },
    ],
  };
  expect(readAnswer(body, 'q', ['a.test']).results).toEqual([
    {
      title: 'Scam: A.test',
      url: 'https://1.example',
      publishedDate: '2026-01-01',
      highlights: ['beware'],
      warns: true,
    },
    {
      title: 'https://2.example',
      url: 'https://2.example',
      publishedDate: null,
      highlights: ['a.test is a fine shop'],
      warns: false,
    },
    { title: 'About fraud', url: 'https://3.example', publishedDate: null, highlights: [], warns: false },
  ]);
});

test('an answer of another shape is told as such', () => {
  expect(() => readAnswer({ error: 'no' }, 'q', [])).toThrow('the answer of the Exa API');
});

describe('the call', () => {
  const never = new AbortController().signal;

  /** An HTTP server that answers as the test says. */
  async function answering(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => answer(request, response, body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return {
      endpoint: `http://127.0.0.1:${port}/search`,
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  test('sends the key in its header and the query in its body', async () => {
    await using server = await answering(({ headers, method, url }, response, body) => {
      response.end(JSON.stringify({ key: headers['x-api-key'], method, url, body: JSON.parse(body) }));
    });
    expect(await askExa('q', { apiKey: 'k', signal: never, endpoint: server.endpoint })).toEqual({
      key: 'k',
      method: 'POST',
      url: '/search',
      body: { query: 'q', type: 'auto', numResults: 5, contents: { highlights: true } },
    });
  });

  test.each([
    [429, true],
    [500, true],
    [503, true],
    [401, false],
    [402, false],
    [400, false],
  ])('refused with %d is worth a repeat: %s', async (status, retryable) => {
    await using server = await answering((_, response) => response.writeHead(status).end('{"error":"no"}'));
    await expect(askExa('q', { apiKey: 'k', signal: never, endpoint: server.endpoint })).rejects.toMatchObject({
      code: 'search_failed',
      retryable,
      message: `the Exa API answered ${status}: {"error":"no"}`,
    });
  });

  test('ends at once when the step is aborted, and by itself when nobody answers', async () => {
    const arrived = Promise.withResolvers<void>();
    await using server = await answering(() => arrived.resolve());
    const abort = new AbortController();
    const asked = askExa('q', { apiKey: 'k', signal: abort.signal, endpoint: server.endpoint });
    await arrived.promise;
    abort.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    await expect(
      askExa('q', { apiKey: 'k', signal: never, endpoint: server.endpoint, timeoutMs: 50 }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
