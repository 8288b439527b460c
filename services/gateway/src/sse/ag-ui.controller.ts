import { Body, Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { agUi, type Cursor } from '@stepwire/dialects';
import { type Caller, checkJson, StepwireError } from '@stepwire/protocol';
import type { Request, Response } from 'express';
import { type Credential, callerOf } from '../auth/credential.ts';
import { SignedIn } from '../auth/sign-in.guard.ts';
import { Gateway } from '../gateway.ts';
import { type AgUiInput, agUiInput, knownIds, lastQuestion, messagesBefore, resumedRequestId } from './ag-ui-input.ts';
import { Streams } from './streams.ts';

/** Which request a run shows, and from where on. */
interface Run {
  readonly requestId: string;
  /** null: from its beginning */
  readonly cursor: Cursor | null;
}

/**
 * `POST /api/ag-ui` (AG-UI 1.0, https://docs.ag-ui.com/spec/1.0). A run with a new question starts a request whose id is the
 * runId, so that a repeated POST shows the same one; a run with `resume` answers the questions of one that waits.
 */
@Controller('api/ag-ui')
export class AgUiController {
  constructor(
    @Inject(Gateway) private readonly gateway: Gateway,
    @Inject(Streams) private readonly streams: Streams,
  ) {}

  @Post()
  async run(
    @SignedIn() credential: Credential,
    @Body() body: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    checkJson(body);
    const input = agUiInput(body);
    const caller = callerOf(credential);
    const { requestId, cursor } = await (input.resume?.length
      ? this.#resume(input, caller)
      : this.#start(input, caller));
    const { threadId, runId } = input;
    const dialect = agUi({ threadId, runId, known: knownIds(input), before: messagesBefore(input, requestId) });
    await this.streams.request({ request, response, credential, requestId, dialect, begin: cursor });
  }

  async #start(input: AgUiInput, caller: Caller): Promise<Run> {
    const { threadId, runId: requestId, context = [] } = input;
    const userQuery = lastQuestion(input);
    const given = context.length === 0 ? { threadId } : { threadId, context };
    await this.gateway.command('start', { requestId, caller, userQuery, context: given });
    return { requestId, cursor: null };
  }

  async #resume(input: AgUiInput, caller: Caller): Promise<Run> {
    const answers = input.resume ?? [];
    const requestId = resumedRequestId(input, answers[0]?.interruptId ?? '');
    let seq = 0;
    for (const { interruptId: questionId, status, payload } of answers) {
      try {
        const { seq: at } =
          status === 'resolved'
            ? await this.gateway.command('feedback', { requestId, caller, questionId, answer: payload ?? null })
            : await this.gateway.command('cancel', { requestId, caller, reason: 'the question was dismissed' });
        seq = Math.max(seq, at);
      } catch (error) {
        // a POST that was repeated, or somebody else was faster: the run shows how it went on
        if (!(error instanceof StepwireError) || !['already_answered', 'already_finished'].includes(error.code))
          throw error;
        const heads = await this.gateway.ask('heads', { requestIds: [requestId] });
        seq = Math.max(seq, heads[requestId]?.seq ?? 0);
      }
    }
    return { requestId, cursor: { seq, parts: 0 } };
  }
}
