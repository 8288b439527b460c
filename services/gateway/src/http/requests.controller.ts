import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import {
  type ClientCommand,
  type ClientCommands,
  checkJson,
  parseClientCommand,
  type RpcResults,
  StepwireError,
} from '@stepwire/protocol';
import { type ClientState, snapshotForClient } from '@stepwire/run-model';
import type { Response } from 'express';
import { runState } from '../coordinator-answers.ts';
import { Gateway, openCaller } from '../gateway.ts';

/** Requests over REST, in the words of Socket.IO's commands. */
@Controller('api/requests')
export class RequestsController {
  constructor(@Inject(Gateway) private readonly gateway: Gateway) {}

  @Post()
  async start(@Body() body: unknown, @Res({ passthrough: true }) response: Response): Promise<RpcResults['start']> {
    const { requestId = randomUUID(), userQuery, context = {} } = parsed('start', body);
    const started = await this.gateway.command('start', { requestId, caller: openCaller, userQuery, context });
    response.status(started.created ? 201 : 200).location(`/api/requests/${encodeURIComponent(requestId)}`);
    return started;
  }

  @Get(':id')
  async state(@Param('id') requestId: string): Promise<ClientState> {
    const answer = await this.gateway.ask('snapshot', { requestId, caller: openCaller });
    if (!answer.known) throw new StepwireError('not_found', `there is no request ${requestId}`);
    return snapshotForClient(runState(answer.state), answer.epoch);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  cancel(@Param('id') id: string, @Body() body: unknown): Promise<RpcResults['cancel']> {
    const { requestId, reason } = parsed('cancel', body, id);
    return this.gateway.command('cancel', {
      requestId,
      caller: openCaller,
      ...(reason === undefined ? {} : { reason }),
    });
  }

  @Post(':id/feedback')
  @HttpCode(200)
  feedback(@Param('id') id: string, @Body() body: unknown): Promise<RpcResults['feedback']> {
    const { requestId, questionId, answer } = parsed('feedback', body, id);
    return this.gateway.command('feedback', { requestId, caller: openCaller, questionId, answer });
  }
}

/** @throws StepwireError `bad_request` (with `path`), `too_deep` */
function parsed<C extends ClientCommand>(command: C, body: unknown, requestId?: string): ClientCommands[C] {
  const given = body ?? {};
  checkJson(given);
  return parseClientCommand(command, requestId === undefined ? given : { ...given, requestId });
}
