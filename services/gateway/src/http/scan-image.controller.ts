import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpCode, Inject, Post, Req, UseInterceptors } from '@nestjs/common';
import { AnyFilesInterceptor } from '@nestjs/platform-express';
import { limits, StepwireError } from '@stepwire/protocol';
import type { Request } from 'express';
import { type Credential, callerOf } from '../auth/credential.ts';
import { SignedIn } from '../auth/sign-in.guard.ts';
import { SignIn } from '../auth/sign-in.ts';
import { Gateway } from '../gateway.ts';
import { PublicUrl } from '../public-url.ts';
import { idempotencyId, objectBody, parsedCommand } from './client-body.ts';

const noImages = (): StepwireError =>
  new StepwireError('image_not_supported', 'images cannot be read here: send their text as {"text": "…"}');

/** refused as soon as a file begins, however large it is */
const form = AnyFilesInterceptor({
  limits: { fieldSize: limits.payloadBytes, fields: 20, parts: 20 },
  fileFilter: (_request, _file, answer) => answer(noImages(), false),
});

/** `POST /scan-image` (design §7.3): starts a task, and says which WebSocket tells how it goes. */
@Controller('scan-image')
export class ScanImageController {
  constructor(
    @Inject(Gateway) private readonly gateway: Gateway,
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
  ) {}

  @Post()
  @HttpCode(202)
  @UseInterceptors(form)
  async scan(
    @SignedIn() credential: Credential,
    @Req() request: Request,
    @Body() body: unknown,
  ): Promise<{ task_id: string; ws_url: string }> {
    if (/^image\//i.test(request.headers['content-type'] ?? '')) throw noImages();
    const { text, image } = objectBody(body);
    if (text === undefined && image !== undefined) throw noImages();
    if (typeof text !== 'string') throw new StepwireError('bad_request', 'text is missing', { path: '/text' });
    const caller = callerOf(credential);
    const { userQuery } = parsedCommand('start', { userQuery: text });
    const requestId = (await idempotencyId(request, caller.userId)) ?? `scan-${randomUUID()}`;
    await this.gateway.command('start', { requestId, caller, userQuery, context: {} });
    return { task_id: requestId, ws_url: await this.#addressOf(requestId, credential, request) };
  }

  /** Absolute; with sign-in it carries a ticket, since a WebSocket cannot send a header. */
  async #addressOf(requestId: string, credential: Credential, request: Request): Promise<string> {
    const path = `/ws/agent-progress/${encodeURIComponent(requestId)}`;
    const address = `${this.publicUrl.of(request).replace(/^http/, 'ws')}${path}`;
    if (credential.kind === 'open') return address;
    const binding = { path, origin: request.headers.origin ?? null };
    return `${address}?ticket=${await this.signIn.grants.ticket(callerOf(credential), credential, binding)}`;
  }
}
