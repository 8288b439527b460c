import type { ErrorBody, LogEvent } from '@stepwire/protocol';
import { type Behaviour, Client } from './client.ts';
import { type GivenCommand, RecordedGateway } from './recorded-gateway.ts';

export type { GivenCommand } from './recorded-gateway.ts';

export interface TestClientOptions extends Behaviour {
  /** how many events have happened before anybody looks; default 0 */
  readonly played?: number;
  /** what a command is refused with; default: it is not. None has any effect beyond its answer: the log is what happens. */
  readonly refuse?: (given: GivenCommand) => ErrorBody | null;
}

/** A {@link Client} on a recorded log, for tests of what is built on one. */
export class TestClient extends Client {
  readonly #gateway: RecordedGateway;
  readonly #requestId: string | undefined;

  constructor(log: readonly LogEvent[], { played = 0, refuse = () => null, ...behaviour }: TestClientOptions) {
    const gateway = new RecordedGateway(log, refuse);
    super({
      // what a test cuts and mends shall not keep it waiting
      backoff: { baseMs: 1, maxMs: 1 },
      ...behaviour,
      link: (handlers) => gateway.link(handlers),
      token: null,
      page: null,
      needsNetwork: false,
      random: () => 0,
    });
    this.#gateway = gateway;
    this.#requestId = log[0]?.requestId;
    gateway.play(played);
  }

  /** `start`, `cancel` and `feedback`, as the gateway got them */
  get commands(): readonly GivenCommand[] {
    return this.#gateway.commands;
  }

  /** The next events of the log happen, one frame each; without a count all that are left. */
  play(count = this.#gateway.left): void {
    this.#gateway.play(count);
  }

  /** The connection breaks, and the gateway cannot be reached until {@link mend}. */
  cut(): void {
    this.#gateway.cut();
  }

  mend(): void {
    this.#gateway.mend();
  }

  /** What is started is the log's first request. */
  override newRequestId(): string {
    return this.#requestId ?? super.newRequestId();
  }
}

export function createTestClient(log: readonly LogEvent[], options: TestClientOptions = {}): TestClient {
  const client = new TestClient(log, options);
  client.connect();
  return client;
}
