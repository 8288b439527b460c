import { Broker } from '@stepwire/messaging';
import type { Logger } from '@stepwire/observability';
import { exchanges, queues } from '@stepwire/protocol';
import { defaultPolicy, type Policy } from '@stepwire/run-model';
import { ClientCommands } from './client-commands.ts';
import { Clockwork } from './clockwork.ts';
import { type Database, openDatabase } from './database.ts';
import { DeadLetters } from './dead-letters.ts';
import { publishFeed } from './feed.ts';
import { Feeds } from './feeds.ts';
import { Ingest } from './ingest.ts';
import { Leases } from './leases.ts';
import { log } from './log.ts';
import { Outbox } from './outbox.ts';
import { pruneLeftovers, pruneRequests } from './prune.ts';
import { Reads } from './reads.ts';
import { RequestList } from './request-list.ts';
import { Shares } from './shares.ts';
import { SignOuts } from './sign-outs.ts';
import { Writer } from './writer.ts';

export interface CoordinatorSettings {
  readonly amqpUrl: string;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly maxAttempts: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly leaseMs: number;
  readonly cancelGraceMs: number;
  readonly stallAfterMs: number;
  readonly abandonAfterMs: number;
  readonly keepDays: number;
  readonly keepDeadLetters: number;
}

/** The parts of the coordinator, wired. Nest's controllers call them; nothing here knows of Nest. */
export class Coordinator {
  readonly broker: Broker;
  readonly ingest: Ingest;
  readonly commands: ClientCommands;
  readonly reads: Reads;
  readonly leases: Leases;
  readonly feeds: Feeds;
  readonly list: RequestList;
  readonly shares: Shares;
  readonly signOuts: SignOuts;
  readonly deadLetters: DeadLetters;
  private readonly database: Database;
  private readonly writer: Writer;
  private readonly outbox: Outbox;
  private readonly clockwork: Clockwork;

  /** Opens the database and brings it up to date; the broker connects in the background. */
  static async open(settings: CoordinatorSettings, logger: Logger): Promise<Coordinator> {
    const database = await openDatabase(settings.dataDir, settings.databaseUrl, logger);
    return new Coordinator(settings, database, logger);
  }

  private constructor(settings: CoordinatorSettings, database: Database, logger: Logger) {
    this.database = database;
    this.broker = Broker.open({
      url: settings.amqpUrl,
      name: 'coordinator',
      logger,
      topology: {
        exchanges: [exchanges.agentEvents, exchanges.agentCommands, exchanges.requestFeed, exchanges.agentDead],
        queues: [queues.ingest, queues.rpc, queues.agentRpc, queues.deadLetters],
      },
    });
    const policy: Policy = { ...defaultPolicy, ...settings };
    this.outbox = new Outbox({
      pool: database.read,
      publish: (message) => this.broker.publish(message),
      onFailure: (error, what) => log.relayFailed(logger, error, what),
    });
    this.writer = new Writer({
      pool: database.write,
      policy,
      onCommitted: (feed, outbox, soonestTimerMs) => {
        publishFeed((message) => this.broker.send(message), feed);
        this.outbox.relay(outbox);
        this.clockwork.timerSet(soonestTimerMs);
      },
    });
    this.clockwork = new Clockwork({
      ...settings,
      pool: database.read,
      submit: (writes) => this.writer.submit(writes),
      prune: () => this.prune(settings.keepDays),
      onFailure: (error, what) => log.clockworkFailed(logger, error, what),
    });
    this.ingest = new Ingest({
      submit: (writes) => this.writer.submit(writes),
      publish: (message) => this.broker.publish(message),
      onRefused: (counts) => {
        for (const [reason, count] of counts) log.refused(logger, count, reason);
      },
      onDeadLettered: (counts) => {
        for (const [reason, count] of counts) log.deadLetters(logger, count, reason);
      },
    });
    this.commands = new ClientCommands((writes) => this.writer.submit(writes));
    this.shares = new Shares(database.read);
    this.signOuts = new SignOuts(database.read);
    this.reads = new Reads(
      database.read,
      (requestId) => this.writer.cached(requestId),
      (shareId, requestId) => this.shares.isValid(shareId, requestId),
    );
    this.feeds = new Feeds(database.read);
    this.list = new RequestList(database.read);
    this.deadLetters = new DeadLetters({
      pool: database.read,
      relay: (rows) => this.outbox.relay(rows),
      keepDays: settings.keepDays,
      keepCount: settings.keepDeadLetters,
    });
    this.leases = new Leases(database.read, settings.leaseMs);
    this.broker.onStatus((status) => {
      // while the broker was away no heartbeat could come in
      if (status === 'ready') this.clockwork.holdLeases();
    });
    void database.died.then((error) => {
      log.databaseDied(logger, error);
      process.exit(1);
    });
  }

  start(): void {
    this.outbox.start();
    this.clockwork.start();
  }

  private async prune(keepDays: number): Promise<boolean> {
    await pruneLeftovers(this.database.read);
    await this.deadLetters.prune();
    return pruneRequests(this.database.read, keepDays);
  }

  /** After the transport has stopped taking messages: finishes what is under way, then closes broker and database. */
  async close(): Promise<void> {
    await this.clockwork.stop();
    await this.writer.drain();
    await this.outbox.stop();
    await this.broker.close();
    await this.database.close();
  }
}
