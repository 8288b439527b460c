import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { RateLimit } from '../rate-limit.ts';

/** Over HTTP too a connection may give so many commands a second: whatever is no GET is one. */
@Injectable()
export class CommandRateGuard implements CanActivate {
  readonly #perSecond: number;
  readonly #limits = new WeakMap<Socket, RateLimit>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @throws StepwireError `rate_limited` */
  canActivate(context: ExecutionContext): true {
    const { method, socket } = context.switchToHttp().getRequest<IncomingMessage>();
    if (method === 'GET' || method === 'HEAD') return true;
    const limit = this.#limits.get(socket) ?? new RateLimit(this.#perSecond);
    this.#limits.set(socket, limit);
    limit.take();
    return true;
  }
}
