import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { type LogEvent, StepwireError } from '@stepwire/protocol';
import type { Request, Response } from 'express';
import type { Credential } from '../auth/credential.ts';
import { SignedIn } from '../auth/sign-in.guard.ts';
import { logEvents } from '../coordinator-answers.ts';
import { Gateway } from '../gateway.ts';
import { requestCursor } from '../pump/request-cursor.ts';
import { eachEvent } from '../sse/each-event.ts';
import { Streams } from '../sse/streams.ts';
import { lastEventId, queryOf, typesOf } from './query.ts';

/** A page of a request's history. */
export interface EventsPage {
  readonly epoch: string;
  readonly head: number;
  readonly events: readonly LogEvent[];
  /** `since` of the next page: with `types` it may be beyond the last event of this one */
  readonly next: number;
}

/** A request's history: pages as JSON, or by `Accept: text/event-stream` from there on live. */
@Controller('api/requests/:id/events')
export class EventsController {
  constructor(
    @Inject(Gateway) private readonly gateway: Gateway,
    @Inject(Streams) private readonly streams: Streams,
  ) {}

  @Get()
  async events(
    @SignedIn() credential: Credential,
    @Param('id') requestId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    response.vary('Accept');
    if (request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream') {
      await this.streams.request({ request, response, credential, requestId, dialect: eachEvent });
    } else {
      response.json(await this.#page(credential, requestId, request));
    }
  }

  async #page({ viewer }: Credential, requestId: string, request: Request): Promise<EventsPage> {
    const { seq: after, parts } = requestCursor(lastEventId(request) ?? '0');
    if (parts !== 0) throw new StepwireError('bad_cursor', 'pages go on after whole events: since is a number here');
    const { epoch, head, events } = await this.gateway.ask('events', { requestId, caller: viewer, after });
    if (after > head) throw new StepwireError('cursor_gone', `${after} is beyond the head of this request, ${head}`);
    const types = typesOf(queryOf(request));
    const page = logEvents(events);
    const shown = types === undefined ? page : page.filter(({ type }) => types.includes(type));
    return { epoch, head, events: shown, next: page.at(-1)?.seq ?? after };
  }
}
