import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Follower } from '../../crowd/follower.ts';
import type { Client } from '../../storm/managed.ts';
import { isObject } from '../../watcher.ts';

/** longer than the rig's lease (ms) */
const STEP_MS = 8_000;

/** A request whose one step is longer than its lease, which its executor renews: it must run once. */
export class LongStep {
  readonly requestId = `long-${randomUUID()}`;
  readonly broken: string[] = [];
  readonly #client: Client;
  readonly #url: string;

  constructor(client: Client, url: string) {
    this.#client = client;
    this.#url = url;
  }

  async run(stopped: () => boolean): Promise<void> {
    const { requestId } = this;
    const seen: string[] = [];
    const follower = new Follower({
      url: this.#url,
      requestId,
      onEvent: ({ type, data }) => {
        if (!isObject(data) || data.stepId !== 's1') return;
        seen.push(`${type} ${data.status} of attempt ${data.attempt}`);
      },
    });
    const step = { id: 's1', order: 1, title: 'wait', action: 'wait', input: { ms: STEP_MS } };
    const context = { plan: { goal: 'chaos', steps: [step] } };
    while (follower.joins === 0 && !stopped()) await delay(50);
    const answer = await this.#client.command('start', { requestId, userQuery: 'chaos', context }, stopped);
    if (answer?.ok !== true) this.broken.push(`${requestId}: its start got ${JSON.stringify(answer)}`);
    while (!follower.ended && !stopped()) await delay(50);
    const bad = seen.filter((what) => !what.endsWith(' 1') || what.includes('failed'));
    if (bad.length > 0) this.broken.push(`${requestId}: ${bad.join(', ')}`);
    if (!seen.some((what) => what.includes('completed'))) this.broken.push(`${requestId}: its step was not completed`);
    this.broken.push(...follower.broken);
    follower.close();
  }
}
