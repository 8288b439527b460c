import { periods } from '@stepwire/protocol';
import { setting } from './env.ts';

/** Every env var of every service, once. */
const logLevel = setting.oneOf(
  'LOG_LEVEL',
  ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
  'info',
  'least severity that is logged',
);

export const brokerSettings = {
  amqpUrl: setting.text('AMQP_URL', 'amqp://guest:guest@127.0.0.1:5672', 'the RabbitMQ node, user and vhost'),
  logLevel,
};

const dataDir = setting.text('DATA_DIR', '.data', 'folder for the database, blobs and a private broker');

/** agents beat three times within it, so they and the coordinator must be given the same */
const leaseMs = setting.integer(
  'LEASE_MS',
  periods.leaseMs,
  'silence of an agent after which its steps go to another',
  {
    min: 300,
  },
);

export const coordinatorSettings = {
  ...brokerSettings,
  dataDir,
  databaseUrl: setting.optionalText('DATABASE_URL', 'a Postgres server; without it PGlite keeps its files in DATA_DIR'),
  maxAttempts: setting.integer('STEP_MAX_ATTEMPTS', 3, 'failures of a step until it has failed', { min: 1 }),
  retryBaseMs: setting.integer(
    'STEP_RETRY_BASE_MS',
    1_000,
    'delay before the first repeat of a step, doubled each time',
  ),
  retryMaxMs: setting.integer('STEP_RETRY_MAX_MS', 30_000, 'longest delay before a repeat of a step'),
  leaseMs,
  cancelGraceMs: setting.integer(
    'CANCEL_GRACE_MS',
    periods.cancelGraceMs,
    'wait for agents to stop before a cancel is forced',
  ),
  stallAfterMs: setting.integer('STALL_AFTER_MS', periods.stallAfterMs, 'silence after which a request is stalled', {
    min: 100,
  }),
  abandonAfterMs: setting.integer(
    'ABANDON_AFTER_MS',
    periods.abandonAfterMs,
    'silence after which an observed request has failed',
    {
      min: 1_000,
    },
  ),
  keepDays: setting.integer('KEEP_DAYS', 30, 'days that finished requests and dead letters are kept', {
    min: 1,
    max: 36_500,
  }),
  keepDeadLetters: setting.integer('KEEP_DEAD_LETTERS', 10_000, 'dead letters that are kept, the newest', { min: 1 }),
};

export const agentSettings = {
  ...brokerSettings,
  dataDir,
  leaseMs,
  slots: setting.integer('SLOTS', 4, 'steps that one process runs at once', { min: 1, max: 1000 }),
  exaApiKey: setting.optionalText('EXA_API_KEY', 'key of the Exa search API; without it web search is skipped'),
};

/** what tokens must look like; `npm run token` makes them from the same */
export const authSettings = {
  authMode: setting.oneOf(
    'AUTH_MODE',
    ['auto', 'open'],
    'auto',
    '`open` lets everybody in on any address; `auto` only on loopback, and only without AUTH_SECRET and AUTH_JWKS_URL',
  ),
  authSecret: setting.optionalText('AUTH_SECRET', 'secret of at least 32 bytes that tokens (HS256 …) are signed with'),
  authJwksUrl: setting.optionalText(
    'AUTH_JWKS_URL',
    'where the keys are that tokens (RS256, ES256, EdDSA …) are signed with',
  ),
  authIssuer: setting.optionalText('AUTH_ISSUER', '`iss` that tokens must have; without it any'),
  authAudience: setting.optionalText('AUTH_AUDIENCE', '`aud` that tokens must have; without it any'),
  operatorClaim: setting.text('AUTH_OPERATOR_CLAIM', 'role', 'claim of a token that may make its user an operator'),
  operatorValue: setting.text(
    'AUTH_OPERATOR_VALUE',
    'operator',
    'value of that claim, or one of its values, for operators',
  ),
  sessionSecret: setting.optionalText(
    'SESSION_SECRET',
    'secret of at least 32 bytes for cookies, tickets and shares, the same for all gateways; without it one is derived from AUTH_SECRET',
  ),
};

export const gatewaySettings = {
  ...brokerSettings,
  host: setting.text('HOST', '127.0.0.1', 'address to listen on'),
  port: setting.integer('PORT', 3001, 'port to listen on', { max: 65_535 }),
  publicUrl: setting.optionalText(
    'PUBLIC_URL',
    'address that clients reach the gateway by; without it that of their Host header',
  ),
  trustProxy: setting.integer(
    'TRUST_PROXY',
    0,
    'proxies before the gateway, whose X-Forwarded-For and X-Forwarded-Proto are believed',
    { max: 16 },
  ),
  ...authSettings,
  dataDir,
  consoleDir: setting.optionalText('CONSOLE_DIR', 'folder of a built console; without it that of services/console'),
  allowedOrigins: setting.text(
    'ALLOWED_ORIGINS',
    '',
    'origins of pages that may connect beside those of this machine, separated by commas; `*` allows all',
  ),
  maxBacklogBytes: setting.integer(
    'MAX_BACKLOG_BYTES',
    1024 * 1024,
    'unsent bytes after which a connection is cut off',
    { min: 1024 },
  ),
  commandsPerSecond: setting.integer('COMMANDS_PER_SECOND', 20, 'commands of one connection', { min: 1 }),
  maxConnections: setting.integer('MAX_CONNECTIONS', 10_000, 'connections of this gateway', { min: 1 }),
  maxConnectionsPerUser: setting.integer('MAX_CONNECTIONS_PER_USER', 1_000, 'live connections of one user', { min: 1 }),
  maxConnectionsPerAddress: setting.integer(
    'MAX_CONNECTIONS_PER_ADDRESS',
    10_000,
    'live connections from one IP address; behind a proxy that of all, without TRUST_PROXY',
    { min: 1 },
  ),
  maxWebSockets: setting.integer(
    'MAX_WEBSOCKETS',
    100,
    'plain WebSocket connections of this gateway, and as many that have not signed in yet',
    { min: 1 },
  ),
  heartbeatMs: setting.integer(
    'STREAM_HEARTBEAT_MS',
    15_000,
    'ms between two signs of life on SSE streams and plain WebSockets',
    { min: 50 },
  ),
  idleTimeoutMs: setting.integer(
    'STREAM_IDLE_TIMEOUT_MS',
    60_000,
    'ms without an event, and without reason to wait, after which /ws/agent-progress gives up',
    { min: 100 },
  ),
  headersTimeoutMs: setting.integer('HEADERS_TIMEOUT_MS', 10_000, 'ms until the headers of a request must be there', {
    min: 100,
  }),
};

/** `npm start`: what it must know before the services read theirs. */
export const localSettings = {
  amqpUrl: setting.optionalText('AMQP_URL', 'a RabbitMQ broker; without it npm start finds or starts one'),
  dataDir,
  databaseUrl: coordinatorSettings.databaseUrl,
  host: gatewaySettings.host,
  port: gatewaySettings.port,
};
