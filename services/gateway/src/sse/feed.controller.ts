import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Credential } from '../auth/credential.ts';
import { SignedIn } from '../auth/sign-in.guard.ts';
import { Streams } from './streams.ts';

/** Everything of the signed-in user's requests as one stream; its cursor is opaque. */
@Controller('api/feed')
export class FeedController {
  constructor(@Inject(Streams) private readonly streams: Streams) {}

  @Get()
  feed(@SignedIn() credential: Credential, @Req() request: Request, @Res() response: Response): Promise<void> {
    return this.streams.feed({ request, response, credential });
  }
}
