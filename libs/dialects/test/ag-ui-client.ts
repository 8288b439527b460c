import { HttpAgent, verifyEvents } from '@ag-ui/client';

/** The AG-UI client, with what a server would have sent. */
export const clientOf = (events: readonly unknown[]): HttpAgent =>
  new HttpAgent({
    url: 'http://localhost/api/ag-ui',
    fetch: async () =>
      new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''), {
        headers: { 'content-type': 'text/event-stream' },
      }),
  });

/** Rejects with what the client's verifier has to say against the sequence. */
export const verified = (events: readonly unknown[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const stream = clientOf(events).run({ threadId: 't', runId: 'r', messages: [], tools: [], context: [] });
    verifyEvents()(stream).subscribe({ error: reject, complete: resolve });
  });
