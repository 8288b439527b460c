import { createServer, type Server, Socket } from 'node:net';

/** One direction of one connection: what came in and is not passed on yet. */
interface Stream {
  readonly from: Socket;
  readonly to: Socket;
  readonly held: () => boolean;
  readonly chunks: { readonly bytes: Buffer; readonly dueAt: number }[];
  timer: NodeJS.Timeout | undefined;
}
interface Pair {
  /** from who connected to whom it reached */
  readonly questions: Stream;
  readonly answers: Stream;
}

/** Where a line is to stop: bytes that somebody asks with, and what the server answers them with. */
export interface Ambush {
  readonly question: Buffer;
  /** undefined: the question itself is held back. Else it passes, and is held back what the server says from then on. */
  readonly answer?: Buffer | undefined;
}

/** unsent bytes at which the sender is no longer read: who does not read is felt by who writes, as on a line */
const MAX_WAITING_BYTES = 64 * 1024;
/** one chunk waits at most so many ms before it is looked at again */
const MIN_WAIT_MS = 1;

/**
 * Stands between a client and a server, so that a test can stop the bytes of one direction, delay them, or cut the line.
 * Bytes of one direction of one connection keep their order, as TCP has it; connections overtake one another.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #url: string;
  #port = 0;
  #answersHeld = false;
  #questionsHeld = false;
  #delay: () => number = () => 0;
  #refuses = false;
  #ambush: (Ambush & { readonly caught: () => void; asked?: Pair }) | undefined;

  /** @param url the server's, with a port */
  static async open(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(url);
    await proxy.listen();
    return proxy;
  }

  private constructor(url: string) {
    this.#url = url;
    this.#server = createServer((client) => this.#connect(client));
  }

  /** also after `close`, on the same port */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
  }

  /** the server's URL by way of the proxy */
  get url(): string {
    const url = new URL(this.#url);
    url.host = `127.0.0.1:${this.#port}`;
    return url.href;
  }

  /** @param url of another server, for connections to come */
  retarget(url: string): void {
    this.#url = url;
  }

  /** the server still hears, and does, what it is told */
  holdAnswers(): void {
    this.#answersHeld = true;
  }

  /** the server hears nothing more */
  holdQuestions(): void {
    this.#questionsHeld = true;
  }

  /** @param delayMs drawn for every chunk of bytes, in both directions; default none */
  slow(delayMs: () => number): void {
    this.#delay = delayMs;
  }

  /** Resolves when it has happened; from then on the line is held, until `release` or `cut`. */
  ambush(ambush: Ambush): Promise<void> {
    return new Promise((caught) => {
      this.#ambush = { ...ambush, caught };
    });
  }

  /** ends holding, slowness, refusing and an ambush */
  release(): void {
    this.#ambush = undefined;
    this.#answersHeld = false;
    this.#questionsHeld = false;
    this.#refuses = false;
    this.#delay = () => 0;
    for (const { questions, answers } of this.#pairs) {
      this.#pump(questions);
      this.#pump(answers);
    }
  }

  /** breaks every line without a word; @param refuse whoever connects anew is cut off at once, until `release` */
  cut(refuse = false): void {
    this.#refuses = refuse;
    for (const { questions } of this.#pairs) {
      questions.from.destroy();
      questions.to.destroy();
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #connect(client: Socket): void {
    if (this.#refuses) {
      client.on('error', () => undefined).destroy();
      return;
    }
    const upstream = new Socket();
    const { hostname, port } = new URL(this.#url);
    upstream.connect(Number(port), hostname);
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    const stream = (from: Socket, to: Socket, held: () => boolean): Stream => {
      return { from, to, held, chunks: [], timer: undefined };
    };
    const pair = {
      questions: stream(client, upstream, () => this.#questionsHeld),
      answers: stream(upstream, client, () => this.#answersHeld),
    };
    this.#pairs.add(pair);
    for (const it of [pair.questions, pair.answers]) {
      it.from.on('data', (bytes: Buffer) => {
        for (const part of it === pair.questions ? this.#asked(bytes, pair) : this.#answered(bytes, pair)) {
          it.chunks.push({ bytes: part, dueAt: performance.now() + this.#delay() });
          this.#pump(it);
        }
      });
      it.to.on('drain', () => this.#pump(it));
      // A broken line is what these tests are about; `close` follows.
      it.from.on('error', () => undefined);
      it.from.on('close', () => {
        clearTimeout(it.timer);
        it.to.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  /** What is asked, cut in two where the ambush is: the first part passes. */
  *#asked(bytes: Buffer, pair: Pair): Generator<Buffer> {
    const ambush = this.#ambush;
    const at = ambush === undefined || ambush.asked !== undefined ? -1 : bytes.indexOf(ambush.question);
    if (ambush === undefined || at < 0) {
      yield bytes;
      return;
    }
    if (at > 0) yield bytes.subarray(0, at);
    ambush.asked = pair;
    if (ambush.answer === undefined) {
      this.#questionsHeld = true;
      ambush.caught();
    } else this.#answersHeld = true;
    yield bytes.subarray(at);
  }

  *#answered(bytes: Buffer, pair: Pair): Generator<Buffer> {
    const ambush = this.#ambush;
    if (ambush?.answer !== undefined && ambush.asked === pair && bytes.includes(ambush.answer)) ambush.caught();
    yield bytes;
  }

  #pump(stream: Stream): void {
    const { from, to, chunks } = stream;
    clearTimeout(stream.timer);
    stream.timer = undefined;
    while (!stream.held()) {
      const [next] = chunks;
      if (next === undefined || to.writableNeedDrain) break;
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        stream.timer = setTimeout(() => this.#pump(stream), Math.max(MIN_WAIT_MS, waitMs));
        break;
      }
      chunks.shift();
      to.write(next.bytes);
    }
    const waiting = chunks.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (waiting >= MAX_WAITING_BYTES) from.pause();
    else from.resume();
  }
}
