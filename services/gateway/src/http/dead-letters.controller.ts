import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { parseParams, type RpcResults } from '@stepwire/protocol';
import type { Request } from 'express';
import { type Credential, operatorOf } from '../auth/credential.ts';
import { SignedIn } from '../auth/sign-in.guard.ts';
import { Gateway } from '../gateway.ts';
import { numberOf, queryOf } from './query.ts';

const LIST_ROWS = 50;

/** What was refused on its way in, for operators: to look at, to try again, to throw away. */
@Controller('api/dead-letters')
export class DeadLettersController {
  constructor(@Inject(Gateway) private readonly gateway: Gateway) {}

  @Get()
  async list(@SignedIn() credential: Credential, @Req() request: Request): Promise<RpcResults['deadLetters']> {
    const query = queryOf(request);
    const cursor = query.get('cursor');
    const limit = numberOf(query, 'limit') ?? LIST_ROWS;
    const caller = operatorOf(credential);
    return this.gateway.ask(
      'deadLetters',
      parseParams('deadLetters', { caller, limit, ...(cursor !== null && { cursor }) }),
    );
  }

  @Post(':id/retry')
  @HttpCode(204)
  async retry(@SignedIn() credential: Credential, @Param('id') deadLetterId: string): Promise<void> {
    await this.gateway.ask('retryDeadLetter', { caller: operatorOf(credential), deadLetterId });
  }

  @Delete(':id')
  @HttpCode(204)
  async discard(@SignedIn() credential: Credential, @Param('id') deadLetterId: string): Promise<void> {
    await this.gateway.ask('discardDeadLetter', { caller: operatorOf(credential), deadLetterId });
  }
}
