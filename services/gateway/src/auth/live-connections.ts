import { StepwireError } from '@stepwire/protocol';
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

/** which of these shares may still be used. @throws StepwireError `unavailable` */
export type ValidShares = (shareIds: string[]) => Promise<readonly string[]>;

/** how often expiry is looked at (ms) */
const EXPIRY_EVERY_MS = 1_000;
/** how often shares in use are asked about (ms): what is taken back ends within 5 s */
const SHARES_EVERY_MS = 3_000;
/** ids in one question */
const SHARES_PER_CALL = 1000;
const RETRY_AFTER_MS = 5_000;

/**
 * Connections that stay open, through whatever door. Each ends with the sign-in it was opened with: as that expires, as its
 * session is signed out, as its share is taken back. And there are only so many: in all, of a user, and from an address.
 */
export class LiveConnections {
  readonly #limits: LiveConnectionLimits;
  readonly #ofUser = new Counts();
  readonly #ofAddress = new Counts();
  readonly #connections = new Set<LiveConnection>();
  /** sessions that were signed out here, and when that may be forgotten (Unix ms) */
  readonly #signedOut = new Map<string, number>();
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(limits: LiveConnectionLimits, validShares: ValidShares) {
    this.#limits = limits;
    this.#timers = [
      setInterval(() => this.#look(Date.now()), EXPIRY_EVERY_MS),
      setInterval(() => void this.#lookAtShares(validShares), SHARES_EVERY_MS),
    ];
  }

  /**
   * @returns to be called as the connection ends
   * @throws StepwireError `auth_expired`, `unauthorized`, `too_many_connections`
   */
  add(connection: LiveConnection): () => void {
    const { credential, address } = connection;
    this.check(credential);
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

  /** @throws StepwireError `auth_expired`, `unauthorized` */
  check(credential: Credential, now = Date.now()): void {
    checkExpiry(credential, now);
    if (credential.sessionId !== null && this.#signedOut.has(credential.sessionId)) {
      throw new StepwireError('unauthorized', 'this session was signed out');
    }
  }

  /** @param until Unix time in ms from which on the session would be refused anyway */
  signOut(sessionId: string, until: number): void {
    this.#signedOut.set(sessionId, until);
    this.#look(Date.now());
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #look(now: number): void {
    for (const [id, until] of this.#signedOut) if (until < now) this.#signedOut.delete(id);
    for (const connection of [...this.#connections]) {
      try {
        this.check(connection.credential, now);
      } catch (error) {
        if (error instanceof StepwireError) connection.end(error);
      }
    }
  }

  async #lookAtShares(validShares: ValidShares): Promise<void> {
    const inUse = [...this.#connections].flatMap((connection) => {
      const { viewer } = connection.credential;
      return 'shareId' in viewer ? [{ connection, shareId: viewer.shareId }] : [];
    });
    const ids = [...new Set(inUse.map(({ shareId }) => shareId))];
    for (let at = 0; at < ids.length; at += SHARES_PER_CALL) {
      const asked = new Set(ids.slice(at, at + SHARES_PER_CALL));
      try {
        for (const id of await validShares([...asked])) asked.delete(id);
      } catch {
        continue; // nothing can be watched either while the coordinator is away; the next look is soon
      }
      for (const { connection, shareId } of inUse) {
        if (asked.has(shareId)) connection.end(new StepwireError('unauthorized', 'this share was taken back'));
      }
    }
  }
}

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
