import type { IncomingMessage } from 'node:http';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Credential } from './credential.ts';
import { LiveConnections } from './live-connections.ts';
import { SignIn } from './sign-in.ts';

const PUBLIC = 'stepwire:public';

/** Needs no sign-in. */
export const Public = () => SetMetadata(PUBLIC, true);

const credentials = new WeakMap<IncomingMessage, Credential>();

/** Every HTTP route but the {@link Public} ones: knows who calls, or refuses. */
@Injectable()
export class SignInGuard implements CanActivate {
  constructor(
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(LiveConnections) private readonly live: LiveConnections,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  /** @throws StepwireError `unauthorized`, `auth_expired`, `origin_refused`, `unavailable` */
  async canActivate(context: ExecutionContext): Promise<true> {
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, [context.getHandler(), context.getClass()]))
      return true;
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    const credential = await this.signIn.ofRequest(request);
    await this.live.check(credential);
    credentials.set(request, credential);
    return true;
  }
}

/** Parameter: who calls. */
export const SignedIn = createParamDecorator((_: unknown, context: ExecutionContext): Credential => {
  const credential = credentials.get(context.switchToHttp().getRequest<IncomingMessage>());
  if (credential === undefined) throw new Error('this route is public: nobody is signed in');
  return credential;
});
