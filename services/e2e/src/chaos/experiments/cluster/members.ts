import type { PrivateBroker } from '@stepwire/local';
import { waitFor } from '@stepwire/testing';
import type { Random } from '../../random.ts';
import type { Rig } from '../../rig.ts';
import { isObject } from '../../watcher.ts';

const WHOLE_WITHIN_MS = 60_000;

/** Where a quorum queue's leader is. Waits until all of its members are there: killing one more would take its majority. */
export async function leaderOf(rig: Rig, queue: string): Promise<PrivateBroker> {
  const leader = await waitFor(
    async () => {
      const listed: unknown = JSON.parse(
        await rig.rabbitmqctl('-q', 'list_queues', '--formatter', 'json', 'name', 'leader', 'online'),
      );
      const queues = (Array.isArray(listed) ? listed : []).filter(isObject);
      const found = queues.find(({ name }) => name === queue);
      const whole = queues.every(({ leader, online }) => leader === '' || isLong(online, rig.nodes.length));
      return found !== undefined && whole ? rig.nodes.find(({ node }) => node === found.leader) : undefined;
    },
    { timeoutMs: WHOLE_WITHIN_MS, everyMs: 500, what: `${queue} with all of its members` },
  );
  return leader;
}

const isLong = (value: unknown, length: number): boolean => Array.isArray(value) && value.length === length;

/** Which node each line to the broker leads to, as a load balancer keeps it. */
export class Balancer {
  readonly #rig: Rig;
  readonly #random: Random;
  readonly #targets: Map<string, PrivateBroker>;

  constructor(rig: Rig, random: Random) {
    this.#rig = rig;
    this.#random = random;
    this.#targets = new Map(
      rig.lineNames.filter((name) => name.endsWith('→ broker')).map((name) => [name, rig.broker]),
    );
    for (const name of this.#targets.keys()) this.#lead(name, rig.nodes);
  }

  /** New connections that would have gone to this node go to the others. */
  leave(node: PrivateBroker): void {
    const living = this.#rig.nodes.filter((other) => other !== node);
    for (const [name, target] of this.#targets) if (target === node) this.#lead(name, living);
  }

  /** Connections of this line go to this node from now on; those that it has break. */
  move(name: string, node: PrivateBroker): void {
    this.#lead(name, [node]);
    this.#rig.line(name).cut();
  }

  #lead(name: string, nodes: readonly PrivateBroker[]): void {
    const node = this.#random.pick(nodes);
    this.#targets.set(name, node);
    this.#rig.line(name).retarget(node.url);
  }
}
