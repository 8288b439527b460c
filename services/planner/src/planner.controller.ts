import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { type Planner, runPlanner } from '@stepwire/agent-sdk';
import { AmqpContext } from '@stepwire/messaging';
import { type PlanCreate, queues, type RequestCancel, routingKeys } from '@stepwire/protocol';

export const PLANNER = Symbol('Planner');

@Controller()
export class PlannerController {
  constructor(@Inject(PLANNER) private readonly planner: Planner) {}

  @EventPattern<string>(queues.plans)
  plan(@Payload() command: PlanCreate, @Ctx() context: AmqpContext): Promise<void> {
    return runPlanner(this.planner, command, context);
  }

  @EventPattern<string>(routingKeys.requestCancel)
  cancel(@Payload() { requestId }: RequestCancel): void {
    this.planner.session.cancel(requestId);
  }
}
