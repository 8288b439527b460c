import type { Type } from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { type Logger, nestLogger } from '@stepwire/observability';
import { limits, PROTOCOL_VERSION, StepwireError } from '@stepwire/protocol';
import compression from 'compression';
import { json, type NextFunction, type Request, type Response } from 'express';
import { LiveConnections } from '../auth/live-connections.ts';
import { SignInGuard } from '../auth/sign-in.guard.ts';
import { SignIn } from '../auth/sign-in.ts';
import type { OriginPolicy } from '../origins.ts';
import { CommandRateGuard } from './command-rate.guard.ts';
import { consoleFolders, consolePages } from './console.ts';
import { HttpAdapter } from './http-adapter.ts';
import { ProblemFilter } from './problem.filter.ts';

export interface HttpAppOptions {
  readonly module: Type;
  readonly origins: OriginPolicy;
  readonly logger: Logger;
  readonly headersTimeoutMs: number;
  readonly commandsPerSecond: number;
  /** `CONSOLE_DIR` */
  readonly consoleDir: string | undefined;
}

/** smaller answers are sent as they are (bytes) */
const COMPRESS_FROM_BYTES = 4096;

/** What holds for everything over HTTP: who may come in, how fast, what may be said, and how a refusal looks. */
export async function httpApp(options: HttpAppOptions): Promise<NestExpressApplication> {
  const { module, origins, logger, headersTimeoutMs, commandsPerSecond, consoleDir } = options;
  const app = await NestFactory.create<NestExpressApplication>(module, new HttpAdapter(headersTimeoutMs), {
    logger: nestLogger(logger),
    bodyParser: false,
  });
  app.disable('x-powered-by');
  app.use(({ headers }: Request, response: Response, next: NextFunction) => {
    response.setHeader('Stepwire-Protocol', PROTOCOL_VERSION);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const refusal = origins.refusal(headers);
    next(refusal === undefined ? undefined : new StepwireError('origin_refused', refusal));
  });
  app.enableCors({
    // whoever is not allowed did not come this far
    origin: true,
    credentials: true,
    allowedHeaders: ['Authorization', 'Content-Type', 'Last-Event-ID', 'Idempotency-Key'],
    exposedHeaders: ['Stepwire-Protocol', 'Location', 'Retry-After'],
    maxAge: 600,
  });
  // live streams say no-transform, which it heeds
  app.use(compression({ threshold: COMPRESS_FROM_BYTES }));
  app.use(consolePages(consoleFolders(consoleDir)));
  // a conversation comes whole with each run; only its last question goes further
  app.use('/api/ag-ui', json({ limit: limits.pageBytes }));
  app.useBodyParser('json', { limit: limits.payloadBytes });
  app.useGlobalFilters(new ProblemFilter(logger));
  app.useGlobalGuards(
    new SignInGuard(app.get(SignIn), app.get(LiveConnections), app.get(Reflector)),
    new CommandRateGuard(commandsPerSecond),
  );
  return app;
}
