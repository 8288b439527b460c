// Follows one request with the published AG-UI client and answers its question; argv: URL, runId and question. One JSON
// line for each event, with the number of the POST that it came by; at last one with the messages that the client has.
import { HttpAgent } from '@ag-ui/client';

const [url, runId, question] = process.argv.slice(2);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
// a line that is cut is reported twice: by the run, which we handle, and to nobody
process.on('uncaughtException', () => undefined);
process.on('unhandledRejection', () => undefined);

const agent = new HttpAgent({ url: `${url}/api/ag-ui`, threadId: `thread of ${runId}` });
agent.addMessage({ id: `question of ${runId}`, role: 'user', content: question });
let post = 0;
let last = {};
agent.subscribe({
  onEvent: ({ event }) => {
    last = event;
    tell({ post, event });
  },
});

/** Again until it ends: AG-UI has no cursor, whoever was cut off asks for the same run anew. */
async function run(parameters) {
  for (last = {}; last.type !== 'RUN_FINISHED'; ) {
    post += 1;
    await agent.runAgent(parameters).catch(() => undefined);
  }
}

await run({ runId });
const resume = last.outcome.interrupts.map(({ id }) => ({
  interruptId: id,
  status: 'resolved',
  payload: 'Somebody I know',
}));
await run({ runId: `${runId} resumed`, resume });
tell({ messages: agent.messages });
