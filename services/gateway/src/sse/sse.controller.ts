import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { execution, row } from '@stepwire/dialects';
import { StepwireError } from '@stepwire/protocol';
import type { Request, Response } from 'express';
import { type Credential, callerOf } from '../auth/credential.ts';
import { SignedIn } from '../auth/sign-in.guard.ts';
import { Gateway } from '../gateway.ts';
import { idempotencyId, objectBody, parsedCommand } from '../http/client-body.ts';
import { queryOf } from '../http/query.ts';
import { Streams } from './streams.ts';

/** Doors for clients that know Server-Sent Events and nothing of ours (design §7.2). */
@Controller('api')
export class SseController {
  constructor(
    @Inject(Gateway) private readonly gateway: Gateway,
    @Inject(Streams) private readonly streams: Streams,
  ) {}

  @Post('agent/execute')
  @HttpCode(202)
  async execute(
    @SignedIn() credential: Credential,
    @Req() request: Request,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ executionId: string }> {
    const caller = callerOf(credential);
    const { task, context } = objectBody(body);
    if (typeof task !== 'string') throw new StepwireError('bad_request', 'task must be text', { path: '/task' });
    const asked = parsedCommand('start', { userQuery: task, ...(context === undefined ? {} : { context }) });
    const requestId = (await idempotencyId(request, caller.userId)) ?? randomUUID();
    const { userQuery, context: given = {} } = asked;
    await this.gateway.command('start', { requestId, caller, userQuery, context: given });
    response.location(`/api/agent/stream/${encodeURIComponent(requestId)}`);
    return { executionId: requestId };
  }

  @Get('agent/stream/:executionId')
  execution(
    @SignedIn() credential: Credential,
    @Param('executionId') requestId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    return this.streams.request({ request, response, credential, requestId, dialect: execution });
  }

  @Get('agent-progress')
  rows(@SignedIn() credential: Credential, @Req() request: Request, @Res() response: Response): Promise<void> {
    const requestId = queryOf(request).get('requestId');
    return this.#rows(requestId, credential, request, response);
  }

  @Post('agent-progress')
  postedRows(
    @SignedIn() credential: Credential,
    @Body() body: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    return this.#rows(objectBody(body).requestId, credential, request, response);
  }

  async #rows(requestId: unknown, credential: Credential, request: Request, response: Response): Promise<void> {
    if (typeof requestId !== 'string' || requestId === '') {
      throw new StepwireError('bad_request', 'requestId is missing', { path: '/requestId' });
    }
    await this.streams.request({ request, response, credential, requestId, dialect: row });
  }
}
