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

  @EventPattern(queues.deadLetters)
  deadLetter(@Payload() batch: Delivery[]): Promise<void> {
    return this.coordinator.deadLetters.take(batch);
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

  @MessagePattern('feed')
  feed(@Payload() params: RpcParams['feed']): Promise<RpcResults['feed']> {
    return this.coordinator.feeds.page(params);
  }

  @MessagePattern('feedHeads')
  feedHeads(@Payload() params: RpcParams['feedHeads']): Promise<RpcResults['feedHeads']> {
    return this.coordinator.feeds.heads(params);
  }

  @MessagePattern('list')
  list(@Payload() params: RpcParams['list']): Promise<RpcResults['list']> {
    return this.coordinator.list.page(params);
  }

  @MessagePattern('share')
  share(@Payload() params: RpcParams['share'], @Ctx() context: AmqpContext): Promise<RpcResults['share']> {
    return this.coordinator.shares.share(params, context.commandId);
  }

  @MessagePattern('unshare')
  unshare(@Payload() params: RpcParams['unshare']): Promise<RpcResults['unshare']> {
    return this.coordinator.shares.unshare(params);
  }

  @MessagePattern('shares')
  shares(@Payload() params: RpcParams['shares']): Promise<RpcResults['shares']> {
    return this.coordinator.shares.list(params);
  }

  @MessagePattern('validShares')
  validShares(@Payload() params: RpcParams['validShares']): Promise<RpcResults['validShares']> {
    return this.coordinator.shares.valid(params);
  }

  @MessagePattern('signOut')
  signOut(@Payload() params: RpcParams['signOut']): Promise<RpcResults['signOut']> {
    return this.coordinator.signOuts.signOut(params);
  }

  @MessagePattern('signedOut')
  signedOut(@Payload() params: RpcParams['signedOut']): Promise<RpcResults['signedOut']> {
    return this.coordinator.signOuts.signedOut(params);
  }

  @MessagePattern('deadLetters')
  deadLetters(@Payload() params: RpcParams['deadLetters']): Promise<RpcResults['deadLetters']> {
    return this.coordinator.deadLetters.list(params);
  }

  @MessagePattern('retryDeadLetter')
  retryDeadLetter(@Payload() params: RpcParams['retryDeadLetter']): Promise<RpcResults['retryDeadLetter']> {
    return this.coordinator.deadLetters.retry(params);
  }

  @MessagePattern('discardDeadLetter')
  discardDeadLetter(@Payload() params: RpcParams['discardDeadLetter']): Promise<RpcResults['discardDeadLetter']> {
    return this.coordinator.deadLetters.discard(params);
  }

  @MessagePattern('health')
  async health(): Promise<RpcResults['health']> {
    return { database: 'ok', agents: await this.coordinator.leases.living() };
  }
}
