import { HttpAgent, verifyEvents } from '@ag-ui/client';

/** The AG-UI client, with what a server would have sent: one stream a run. */
export function clientOf(...runs: readonly (readonly unknown[])[]): HttpAgent {
  const streams = runs.values();
  return new HttpAgent({
    url: 'http://localhost/api/ag-ui',
    threadId: 'thread-1',
    fetch: async () => {
      const text = [...(streams.next().value ?? [])].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
      return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
    },
  });
}

/** Rejects with what the client's verifier has to say against the sequence. */
export const verified = (events: readonly unknown[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const stream = clientOf(events).run({ threadId: 't', runId: 'r', messages: [], tools: [], context: [] });
    verifyEvents()(stream).subscribe({ error: reject, complete: resolve });
  });
