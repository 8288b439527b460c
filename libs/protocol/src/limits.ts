/**
 * Every limit and period that two parts must agree on. Settings may override those a deployment can change
 * (`libs/config` names the env var); the numbers here are the defaults.
 */
export const PROTOCOL_VERSION = 1;

export const limits = {
  /** request, event, step, question and artifact ids, in UTF-8 bytes */
  idBytes: 200,
  /** one command of a client or one event of an agent, in bytes of JSON */
  payloadBytes: 64 * 1024,
  /** one event on `agent.events`, in bytes: a result of the largest size plus its envelope */
  eventBytes: 512 * 1024,
  /** nesting of JSON arrays and objects */
  jsonDepth: 32,
  /** a step's result above this becomes an artifact, in bytes of JSON */
  stepResultBytes: 256 * 1024,
  /** a step's result above this travels by reference in state and commands, in bytes of JSON */
  inlineResultBytes: 16 * 1024,
  /** the tail of a step's streamed text that `state` keeps, in UTF-16 code units */
  outputTailChars: 16 * 1024,
  /** one page of events, in bytes of JSON */
  pageBytes: 1024 * 1024,
  /** rows on one page of a list */
  listRows: 100,
  /** of a request's question, what lists show and search, in UTF-16 code units */
  listedQueryChars: 2000,
  /** shares of one request that are valid at once */
  sharesPerRequest: 100,
  /** of a dead letter's body, what a list shows, in characters */
  deadLetterBodyChars: 4096,
  /** steps in one plan */
  planSteps: 1000,
} as const;

export const periods = {
  /** agents say that they live, and name the steps they hold, this often (ms) */
  heartbeatMs: 5_000,
  /** a step whose agent was not heard of for this long goes to another (ms) */
  leaseMs: 15_000,
  /** a cancel that agents do not confirm within this becomes `request.cancelled` with `forced: true` (ms) */
  cancelGraceMs: 10_000,
  /** text deltas of one step are joined for this long before they are published (ms) */
  outputCoalesceMs: 40,
  /** an unfinished request with no event, live lease, retry or question for this long is `request.stalled` (ms) */
  stallAfterMs: 60_000,
  /** an observed request that is silent for this long ends `failed: abandoned` (ms) */
  abandonAfterMs: 24 * 60 * 60_000,
  /** every publish resolves or rejects within this (ms) */
  publishDeadlineMs: 15_000,
  /** a question to the coordinator is answered or given up within this (ms) */
  rpcDeadlineMs: 10_000,
} as const;
