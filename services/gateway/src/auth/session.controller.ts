import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { StepwireError } from '@stepwire/protocol';
import { type SetCookie, stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';
import { PublicUrl } from '../public-url.ts';
import { type Credential, callerOf } from './credential.ts';
import { LiveConnections } from './live-connections.ts';
import { Public, SignedIn } from './sign-in.guard.ts';
import { SESSION_COOKIE, SignIn } from './sign-in.ts';

export interface SessionInfo {
  readonly userId: string;
  readonly operator: boolean;
  /** ISO 8601; null: it does not end (open mode) */
  readonly expiresAt: string | null;
}

/** Sign-in for where no header can be sent: a cookie, or a ticket for one address (design §8). */
@Controller('api')
export class SessionController {
  constructor(
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(LiveConnections) private readonly live: LiveConnections,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
  ) {}

  @Get('session')
  who(@SignedIn() credential: Credential): SessionInfo {
    return info(credential);
  }

  /** A cookie as long-lived as the token that the request came with. */
  @Post('session')
  async begin(
    @SignedIn() credential: Credential,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionInfo> {
    if (credential.kind === 'bearer') {
      const value = await this.signIn.grants.session(callerOf(credential), credential.expiresAt);
      this.#setCookie(request, response, { value, expires: new Date(credential.expiresAt ?? 0) });
    } else if (credential.kind !== 'open') {
      throw new StepwireError('unauthorized', 'a session begins with a token: Authorization: Bearer');
    }
    response.status(201);
    return info(credential);
  }

  /** Signs out, on all gateways: what was opened with this cookie, or with tickets from it, ends. Public, so that it always works. */
  @Delete('session')
  @Public()
  @HttpCode(204)
  async end(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<void> {
    try {
      const credential = await this.signIn.ofRequestIfAny(request);
      if (credential?.sessionId) await this.live.signOut(credential.sessionId, credential.expiresAt ?? 0);
    } catch (error) {
      if (error instanceof StepwireError && error.code === 'origin_refused') throw error;
      // a session that is no longer valid has ended already: only its cookie is left
    }
    this.#setCookie(request, response, { value: '', expires: new Date(0) });
  }

  /** Reopens one address, as an `EventSource` does, until the sign-in it was made with expires. */
  @Post('ticket')
  @HttpCode(201)
  async ticket(@SignedIn() credential: Credential, @Req() request: Request, @Body() body: unknown): Promise<object> {
    const caller = callerOf(credential);
    if (credential.kind === 'ticket') throw new StepwireError('unauthorized', 'a ticket does not make tickets');
    const given: unknown = typeof body === 'object' && body !== null && 'path' in body ? body.path : undefined;
    if (
      typeof given !== 'string' ||
      !given.startsWith('/') ||
      given.startsWith('//') ||
      !URL.canParse(given, 'http://g')
    ) {
      throw new StepwireError('bad_request', 'path must be a path of this gateway', { path: '/path' });
    }
    const { pathname } = new URL(given, 'http://g');
    const binding = { path: pathname, origin: request.headers.origin ?? null };
    const ticket = await this.signIn.grants.ticket(caller, credential, binding);
    return { ticket, path: pathname, expiresAt: info(credential).expiresAt };
  }

  #setCookie(request: Request, response: Response, cookie: Pick<SetCookie, 'value' | 'expires'>): void {
    const secure = this.publicUrl.of(request).startsWith('https:');
    const fixed = { name: SESSION_COOKIE, path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
    response.append('Set-Cookie', stringifySetCookie({ ...fixed, ...cookie }));
  }
}

const info = (credential: Credential): SessionInfo => {
  const { userId, operator } = callerOf(credential);
  const { expiresAt } = credential;
  return { userId, operator, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
};
