import { SignJWT } from 'jose';

export const SECRET = 'a secret of the tests that is long enough';

export interface TokenOptions {
  readonly operator?: boolean;
  /** from now; default 600 */
  readonly seconds?: number;
  readonly secret?: string;
}

export const tokenOf = (
  user: string,
  { operator = false, seconds = 600, secret = SECRET }: TokenOptions = {},
): Promise<string> =>
  new SignJWT(operator ? { role: 'operator' } : {})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(secret));

export const bearer = async (user: string, options?: TokenOptions): Promise<{ authorization: string }> => ({
  authorization: `Bearer ${await tokenOf(user, options)}`,
});
