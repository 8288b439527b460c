import { shardOf } from './shard.ts';

/**
 * The broker's topology as data (design §3): the one place where an exchange, queue or routing key is spelled.
 * `libs/messaging` declares and checks it; `deploy/rabbitmq/definitions.json` is generated from it.
 */
export interface Exchange {
  readonly name: string;
  readonly type: 'topic' | 'direct';
}
export interface Queue {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
}
export interface Binding {
  readonly exchange: string;
  readonly queue: string;
  readonly routingKey: string;
}

export const exchanges = {
  agentEvents: 'agent.events',
  agentCommands: 'agent.commands',
  coordinator: 'coordinator',
  /** apart, because RabbitMQ's rights end at the exchange: who may ask here can ask for nothing in anybody's name */
  coordinatorAgents: 'coordinator.agents',
  requestFeed: 'request.feed',
  agentDead: 'agent.dead',
} as const;

export const queues = {
  ingest: 'coordinator.ingest',
  rpc: 'coordinator.rpc',
  agentRpc: 'coordinator.agents',
  plans: 'planner.plans',
  steps: 'executor.steps',
  deadLetters: 'agent.dead-letters',
} as const;

export const routingKeys = {
  rpc: 'rpc',
  planCreate: 'plan.create',
  stepExecute: 'step.execute',
  requestCancel: 'request.cancel',
  requestFeedback: 'request.feedback',
} as const;

/** `r<shard of requestId>.u<shard of userId>`; a request of nobody has the user shard of the empty string. */
export const feedRoutingKey = (requestId: string, userId: string | null): string =>
  `r${shardOf(requestId)}.u${shardOf(userId ?? '')}`;
/** what a gateway binds for a room of a request in this shard */
export const feedBindingOfRequestShard = (shard: number): string => `r${shard}.*`;
/** what a gateway binds for a feed of a user in this shard */
export const feedBindingOfUserShard = (shard: number): string => `*.u${shard}`;

/** AMQP header on a dead letter: why it was refused. */
export const DEAD_REASON_HEADER = 'x-stepwire-reason';
/** AMQP header on a dead letter whose body was cut: how many bytes it had. */
export const DEAD_BYTES_HEADER = 'x-stepwire-bytes';
/** AMQP header that names the owner of a request which an outside agent begins. */
export const USER_ID_HEADER = 'userId';

// −1 means "drop at once" on RabbitMQ 3.10 and the default is 20 on 4.0, so a large number means "never" on both
// (https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling).
const quorum = { 'x-queue-type': 'quorum', 'x-delivery-limit': 1_000_000 } as const;

/** Arguments of the exclusive queue that an instance makes for itself, a new name per connection. */
export const instanceQueueArguments = { 'x-max-length': 10_000, 'x-overflow': 'drop-head' } as const;

export const topology: {
  readonly exchanges: readonly Exchange[];
  readonly queues: readonly Queue[];
  readonly bindings: readonly Binding[];
} = {
  exchanges: [
    { name: exchanges.agentEvents, type: 'topic' },
    { name: exchanges.agentCommands, type: 'topic' },
    { name: exchanges.coordinator, type: 'direct' },
    { name: exchanges.coordinatorAgents, type: 'direct' },
    { name: exchanges.requestFeed, type: 'topic' },
    { name: exchanges.agentDead, type: 'topic' },
  ],
  queues: [
    { name: queues.ingest, arguments: { ...quorum, 'x-single-active-consumer': true } },
    { name: queues.rpc, arguments: { 'x-queue-type': 'classic' } },
    { name: queues.agentRpc, arguments: { 'x-queue-type': 'classic' } },
    { name: queues.plans, arguments: { ...quorum, 'x-dead-letter-exchange': exchanges.agentDead } },
    { name: queues.steps, arguments: { ...quorum, 'x-dead-letter-exchange': exchanges.agentDead } },
    { name: queues.deadLetters, arguments: quorum },
  ],
  bindings: [
    { exchange: exchanges.agentEvents, queue: queues.ingest, routingKey: '#' },
    { exchange: exchanges.coordinator, queue: queues.rpc, routingKey: routingKeys.rpc },
    { exchange: exchanges.coordinatorAgents, queue: queues.agentRpc, routingKey: routingKeys.rpc },
    { exchange: exchanges.agentCommands, queue: queues.plans, routingKey: routingKeys.planCreate },
    { exchange: exchanges.agentCommands, queue: queues.steps, routingKey: routingKeys.stepExecute },
    { exchange: exchanges.agentDead, queue: queues.deadLetters, routingKey: '#' },
  ],
};

/** An agent's instance hears who is cancelled; the work itself comes through the queue of its role alone. */
const cancelOnly = { exchange: exchanges.agentCommands, write: '^$', read: '^request\\.cancel$' } as const;

/**
 * What each service's broker user may do: regular expressions of RabbitMQ's permissions
 * (https://www.rabbitmq.com/docs/access-control#authorisation). Nobody may configure what the topology holds, and only
 * the coordinator may write the default exchange (`amq.default`), which is where direct replies go.
 * A consumer reads its queue; a binding writes the queue and reads the exchange. The instance queues of agents are
 * `<service>.<uuid>`: the `-` of a UUID keeps them apart from `planner.plans` and `executor.steps`.
 */
export const permissions: Readonly<Record<'gateway' | 'coordinator' | 'planner' | 'executor', BrokerPermission>> = {
  gateway: {
    configure: '^gateway\\..+$',
    write: '^(coordinator|gateway\\..+)$',
    read: '^(request\\.feed|gateway\\..+)$',
    topics: [],
  },
  coordinator: {
    configure: '^$',
    // `agent.events`: dead letters that are tried again
    write: '^(agent\\.commands|agent\\.events|request\\.feed|agent\\.dead|amq\\.default)$',
    read: '^(coordinator\\.(ingest|rpc|agents)|agent\\.dead-letters)$',
    topics: [],
  },
  planner: {
    configure: '^planner\\.[^.]+-[^.]+$',
    write: '^(agent\\.events|coordinator\\.agents|planner\\.[^.]+-[^.]+)$',
    read: '^(agent\\.commands|planner\\.plans|planner\\.[^.]+-[^.]+)$',
    topics: [cancelOnly],
  },
  executor: {
    configure: '^executor\\.[^.]+-[^.]+$',
    write: '^(agent\\.events|coordinator\\.agents|executor\\.[^.]+-[^.]+)$',
    read: '^(agent\\.commands|executor\\.steps|executor\\.[^.]+-[^.]+)$',
    topics: [cancelOnly],
  },
};
export interface BrokerPermission {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
  /** routing keys that may be published to (`write`) or bound from (`read`) a topic exchange, where not all */
  readonly topics: readonly { readonly exchange: string; readonly write: string; readonly read: string }[];
}
