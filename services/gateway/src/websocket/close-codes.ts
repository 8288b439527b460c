import type { ErrorCode } from '@stepwire/protocol';

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1; 4xxx are for applications */
export const NORMAL = 1000;
/** "service restart": https://www.iana.org/assignments/websocket/websocket.xhtml */
export const SERVICE_RESTART = 1012;
/** nothing happened, and nothing explains why */
export const IDLE = 4008;
/** "try again later" */
const TRY_AGAIN_LATER = 1013;

/** A browser sees no HTTP status of a refusal: the close code says it instead. */
const closeCodes: Partial<Record<ErrorCode, number>> = {
  bad_request: 4400,
  bad_cursor: 4400,
  too_large: 1009,
  too_deep: 4400,
  unauthorized: 4401,
  auth_expired: 4401,
  not_found: 4404,
  cursor_gone: 4410,
  rate_limited: TRY_AGAIN_LATER,
  too_many_connections: TRY_AGAIN_LATER,
  slow_consumer: TRY_AGAIN_LATER,
  unavailable: TRY_AGAIN_LATER,
};

export const closeCodeOf = (code: ErrorCode): number => closeCodes[code] ?? 1011;
