import { StepwireError } from '@stepwire/protocol';
import type { Coordinator } from '../history.ts';
import { type Credential, checkExpiry } from './credential.ts';

export interface LiveConnection {
  readonly credential: Credential;
  /** IP address of the other end */
  readonly address: string;
  /** Tells them, and ends the connection. */
  end(reason: StepwireError): void;
}

export interface LiveConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  readonly maxConnectionsPerAddress: number;
}

/** how often expiry is looked at (ms) */
const EXPIRY_EVERY_MS = 1_000;
/** how often shares and sessions in use are asked about (ms): what is taken back ends within 5 s */
const REVOKED_EVERY_MS = 3_000;
/** ids in one question */
const IDS_PER_CALL = 1000;
const RETRY_AFTER_MS = 5_000;

/**
 * Connections that stay open, through whatever door. Each ends with the sign-in it was opened with: as that expires, as its
 * session is signed out on any gateway, as its share is taken back. And there are only so many: in all, of a user, and from
 * an address.
 */
export class LiveConnections {
  readonly #limits: LiveConnectionLimits;
  readonly #coordinator: Coordinator;
  readonly #ofUser = new Counts();
  readonly #ofAddress = new Counts();
  readonly #connections = new Set<LiveConnection>();
  /** sessions that are known here to be signed out, and when that may be forgotten (Unix ms) */
  readonly #signedOut = new Map<string, number>();
  /** those of which the coordinator does not know yet */
  readonly #untold = new Set<string>();
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(limits: LiveConnectionLimits, coordinator: Coordinator) {
    this.#limits = limits;
    this.#coordinator = coordinator;
    this.#timers = [
      setInterval(() => this.#look(Date.now()), EXPIRY_EVERY_MS),
      setInterval(() => void this.#askWhatWasRevoked(), REVOKED_EVERY_MS),
    ];
  }

  /**
   * @returns to be called as the connection ends
   * @throws StepwireError `auth_expired`, `unauthorized`, `too_many_connections`
   */
  add(connection: LiveConnection): () => void {
    const { credential, address } = connection;
    this.#check(credential, Date.now());
    this.checkTotal();
    const { maxConnectionsPerUser, maxConnectionsPerAddress } = this.#limits;
    const user = countedAs(credential);
    if (user !== null && this.#ofUser.of(user) >= maxConnectionsPerUser) {
      throw tooMany(`one user may have ${maxConnectionsPerUser} (MAX_CONNECTIONS_PER_USER)`);
    }
    if (this.#ofAddress.of(address) >= maxConnectionsPerAddress) {
      throw tooMany(`one address may have ${maxConnectionsPerAddress} (MAX_CONNECTIONS_PER_ADDRESS)`);
    }
    if (user !== null) this.#ofUser.up(user);
    this.#ofAddress.up(address);
    this.#connections.add(connection);
    return () => {
      if (!this.#connections.delete(connection)) return;
      if (user !== null) this.#ofUser.down(user);
      this.#ofAddress.down(address);
    };
  }

  /** @throws StepwireError `too_many_connections` */
  checkTotal(): void {
    const { maxConnections } = this.#limits;
    if (this.#connections.size >= maxConnections)
      throw tooMany(`this gateway takes ${maxConnections} (MAX_CONNECTIONS)`);
  }

  /**
   * Whether it still holds, of a session also whether it was signed out on another gateway, or before this one was started.
   * @throws StepwireError `auth_expired`, `unauthorized`, `unavailable` where nobody can say
   */
  async check(credential: Credential): Promise<void> {
    this.#check(credential, Date.now());
    if (credential.sessionId === null) return;
    await this.#learnSignedOut(new Map([[credential.sessionId, credential.expiresAt ?? Date.now()]]));
    this.#check(credential, Date.now());
  }

  /**
   * Here at once, elsewhere within 5 s; where the coordinator is away it is told when it is back.
   * @param until Unix time in ms from which on the session would be refused anyway
   */
  async signOut(sessionId: string, until: number): Promise<void> {
    this.#signedOut.set(sessionId, until);
    this.#untold.add(sessionId);
    this.#look(Date.now());
    await this.#tellSignedOut();
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #look(now: number): void {
    for (const [id, until] of this.#signedOut) if (until < now) this.#signedOut.delete(id);
    for (const connection of [...this.#connections]) {
      try {
        this.#check(connection.credential, now);
      } catch (error) {
        if (error instanceof StepwireError) connection.end(error);
      }
    }
  }

  /** @throws StepwireError `auth_expired`, `unauthorized` */
  #check(credential: Credential, now: number): void {
    checkExpiry(credential, now);
    if (credential.sessionId !== null && this.#signedOut.has(credential.sessionId)) {
      throw new StepwireError('unauthorized', 'this session was signed out');
    }
  }

  async #askWhatWasRevoked(): Promise<void> {
    const [shares, sessions] = [new Map<string, LiveConnection[]>(), new Map<string, number>()];
    for (const connection of this.#connections) {
      const { viewer, sessionId, expiresAt } = connection.credential;
      if (sessionId !== null) sessions.set(sessionId, expiresAt ?? Date.now());
      if ('shareId' in viewer) shares.set(viewer.shareId, [...(shares.get(viewer.shareId) ?? []), connection]);
    }
    try {
      await this.#tellSignedOut();
      await this.#learnSignedOut(sessions);
      this.#look(Date.now());
      for (const asked of chunks([...shares.keys()])) {
        const { shareIds } = await this.#coordinator.call('validShares', { shareIds: asked });
        for (const shareId of asked.filter((id) => !shareIds.includes(id))) {
          for (const connection of shares.get(shareId) ?? []) connection.end(takenBack());
        }
      }
    } catch {
      // nothing can be watched either while the coordinator is away; the next look is soon
    }
  }

  /** @param sessions when each expires (Unix ms). @throws StepwireError `unavailable` */
  async #learnSignedOut(sessions: ReadonlyMap<string, number>): Promise<void> {
    for (const asked of chunks([...sessions.keys()])) {
      const { sessionIds } = await this.#coordinator.call('signedOut', { sessionIds: asked });
      for (const id of sessionIds) this.#signedOut.set(id, sessions.get(id) ?? 0);
    }
  }

  async #tellSignedOut(): Promise<void> {
    for (const sessionId of [...this.#untold]) {
      const until = this.#signedOut.get(sessionId);
      try {
        if (until !== undefined) {
          await this.#coordinator.call('signOut', { sessionId, expiresAt: new Date(until).toISOString() });
        }
        this.#untold.delete(sessionId);
      } catch {
        return; // it is told with the next look
      }
    }
  }
}

function* chunks(ids: readonly string[]): Generator<string[]> {
  for (let at = 0; at < ids.length; at += IDS_PER_CALL) yield ids.slice(at, at + IDS_PER_CALL);
}

const takenBack = (): StepwireError => new StepwireError('unauthorized', 'this share was taken back');

/** In open mode everybody is one user, who has no limit of their own. Those who came by one share count as one. */
function countedAs({ kind, viewer }: Credential): string | null {
  if (kind === 'open') return null;
  return 'shareId' in viewer ? `share ${viewer.shareId}` : `user ${viewer.userId}`;
}

const tooMany = (message: string): StepwireError =>
  new StepwireError('too_many_connections', message, { retryAfterMs: RETRY_AFTER_MS });

class Counts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
  up(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
  }
  down(key: string): void {
    const left = this.of(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}
