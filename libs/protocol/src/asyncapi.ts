import { commands } from './commands.ts';
import { eventData } from './events.ts';
import { PROTOCOL_VERSION } from './limits.ts';
import { agentMethods, rpcParams } from './rpc.ts';
import type { JsonDocument } from './schema-documents.ts';
import { exchanges, feedRoutingKey, routingKeys, topology } from './topology.ts';

const json = 'application/json';
const refs = (kind: string, names: readonly string[]) => names.map((name) => ({ $ref: `#/${kind}/${name}` }));

/** A channel is an exchange, its address the routing key (https://github.com/asyncapi/bindings/tree/master/amqp). */
function channel(name: string, address: string, description: string, messages: JsonDocument): JsonDocument {
  const type = topology.exchanges.find((exchange) => exchange.name === name)?.type;
  return {
    address,
    description,
    ...(address.includes('{') ? { parameters: { routingKey: { description: 'see the description' } } } : {}),
    messages,
    bindings: { amqp: { is: 'routingKey', exchange: { name, type, durable: true, autoDelete: false, vhost: '/' } } },
  };
}

const message = (file: string, name: string, title = name) => ({
  name: title,
  contentType: json,
  payload: { $ref: `./${file}#/$defs/${name}` },
});

/**
 * The broker's side of the protocol as AsyncAPI 3 (https://www.asyncapi.com/docs/reference/specification/v3.0.0), from
 * where the coordinator stands: what it receives is what agents may send.
 */
export function asyncApi(): JsonDocument {
  const eventTypes = Object.keys(eventData);
  const commandTypes = Object.keys(commands);
  const methods = Object.keys(rpcParams);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Stepwire',
      version: `${PROTOCOL_VERSION}.0.0`,
      description: 'Live, durable runs of AI agents over RabbitMQ. PROTOCOL.md says what the parts promise.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: json,
    servers: { broker: { host: 'localhost:5672', protocol: 'amqp', protocolVersion: '0.9.1' } },
    channels: {
      events: channel(exchanges.agentEvents, '{routingKey}', 'Routing key: the event’s type.', {
        ...Object.fromEntries(eventTypes.map((type) => [type, message('events.json', type)])),
        other: message('events.json', 'envelope', 'an event of any other type'),
      }),
      ...Object.fromEntries(
        commandTypes.map((type) => [
          type,
          channel(exchanges.agentCommands, type, 'For planners and executors.', {
            [type]: message('commands.json', type),
          }),
        ]),
      ),
      questionsOfAgents: channel(
        exchanges.coordinatorAgents,
        routingKeys.rpc,
        'Questions of agents to the coordinator.',
        Object.fromEntries(agentMethods.map((method) => [method, message('rpc.json', `${method}.request`)])),
      ),
      questions: channel(
        exchanges.coordinator,
        routingKeys.rpc,
        'Questions of gateways to the coordinator; those of agents are answered here too.',
        Object.fromEntries(methods.map((method) => [method, message('rpc.json', `${method}.request`)])),
      ),
      replies: {
        address: null,
        description: 'Direct reply-to: the address is the question’s replyTo.',
        messages: Object.fromEntries(methods.map((method) => [method, message('rpc.json', `${method}.reply`)])),
      },
      feed: channel(
        exchanges.requestFeed,
        '{routingKey}',
        `Routing key: r<shard of requestId>.u<shard of userId>, as ${feedRoutingKey('req-123', 'ada')} for req-123 of ada.`,
        { batch: { name: 'batch', contentType: json, payload: { $ref: './feed.json' } } },
      ),
    },
    operations: {
      takeEvent: {
        action: 'receive',
        channel: { $ref: '#/channels/events' },
        messages: refs('channels/events/messages', [...eventTypes, 'other']),
      },
      ...Object.fromEntries(
        commandTypes.map((type) => [
          `send ${type}`,
          {
            action: 'send',
            channel: { $ref: `#/channels/${type}` },
            messages: refs(`channels/${type}/messages`, [type]),
          },
        ]),
      ),
      ...Object.fromEntries(
        methods.map((method) => [
          `answer ${method}`,
          {
            action: 'receive',
            channel: { $ref: '#/channels/questions' },
            messages: refs('channels/questions/messages', [method]),
            reply: {
              address: { location: '$message.header#/replyTo' },
              channel: { $ref: '#/channels/replies' },
              messages: refs('channels/replies/messages', [method]),
            },
          },
        ]),
      ),
      feedGateways: {
        action: 'send',
        channel: { $ref: '#/channels/feed' },
        messages: refs('channels/feed/messages', ['batch']),
      },
    },
  };
}
