import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { parseParams, type RpcResults, StepwireError } from '@stepwire/protocol';
import { type ClientState, snapshotForClient } from '@stepwire/run-model';
import type { Request, Response } from 'express';
import { type Credential, callerOf } from '../auth/credential.ts';
import { SignedIn } from '../auth/sign-in.guard.ts';
import { runState } from '../coordinator-answers.ts';
import { Gateway } from '../gateway.ts';
import { idempotencyId, parsedCommand } from './client-body.ts';
import { numberOf, queryOf } from './query.ts';

/** rows of a list's page, unless it says otherwise */
const LIST_ROWS = 50;

/** Requests over REST, in the words of Socket.IO's commands. */
@Controller('api/requests')
export class RequestsController {
  constructor(@Inject(Gateway) private readonly gateway: Gateway) {}

  @Post()
  async start(
    @SignedIn() credential: Credential,
    @Req() request: Request,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RpcResults['start']> {
    const caller = callerOf(credential);
    const { requestId: given, userQuery, context = {} } = parsedCommand('start', body);
    const requestId = given ?? (await idempotencyId(request, caller.userId)) ?? randomUUID();
    const started = await this.gateway.command('start', { requestId, caller, userQuery, context });
    response.status(started.created ? 201 : 200).location(`/api/requests/${encodeURIComponent(requestId)}`);
    return started;
  }

  /** A page of the caller's requests, newest first; an operator's list has everybody's. */
  @Get()
  async list(@SignedIn() credential: Credential, @Req() request: Request): Promise<RpcResults['list']> {
    const query = queryOf(request);
    const status = query.getAll('status').flatMap((list) => list.split(','));
    const asked = ['q', 'from', 'to', 'cursor'].flatMap((name) => {
      const text = query.get(name);
      return text === null ? [] : [[name, text] as const];
    });
    const params = parseParams('list', {
      caller: callerOf(credential),
      limit: numberOf(query, 'limit') ?? LIST_ROWS,
      ...(status.length === 0 ? {} : { status }),
      ...Object.fromEntries(asked),
    });
    return this.gateway.ask('list', params);
  }

  @Get(':id')
  async state(@SignedIn() { viewer }: Credential, @Param('id') requestId: string): Promise<ClientState> {
    const answer = await this.gateway.ask('snapshot', { requestId, caller: viewer });
    if (!answer.known) throw new StepwireError('not_found', `there is no request ${requestId}`);
    return snapshotForClient(runState(answer.state), answer.epoch);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  cancel(
    @SignedIn() credential: Credential,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<RpcResults['cancel']> {
    const { requestId, reason } = parsedCommand('cancel', body, id);
    const params = { requestId, caller: callerOf(credential), ...(reason === undefined ? {} : { reason }) };
    return this.gateway.command('cancel', params);
  }

  @Post(':id/feedback')
  @HttpCode(200)
  feedback(
    @SignedIn() credential: Credential,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<RpcResults['feedback']> {
    const { requestId, questionId, answer } = parsedCommand('feedback', body, id);
    return this.gateway.command('feedback', { requestId, caller: callerOf(credential), questionId, answer });
  }
}
