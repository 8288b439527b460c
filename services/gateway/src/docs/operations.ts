import { clientCommands, RequestStatus, rpcResults, Share } from '@stepwire/protocol';
import Type, { type TSchema } from 'typebox';

/** One way to call the gateway over HTTP, as its documentation shows it. Schemas are those that bodies are checked with. */
export interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  /** `{name}` is a part of the path */
  readonly path: string;
  readonly summary: string;
  readonly tag: 'requests' | 'streams' | 'sign-in' | 'operators' | 'health';
  readonly query?: Readonly<Record<string, TSchema>>;
  readonly headers?: Readonly<Record<string, TSchema>>;
  readonly body?: TSchema;
  /** status and what comes with it; a string is a media type other than JSON */
  readonly answers: Readonly<Record<number, TSchema | string | null>>;
  /** needs no sign-in */
  readonly public?: true;
}

const { requestId: _id, ...cancel } = clientCommands.cancel.properties;
const { requestId: _of, ...feedback } = clientCommands.feedback.properties;
const text = Type.String();
const since = Type.String({ description: 'the id of the last message one has; Last-Event-ID goes before it' });
const types = Type.String({ description: 'event types to narrow to, separated by commas' });
const limit = Type.Integer({ minimum: 1, maximum: 100 });
const cursor = Type.String({ description: 'of the page before' });
const once = { 'Idempotency-Key': Type.String({ description: 'a repeat with the same key has no second effect' }) };
const resumed = { 'Last-Event-ID': since };
const State = Type.Object(
  {},
  { description: 'the `state` object of the protocol: everything up to `seq`', additionalProperties: true },
);
const Session = Type.Object({ userId: text, operator: Type.Boolean(), expiresAt: Type.Union([text, Type.Null()]) });
const stream = 'text/event-stream';

export const operations: readonly Operation[] = [
  {
    method: 'post',
    path: '/api/requests',
    tag: 'requests',
    summary: 'Starts a request',
    headers: once,
    body: clientCommands.start,
    answers: { 201: rpcResults.start, 200: rpcResults.start },
  },
  {
    method: 'get',
    path: '/api/requests',
    tag: 'requests',
    summary: 'The caller’s requests, newest first',
    query: { status: Type.Array(RequestStatus), q: text, from: text, to: text, limit, cursor },
    answers: { 200: rpcResults.list },
  },
  { method: 'get', path: '/api/requests/{id}', tag: 'requests', summary: 'Its state', answers: { 200: State } },
  {
    method: 'get',
    path: '/api/requests/{id}/events',
    tag: 'requests',
    summary: 'Its history in pages; with Accept: text/event-stream from there on live',
    query: { since, types },
    headers: resumed,
    answers: {
      200: Type.Object({ epoch: text, head: Type.Integer(), events: Type.Array(Type.Unknown()), next: Type.Integer() }),
      204: null,
    },
  },
  {
    method: 'post',
    path: '/api/requests/{id}/cancel',
    tag: 'requests',
    summary: 'Cancels it',
    body: Type.Object(cancel),
    answers: { 200: rpcResults.cancel },
  },
  {
    method: 'post',
    path: '/api/requests/{id}/feedback',
    tag: 'requests',
    summary: 'Answers a question',
    body: Type.Object(feedback),
    answers: { 200: rpcResults.feedback },
  },
  {
    method: 'post',
    path: '/api/requests/{id}/shares',
    tag: 'requests',
    summary: 'Makes a link that lets whoever has it watch',
    headers: once,
    body: Type.Object({ expiresAt: Type.Optional(text) }),
    answers: { 201: Type.Object({ ...Share.properties, share: text, url: text }) },
  },
  {
    method: 'get',
    path: '/api/requests/{id}/shares',
    tag: 'requests',
    summary: 'Links that are valid',
    answers: { 200: rpcResults.shares },
  },
  {
    method: 'delete',
    path: '/api/requests/{id}/shares/{shareId}',
    tag: 'requests',
    summary: 'Takes a link back',
    answers: { 204: null },
  },
  {
    method: 'get',
    path: '/api/requests/{id}/artifacts/{artifactId}',
    tag: 'requests',
    summary: 'What it made',
    answers: { 200: 'application/octet-stream' },
  },
  {
    method: 'post',
    path: '/scan-image',
    tag: 'requests',
    summary: 'Starts a scan of a text; form field or JSON',
    headers: once,
    body: Type.Object({ text }),
    answers: { 202: Type.Object({ task_id: text, ws_url: text }) },
  },
  {
    method: 'post',
    path: '/api/agent/execute',
    tag: 'streams',
    summary: 'Starts an execution',
    headers: once,
    body: Type.Object({ task: text, context: Type.Optional(Type.Object({})) }),
    answers: { 202: Type.Object({ executionId: text }) },
  },
  {
    method: 'get',
    path: '/api/agent/stream/{executionId}',
    tag: 'streams',
    summary: 'Named events of an execution',
    query: { since, types },
    headers: resumed,
    answers: { 200: stream, 204: null },
  },
  {
    method: 'get',
    path: '/api/agent-progress',
    tag: 'streams',
    summary: 'The request’s row, whenever it changes',
    query: { requestId: text, since },
    headers: resumed,
    answers: { 200: stream, 204: null },
  },
  {
    method: 'post',
    path: '/api/agent-progress',
    tag: 'streams',
    summary: 'The same',
    body: Type.Object({ requestId: text }),
    answers: { 200: stream, 204: null },
  },
  {
    method: 'get',
    path: '/api/feed',
    tag: 'streams',
    summary: 'Everything of the caller’s requests; since=0: from the oldest that is kept',
    query: { since, types },
    headers: resumed,
    answers: { 200: stream },
  },
  {
    method: 'post',
    path: '/api/ag-ui',
    tag: 'streams',
    summary: 'AG-UI 1.0: body RunAgentInput',
    body: Type.Object({ threadId: text, runId: text, messages: Type.Array(Type.Unknown()) }),
    answers: { 200: stream },
  },
  {
    method: 'post',
    path: '/api/session',
    tag: 'sign-in',
    summary: 'A cookie as long-lived as the token',
    answers: { 201: Session },
  },
  { method: 'get', path: '/api/session', tag: 'sign-in', summary: 'Who one is', answers: { 200: Session } },
  {
    method: 'delete',
    path: '/api/session',
    tag: 'sign-in',
    summary: 'Signs out',
    answers: { 204: null },
    public: true,
  },
  {
    method: 'post',
    path: '/api/ticket',
    tag: 'sign-in',
    summary: 'Opens one path as ?ticket= until the sign-in expires',
    body: Type.Object({ path: text }),
    answers: { 201: Type.Object({ ticket: text, path: text, expiresAt: Type.Union([text, Type.Null()]) }) },
  },
  {
    method: 'get',
    path: '/api/dead-letters',
    tag: 'operators',
    summary: 'What was refused on its way in',
    query: { limit, cursor },
    answers: { 200: rpcResults.deadLetters },
  },
  {
    method: 'post',
    path: '/api/dead-letters/{id}/retry',
    tag: 'operators',
    summary: 'Publishes it again',
    answers: { 204: null },
  },
  {
    method: 'delete',
    path: '/api/dead-letters/{id}',
    tag: 'operators',
    summary: 'Throws it away',
    answers: { 204: null },
  },
  {
    method: 'get',
    path: '/health',
    tag: 'health',
    summary: 'Alive',
    answers: { 200: Type.Object({ status: text }) },
    public: true,
  },
  {
    method: 'get',
    path: '/ready',
    tag: 'health',
    summary: 'Able to serve, or what is missing',
    answers: {
      200: Type.Object({ ready: Type.Boolean(), missing: Type.Array(text) }),
      503: Type.Object({ ready: Type.Boolean(), missing: Type.Array(text) }),
    },
    public: true,
  },
];
