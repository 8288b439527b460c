import { once } from 'node:events';
import { waitFor } from '@stepwire/testing';
import { isObject } from '../../watcher.ts';

type Body = Readonly<Record<string, unknown>>;

/** What the rig's gateways are started with, so that {@link Inspector.open} may look into them: any free port, once asked. */
export const LISTENING = /Debugger listening on (ws:\S+)/g;

/**
 * A look into a running Node process, by V8's own inspector
 * (https://chromedevtools.github.io/devtools-protocol/v8/): it counts what lives there.
 */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (body: Body) => void>();
  #chunks: string[] = [];
  #asked = 0;

  /** @param logs all that the process has written: Node says there where its inspector listens */
  static async open(pid: number, logs: () => string): Promise<Inspector> {
    const before = logs().length;
    // https://nodejs.org/docs/latest/api/process.html#signal-events: starts the inspector
    process.kill(pid, 'SIGUSR1');
    const url = await waitFor(() => logs().slice(before).matchAll(LISTENING).next().value?.[1], {
      what: 'an inspector to listen',
    });
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new Inspector(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const message: unknown = JSON.parse(String(data));
      if (!isObject(message)) return;
      if (message.method === 'HeapProfiler.addHeapSnapshotChunk' && isObject(message.params))
        this.#chunks.push(String(message.params.chunk));
      if (typeof message.id === 'number') this.#waiting.get(message.id)?.(message);
    });
  }

  /** handles and timers that keep the process alive, by kind */
  async resources(): Promise<ReadonlyMap<string, number>> {
    const { result } = await this.#ask('Runtime.evaluate', {
      expression: 'process.getActiveResourcesInfo()',
      returnByValue: true,
    });
    const value: unknown = isObject(result) && isObject(result.result) ? result.result.value : undefined;
    const counts = new Map<string, number>();
    if (Array.isArray(value)) for (const kind of value) counts.set(String(kind), (counts.get(String(kind)) ?? 0) + 1);
    return counts;
  }

  /** Objects that are alive after a garbage collection, by the names of their classes. */
  async instances(classes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.#ask('HeapProfiler.collectGarbage');
    this.#chunks = [];
    await this.#ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    const counts = countNodes(JSON.parse(this.#chunks.join('')));
    this.#chunks = [];
    return new Map(classes.map((name) => [name, counts.get(name) ?? 0]));
  }

  close(): void {
    this.#socket.close();
  }

  #ask(method: string, params: object = {}): Promise<Body> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly unknown[] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** objects by the names of their classes */
function countNodes({ snapshot: { meta }, nodes, strings }: Snapshot): Map<string, number> {
  const width = meta.node_fields.length;
  const [typeAt, nameAt] = [meta.node_fields.indexOf('type'), meta.node_fields.indexOf('name')];
  const [types] = meta.node_types;
  const object = Array.isArray(types) ? types.indexOf('object') : -1;
  const counts = new Map<string, number>();
  for (let at = 0; at < nodes.length; at += width) {
    if (nodes[at + typeAt] !== object) continue;
    const name = strings[nodes[at + nameAt] ?? -1] ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
