import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Logger } from '@stepwire/observability';
import { type ErrorBody, errorTable, StepwireError } from '@stepwire/protocol';
import type { Response } from 'express';
import { log } from '../log.ts';

/** how long to stay away where nobody knows better (ms) */
const BACK_OFF_MS = 2_000;

/** Every refusal as problem details (RFC 9457), from the error table. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const {
      code,
      message,
      path,
      retryAfterMs = code === 'unavailable' ? BACK_OFF_MS : undefined,
    } = this.#bodyOf(error);
    const { http, meaning } = errorTable[code];
    const status = http ?? 500;
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      // a stream has begun: all that can be said is that it ends here
      response.destroy();
      return;
    }
    // https://www.rfc-editor.org/rfc/rfc6750#section-3
    if (status === 401) response.setHeader('WWW-Authenticate', `Bearer error="invalid_token"`);
    if (retryAfterMs !== undefined) response.setHeader('Retry-After', Math.ceil(retryAfterMs / 1000));
    response
      .status(status)
      .type('application/problem+json')
      .send(
        JSON.stringify({
          type: `/api/docs/errors#${code}`,
          title: meaning,
          status,
          detail: message,
          code,
          path,
          retryAfterMs,
        }),
      );
  }

  #bodyOf(error: unknown): ErrorBody {
    if (error instanceof StepwireError) return error.toBody();
    const status = statusOf(error);
    const message = error instanceof Error ? error.message : 'refused';
    if (status === 404) return { code: 'not_found', message };
    if (status === 413 || FIELD_TOO_LARGE.test(message)) return { code: 'too_large', message };
    if (status !== undefined && status < 500) return { code: 'bad_request', message };
    log.unexpected(this.#logger, error, 'HTTP');
    return { code: 'unavailable', message: 'something went wrong here; it was logged' };
  }
}

/** what multer says of a form's field over its limit, which to Nest is a 400 as any other */
const FIELD_TOO_LARGE = /^Field value too long/;

/** Nest's own exceptions, and those of Express' body parser. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status: unknown = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' ? status : undefined;
}
