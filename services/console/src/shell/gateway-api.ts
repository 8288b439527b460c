import { type ErrorBody, StepwireError } from '@stepwire/client';

export interface GatewayApiOptions {
  /** lets a guest watch one request: said with every question */
  readonly share: string | null;
  /** nobody is signed in any longer; the question is refused as well */
  readonly signInRefused: (refusal: ErrorBody) => void;
}

export interface Asking {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** What the gateway answers over REST (/api/docs). Whoever is signed in is known by the cookie, a guest by the share. */
export class GatewayApi {
  readonly #options: GatewayApiOptions;

  constructor(options: GatewayApiOptions) {
    this.#options = options;
  }

  /** For a link, or for an `<img>`: the path, with the share where there is one. */
  address(path: string): string {
    const { share } = this.#options;
    if (share === null) return path;
    return `${path}${path.includes('?') ? '&' : '?'}share=${encodeURIComponent(share)}`;
  }

  /** @param path from `/api` on. @throws StepwireError the refusal, or `unavailable`. @throws the signal's reason */
  async ask<T>(path: string, asking: Asking = {}): Promise<T> {
    try {
      return await askGateway<T>(this.address(path), asking);
    } catch (error) {
      if (error instanceof StepwireError && isSignIn(error)) this.#options.signInRefused(error.toBody());
      throw error;
    }
  }
}

export const isSignIn = ({ code }: ErrorBody): boolean => code === 'unauthorized' || code === 'auth_expired';

/**
 * @param token instead of the cookie. @returns what was answered, believed to be what /api/docs says
 * @throws StepwireError the refusal, or `unavailable`. @throws the signal's reason
 */
export async function askGateway<T>(
  path: string,
  { method = 'GET', body, signal }: Asking,
  token?: string,
): Promise<T> {
  const headers = new Headers({ accept: 'application/json' });
  if (body !== undefined) headers.set('content-type', 'application/json');
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new StepwireError('unavailable', 'the gateway cannot be reached', { cause });
  }
  const text = await response.text();
  if (!response.ok) throw refusalIn(response.status, text);
  return text === '' ? JSON.parse('null') : JSON.parse(text);
}

/** Problem details (RFC 9457), or the answer of whatever stands before the gateway. */
function refusalIn(status: number, text: string): StepwireError {
  try {
    const { code, detail, path, retryAfterMs } = JSON.parse(text);
    if (typeof code === 'string' && typeof detail === 'string') {
      return StepwireError.from(JSON.parse(JSON.stringify({ code, message: detail, path, retryAfterMs })));
    }
  } catch {
    // no JSON: told below
  }
  return new StepwireError('unavailable', `the gateway answered ${status}`);
}
