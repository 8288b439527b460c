import { task } from '@stepwire/dialects';
import type { StepwireError } from '@stepwire/protocol';
import { callerOf } from '../auth/credential.ts';
import type { Gateway } from '../gateway.ts';
import { typesOf } from '../http/query.ts';
import { Backlog } from '../pump/backlog.ts';
import { feedMarks } from '../pump/feed-marks.ts';
import { FeedPump } from '../pump/feed-pump.ts';
import { Tasks } from '../pump/tasks.ts';
import type { WebSocketConnection, WebSocketRoute, WebSocketSettings } from './web-socket-connection.ts';

/**
 * `/ws/agents`, dialect `task` (design §7.3): first what runs now, then everything of the signed-in user's requests. Each
 * message has its `cursor`, for `?since=`. `{type: 'subscribe', events: […]}` narrows it, to all again with an empty list.
 */
export class AgentsRoute implements WebSocketRoute {
  readonly #gateway: Gateway;
  readonly #settings: WebSocketSettings;

  constructor(gateway: Gateway, settings: WebSocketSettings) {
    this.#gateway = gateway;
    this.#settings = settings;
  }

  refusal({ code, message }: StepwireError): object {
    return { type: 'error', agent: 'gateway', code, message };
  }

  async begin(connection: WebSocketConnection, query: URLSearchParams): Promise<void> {
    const { sink } = connection;
    const caller = callerOf(connection.credential);
    const { feeds, coordinator } = this.#gateway;
    let wanted: ReadonlySet<string> | null = new Set(typesOf(query));
    const since = query.get('since') ?? undefined;
    const marks = await feedMarks(feeds, caller, since);
    const tasks = new Tasks(coordinator, caller, task);
    const say = (messages: readonly { name: string; payload: unknown }[], cursor: string): void => {
      for (const { name, payload } of messages) {
        if (wanted === null || wanted.size === 0 || wanted.has(name)) sink.say({ ...Object(payload), cursor });
      }
    };
    connection.onMessage((body) => {
      wanted = subscription(body) ?? wanted;
    });
    const pump = new FeedPump({
      feeds,
      caller,
      marks,
      sink,
      backlog: new Backlog(sink, this.#settings.maxBacklogBytes),
      pass: async (event, cursor) => say(await tasks.messages(event), cursor),
    });
    connection.onClose(() => pump.stop());
    if (since === undefined) say(await tasks.running(), pump.cursor);
    await pump.run();
  }
}

/** null: something else, which may come to mean something */
function subscription(body: unknown): ReadonlySet<string> | null {
  if (typeof body !== 'object' || body === null || !('type' in body) || body.type !== 'subscribe') return null;
  const events: unknown = 'events' in body ? body.events : [];
  return Array.isArray(events) ? new Set(events.filter((name) => typeof name === 'string')) : null;
}
