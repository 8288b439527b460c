import type { RpcMethod, RpcParams, RpcResults } from '@stepwire/protocol';
import type { Feed } from './coordinator-answers.ts';

export interface Readiness {
  readonly ready: boolean;
  /** of `broker`, `coordinator`, `planner`, `executor` */
  readonly missing: readonly string[];
}

/** Questions of clients that change something. */
export type CommandMethod = 'start' | 'cancel' | 'feedback' | 'share' | 'unshare';

/** What a gateway hears from its {@link Upstream}, from the next tick on. */
export interface Hearing {
  readonly feed: (feed: Feed) => void;
  /** Something may have been lost: whoever needs it reads it. */
  readonly interrupted: () => void;
}

/** What a gateway stands on: the coordinator, behind RabbitMQ (`rabbitmq.ts`), or a recorded log (`recording/`). */
export interface Upstream {
  /** @throws StepwireError the coordinator's refusal, or `unavailable` */
  ask<M extends RpcMethod>(method: M, params: RpcParams[M]): Promise<RpcResults[M]>;
  /**
   * A command. Where the connection was lost before the answer came, it is repeated once under the same id, so that it has
   * no second effect and gets its first answer.
   * @throws StepwireError the coordinator's refusal, or `unavailable`
   */
  command<M extends CommandMethod>(method: M, params: RpcParams[M], commandId?: string): Promise<RpcResults[M]>;
  /** Resolves when all that is fed with this binding from now on is heard. @throws StepwireError `unavailable` */
  hold(binding: string): Promise<void>;
  /** Undoes one `hold` that resolved. */
  release(binding: string): void;
  readiness(): Promise<Readiness>;
  close(): Promise<void>;
}
