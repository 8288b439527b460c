import { permissions, topology } from './topology.ts';

export type BrokerUser = keyof typeof permissions;

/** A service's user as a broker stores it: `passwordHash` is base64(salt + SHA-256(salt + password)). */
export interface BrokerLogin {
  readonly name: BrokerUser;
  /** https://www.rabbitmq.com/docs/passwords#computing-password-hash */
  readonly passwordHash: string;
}

/**
 * The topology in RabbitMQ's own format (https://www.rabbitmq.com/docs/definitions), for `load_definitions` or
 * `rabbitmqctl import_definitions`. A broker that starts with it makes neither `guest` nor a vhost by itself, so both
 * the vhost and who may use it are in here.
 */
export function brokerDefinitions(logins: readonly BrokerLogin[] = [], vhost = '/') {
  return {
    vhosts: [{ name: vhost }],
    users: logins.map(({ name, passwordHash }) => ({
      name,
      password_hash: passwordHash,
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: '',
    })),
    permissions: logins.map(({ name }) => {
      const { configure, write, read } = permissions[name];
      return { user: name, vhost, configure, write, read };
    }),
    topic_permissions: logins.flatMap(({ name }) =>
      permissions[name].topics.map((topic) => ({ user: name, vhost, ...topic })),
    ),
    exchanges: topology.exchanges.map(({ name, type }) => ({
      name,
      vhost,
      type,
      durable: true,
      auto_delete: false,
      internal: false,
      arguments: {},
    })),
    queues: topology.queues.map((queue) => ({
      name: queue.name,
      vhost,
      durable: true,
      auto_delete: false,
      arguments: queue.arguments,
    })),
    bindings: topology.bindings.map(({ exchange, queue, routingKey }) => ({
      source: exchange,
      vhost,
      destination: queue,
      destination_type: 'queue',
      routing_key: routingKey,
      arguments: {},
    })),
  };
}
