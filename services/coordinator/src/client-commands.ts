import { type RpcParams, type RpcResults, StepwireError } from '@stepwire/protocol';
import type { CommandInput, Outcome, Write } from './write.ts';

/** Commands of clients and claims of executors, each one write and its answer. */
export class ClientCommands {
  private readonly submit: (writes: Write[]) => Promise<Outcome[]>;

  constructor(submit: (writes: Write[]) => Promise<Outcome[]>) {
    this.submit = submit;
  }

  /** @throws StepwireError `request_id_taken`, `conflict`, `unavailable` */
  async start(params: RpcParams['start'], commandId: string): Promise<RpcResults['start']> {
    const { requestId, caller, userQuery, context } = params;
    const input = { kind: 'start', commandId, userId: caller.userId, userQuery, context } as const;
    const outcome = await this.one({ kind: 'command', requestId, caller, input });
    switch (outcome.kind) {
      case 'applied':
      case 'repeated':
        return { requestId, seq: outcome.seq, epoch: outcome.epoch, created: true };
      case 'rejected': {
        const { state, epoch } = outcome;
        const mine = state.managed && state.userId === caller.userId;
        if (!mine) throw StepwireError.from(outcome.error);
        if (state.userQuery !== userQuery || JSON.stringify(state.context) !== JSON.stringify(context)) {
          throw new StepwireError(
            'conflict',
            `${requestId} was started before with another question or context; it is ${state.status}`,
          );
        }
        return { requestId, seq: 1, epoch, created: false };
      }
      default:
        throw answerOf(outcome, requestId);
    }
  }

  /** @throws StepwireError `not_found`, `already_finished`, `unavailable` */
  async cancel({ requestId, caller, reason }: RpcParams['cancel'], commandId: string): Promise<RpcResults['cancel']> {
    const { state, seq } = await this.command(requestId, caller, {
      kind: 'cancel',
      commandId,
      by: caller.userId,
      reason,
    });
    return { requestId, seq, status: state.status };
  }

  /** @throws StepwireError `not_found`, `already_answered`, `expired`, `already_finished`, `bad_request`, `unavailable` */
  async feedback(params: RpcParams['feedback'], commandId: string): Promise<RpcResults['feedback']> {
    const { requestId, caller, questionId, answer } = params;
    const input = { kind: 'answer', commandId, by: caller.userId, questionId, answer } as const;
    const { seq } = await this.command(requestId, caller, input);
    return { requestId, seq, questionId };
  }

  async claim({ requestId, stepId, attempt, instance }: RpcParams['claim']): Promise<RpcResults['claim']> {
    const outcome = await this.one({ kind: 'claim', requestId, input: { kind: 'claim', stepId, attempt, instance } });
    if (outcome.kind === 'applied') return { verdict: 'go' };
    return { verdict: 'stop', reason: outcome.kind === 'refused' ? outcome.reason : outcome.kind };
  }

  private async command(requestId: string, caller: RpcParams['cancel']['caller'], input: CommandInput) {
    const outcome = await this.one({ kind: 'command', requestId, caller, input });
    if (outcome.kind !== 'applied' && outcome.kind !== 'repeated') throw answerOf(outcome, requestId);
    if (outcome.kind === 'applied' && outcome.rejection !== undefined) throw StepwireError.from(outcome.rejection);
    return outcome;
  }

  private async one(write: Write): Promise<Outcome> {
    const [outcome] = await this.submit([write]);
    if (outcome === undefined) throw new Error('the writer answered nothing');
    return outcome;
  }
}

function answerOf(outcome: Outcome, requestId: string): StepwireError {
  switch (outcome.kind) {
    case 'rejected':
      return StepwireError.from(outcome.error);
    case 'poison':
      return new StepwireError('bad_request', `the database refuses this: ${outcome.message}`);
    default:
      return new StepwireError('not_found', `there is no request ${requestId}`);
  }
}
