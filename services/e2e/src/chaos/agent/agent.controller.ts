import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { runStep, type StepRunner } from '@stepwire/agent-sdk';
import { AmqpContext } from '@stepwire/messaging';
import { queues, type RequestCancel, routingKeys, type StepExecute } from '@stepwire/protocol';

export const STEP_RUNNER = Symbol('StepRunner');

@Controller()
export class ChaosController {
  constructor(@Inject(STEP_RUNNER) private readonly runner: StepRunner) {}

  @EventPattern<string>(queues.steps)
  execute(@Payload() command: StepExecute, @Ctx() context: AmqpContext): Promise<void> {
    return runStep(this.runner, command, context);
  }

  @EventPattern<string>(routingKeys.requestCancel)
  cancel(@Payload() { requestId }: RequestCancel): void {
    this.runner.session.cancel(requestId);
  }
}
