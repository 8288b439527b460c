import { createServer, type Server, Socket } from 'node:net';

/** Stands between a client and the broker, so that a test can stop the bytes of one direction, or cut the line. */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #pairs = new Set<{ client: Socket; upstream: Socket }>();
  #port = 0;
  #answersHeld = false;
  #questionsHeld = false;

  /** @param url the broker's */
  static async open(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(url));
    await proxy.listen();
    return proxy;
  }

  /** also after `close`, on the same port */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
  }

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#connect(client));
  }

  /** the broker's URL by way of the proxy */
  get url(): string {
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${this.#port}`;
    return url.href;
  }

  /** the broker still hears, and does, what it is told */
  holdAnswers(): void {
    this.#answersHeld = true;
    for (const { upstream } of this.#pairs) upstream.pause();
  }

  /** the broker hears nothing more */
  holdQuestions(): void {
    this.#questionsHeld = true;
    for (const { client } of this.#pairs) client.pause();
  }

  release(): void {
    this.#answersHeld = false;
    this.#questionsHeld = false;
    for (const { client, upstream } of this.#pairs) {
      client.resume();
      upstream.resume();
    }
  }

  /** breaks every line without a word */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #connect(client: Socket): void {
    const upstream = new Socket();
    upstream.connect(Number(this.#target.port), this.#target.hostname);
    const pair = { client, upstream };
    this.#pairs.add(pair);
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => client.write(chunk));
    if (this.#questionsHeld) client.pause();
    if (this.#answersHeld) upstream.pause();
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      // A broken line is what these tests are about; `close` follows.
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}
