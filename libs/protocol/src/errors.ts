/**
 * The error table (design §9): the one place where codes, HTTP statuses and "try again" live.
 * Everything that crosses a wire as a refusal is a {@link StepwireError}; other exceptions are defects.
 */
export interface ErrorRow {
  /** HTTP status, or null where the code never travels over HTTP */
  readonly http: number | null;
  /** when the same call may succeed */
  readonly retry: 'no' | 'after-sign-in' | 'from-snapshot' | 'after-retryAfterMs' | 'resume' | 'back-off';
  readonly meaning: string;
}

export const errorTable = {
  bad_request: { http: 400, retry: 'no', meaning: 'the input is wrong; `path` says where' },
  too_large: { http: 413, retry: 'no', meaning: 'the input is larger than the limit the message names' },
  too_deep: { http: 400, retry: 'no', meaning: 'the JSON is nested deeper than the limit the message names' },
  bad_cursor: { http: 400, retry: 'no', meaning: 'the cursor is not one that was given out' },
  unauthorized: { http: 401, retry: 'after-sign-in', meaning: 'no valid token' },
  auth_expired: { http: 401, retry: 'after-sign-in', meaning: 'the token has expired' },
  origin_refused: { http: 403, retry: 'no', meaning: 'the page’s origin is not allowed' },
  not_found: { http: 404, retry: 'no', meaning: 'unknown, or not yours' },
  request_id_taken: { http: 409, retry: 'no', meaning: 'the requestId belongs to somebody else’s request' },
  conflict: { http: 409, retry: 'no', meaning: 'the state does not allow it; the message names the state' },
  already_finished: { http: 409, retry: 'no', meaning: 'the request has ended' },
  already_answered: { http: 409, retry: 'no', meaning: 'somebody answered this question before' },
  expired: { http: 409, retry: 'no', meaning: 'the question’s time ran out' },
  cursor_gone: { http: 410, retry: 'from-snapshot', meaning: 'that history is no longer kept, or is of another epoch' },
  image_not_supported: { http: 415, retry: 'no', meaning: 'images can’t be read here: send the text instead' },
  rate_limited: { http: 429, retry: 'after-retryAfterMs', meaning: 'too many commands' },
  too_many_connections: { http: 429, retry: 'after-retryAfterMs', meaning: 'too many connections' },
  slow_consumer: { http: null, retry: 'resume', meaning: 'the connection’s backlog went over its cap' },
  unavailable: { http: 503, retry: 'back-off', meaning: 'broker, coordinator or database can’t be reached' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** A refusal as it stands on every wire. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  /** JSON Pointer to the offending member (RFC 6901) */
  readonly path?: string;
  /** ms after which the same call may be repeated */
  readonly retryAfterMs?: number;
}

export class StepwireError extends Error implements ErrorBody {
  override readonly name = 'StepwireError';
  readonly code: ErrorCode;
  readonly path?: string;
  readonly retryAfterMs?: number;

  constructor(
    code: ErrorCode,
    message: string,
    more: { path?: string | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    if (more.path !== undefined) this.path = more.path;
    if (more.retryAfterMs !== undefined) this.retryAfterMs = more.retryAfterMs;
  }

  static from(body: ErrorBody): StepwireError {
    return new StepwireError(body.code, body.message, body);
  }

  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.path === undefined ? {} : { path: this.path }),
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
    };
  }
}
