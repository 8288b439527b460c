import { randomUUID } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import type { AmqpContext, Delivery } from '@stepwire/messaging';
import { queues, type RpcParams, type RpcResults } from '@stepwire/protocol';
import { Coordinator } from './coordinator.ts';

/** What comes in over RabbitMQ: agents' events in batches, and questions (`rpc.ts` of libs/protocol). */
@Controller()
export class CoordinatorController {
  constructor(@Inject(Coordinator) private readonly coordinator: Coordinator) {}

  @EventPattern(queues.ingest)
  ingest(@Payload() batch: Delivery[]): Promise<void> {
    return this.coordinator.ingest.take(batch);
  }

  @MessagePattern('start')
  start(@Payload() params: RpcParams['start'], @Ctx() context: AmqpContext): Promise<RpcResults['start']> {
    return this.coordinator.commands.start(params, context.commandId ?? randomUUID());
  }

  @MessagePattern('cancel')
  cancel(@Payload() params: RpcParams['cancel'], @Ctx() context: AmqpContext): Promise<RpcResults['cancel']> {
    return this.coordinator.commands.cancel(params, context.commandId ?? randomUUID());
  }

  @MessagePattern('feedback')
  feedback(@Payload() params: RpcParams['feedback'], @Ctx() context: AmqpContext): Promise<RpcResults['feedback']> {
    return this.coordinator.commands.feedback(params, context.commandId ?? randomUUID());
  }

  @MessagePattern('claim')
  claim(@Payload() params: RpcParams['claim']): Promise<RpcResults['claim']> {
    return this.coordinator.commands.claim(params);
  }

  @MessagePattern('heartbeat')
  heartbeat(@Payload() params: RpcParams['heartbeat']): Promise<RpcResults['heartbeat']> {
    return this.coordinator.leases.heartbeat(params);
  }

  @MessagePattern('snapshot')
  snapshot(@Payload() params: RpcParams['snapshot']): Promise<RpcResults['snapshot']> {
    return this.coordinator.reads.snapshot(params);
  }

  @MessagePattern('events')
  events(@Payload() params: RpcParams['events']): Promise<RpcResults['events']> {
    return this.coordinator.reads.events(params);
  }

  @MessagePattern('heads')
  heads(@Payload() params: RpcParams['heads']): Promise<RpcResults['heads']> {
    return this.coordinator.reads.heads(params);
  }

  @MessagePattern('health')
  async health(): Promise<RpcResults['health']> {
    return { database: 'ok', agents: await this.coordinator.leases.living() };
  }
}
