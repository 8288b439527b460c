import { readdirSync } from 'node:fs';
import { exchanges } from '@stepwire/protocol';
import type { InstanceName } from '@stepwire/testing';
import type { Rig } from '../../rig.ts';
import { Inspector } from './inspector.ts';

/** of ours, of Socket.IO and Engine.IO, of Node: what a connection, a watch, a room is made of */
const classes = [
  ...['Room', 'History', 'SocketAudience', 'Watch', 'Connection', 'RateLimit'],
  ...['Socket', 'Client', 'WebSocket', 'Polling', 'Sender', 'Receiver', 'IncomingMessage', 'ServerResponse'],
  // not HTTPParser: Node keeps a pool of them, as many as were ever needed at once
  ...['Timeout', 'TCP'],
];

const gateways = ['gateway', 'gateway 2'] as const satisfies readonly InstanceName[];
const coordinators = ['coordinator', 'coordinator 2'] as const satisfies readonly InstanceName[];

export const FEED_BINDINGS = 'broker: bindings of request.feed';
/** lists in the words of RabbitMQ's own modules */
const ofBroker = new Map([
  ['broker: connections', 'rabbit_networking:connections()'],
  ['broker: channels', 'rabbit_channel:list()'],
  ['broker: queues', 'rabbit_amqqueue:list(<<"/">>)'],
  ['broker: bindings', 'rabbit_binding:list(<<"/">>)'],
  [FEED_BINDINGS, `rabbit_binding:list_for_source(rabbit_misc:r(<<"/">>, exchange, <<"${exchanges.requestFeed}">>))`],
]);

/** What there is of everything, each under a name for a person. */
export type Figures = ReadonlyMap<string, number>;

/** Counts what the system holds. The inspectors stay open, so that they are the same in every count. */
export class Counter {
  readonly #rig: Rig;
  readonly #inspectors = new Map<InstanceName, Inspector>();

  static async open(rig: Rig): Promise<Counter> {
    const counter = new Counter(rig);
    for (const name of gateways)
      counter.#inspectors.set(name, await Inspector.open(rig.stack.pid(name), () => rig.stack.logs(name)));
    return counter;
  }

  private constructor(rig: Rig) {
    this.#rig = rig;
  }

  /** What can be asked for often. */
  async outside(): Promise<Figures> {
    const { stack } = this.#rig;
    const figures = new Map<string, number>();
    // proc(5), /proc/pid/fd
    for (const name of [...gateways, ...coordinators])
      figures.set(`${name}: file descriptors`, readdirSync(`/proc/${stack.pid(name)}/fd`).length);
    for (const [name, inspector] of this.#inspectors)
      for (const [kind, count] of await inspector.resources()) figures.set(`${name}: ${kind}`, count);
    const told = await this.#rig.rabbitmqctl(
      'eval',
      `[${[...ofBroker.values()].map((list) => `length(${list})`).join()}].`,
    );
    const numbers = told.match(/\d+/g)?.map(Number) ?? [];
    for (const [i, what] of [...ofBroker.keys()].entries()) figures.set(what, numbers[i] ?? Number.NaN);
    const sessions =
      "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    figures.set('postgres: sessions', Number(await this.#rig.sql(sessions)));
    return figures;
  }

  /** Objects of the gateways; takes a second or two for each. */
  async inside(): Promise<Figures> {
    const figures = new Map<string, number>();
    for (const [name, inspector] of this.#inspectors)
      for (const [kind, count] of await inspector.instances(classes)) figures.set(`${name}: ${kind} objects`, count);
    return figures;
  }

  close(): void {
    for (const inspector of this.#inspectors.values()) inspector.close();
  }
}
