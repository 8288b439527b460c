import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { type RpcResults, type Share, StepwireError } from '@stepwire/protocol';
import type { Request } from 'express';
import { type Credential, callerOf } from '../auth/credential.ts';
import { SignedIn } from '../auth/sign-in.guard.ts';
import { SignIn } from '../auth/sign-in.ts';
import { Gateway } from '../gateway.ts';
import { PublicUrl } from '../public-url.ts';
import { idempotencyId, objectBody } from './client-body.ts';

const DEFAULT_HOURS = 24;

/** A share as its maker gets it: whoever has `share` may watch, as `?share=` of whatever address shows the request. */
export interface MadeShare extends Share {
  readonly share: string;
  readonly url: string;
}

/** Links that let somebody else watch one request, until they expire or are taken back. */
@Controller('api/requests/:id/shares')
export class SharesController {
  constructor(
    @Inject(Gateway) private readonly gateway: Gateway,
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
  ) {}

  @Post()
  async share(
    @SignedIn() credential: Credential,
    @Param('id') requestId: string,
    @Body() body: unknown,
    @Req() request: Request,
  ): Promise<MadeShare> {
    const caller = callerOf(credential);
    const { expiresAt = new Date(Date.now() + DEFAULT_HOURS * 3_600_000).toISOString() } = objectBody(body);
    if (typeof expiresAt !== 'string' || Number.isNaN(Date.parse(expiresAt))) {
      throw new StepwireError('bad_request', 'expiresAt must be an ISO 8601 time', { path: '/expiresAt' });
    }
    const params = { requestId, caller, expiresAt: new Date(expiresAt).toISOString() };
    const made = await this.gateway.command('share', params, await idempotencyId(request, caller.userId));
    const share = await this.signIn.grants.share(made);
    const path = `/api/requests/${encodeURIComponent(requestId)}/events`;
    return { ...made, share, url: `${this.publicUrl.of(request)}${path}?share=${share}` };
  }

  @Get()
  shares(@SignedIn() credential: Credential, @Param('id') requestId: string): Promise<RpcResults['shares']> {
    return this.gateway.ask('shares', { requestId, caller: callerOf(credential) });
  }

  /** Whoever watches with it is cut off within 5 s. */
  @Delete(':shareId')
  @HttpCode(204)
  async unshare(
    @SignedIn() credential: Credential,
    @Param('id') requestId: string,
    @Param('shareId') shareId: string,
  ): Promise<void> {
    await this.gateway.command('unshare', { requestId, caller: callerOf(credential), shareId });
  }
}
