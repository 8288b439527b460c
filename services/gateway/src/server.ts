import 'reflect-metadata';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { BlobStore } from '@stepwire/agent-sdk';
import type { gatewaySettings, readEnv } from '@stepwire/config';
import type { Logger } from '@stepwire/observability';
import { authOptions } from './auth/auth-options.ts';
import { LiveConnections } from './auth/live-connections.ts';
import { SessionController } from './auth/session.controller.ts';
import { SignIn } from './auth/sign-in.ts';
import { DocsController } from './docs/docs.controller.ts';
import { Gateway } from './gateway.ts';
import { ArtifactsController } from './http/artifacts.controller.ts';
import { DeadLettersController } from './http/dead-letters.controller.ts';
import { EventsController } from './http/events.controller.ts';
import { HealthController } from './http/health.controller.ts';
import { httpApp } from './http/http-app.ts';
import { RequestsController } from './http/requests.controller.ts';
import { ScanImageController } from './http/scan-image.controller.ts';
import { SharesController } from './http/shares.controller.ts';
import { log } from './log.ts';
import { isLoopback, originPolicy } from './origins.ts';
import { Proxies } from './proxies.ts';
import { PublicUrl } from './public-url.ts';
import { SocketDoor } from './socket/door.ts';
import { AgUiController } from './sse/ag-ui.controller.ts';
import { FeedController } from './sse/feed.controller.ts';
import { SseController } from './sse/sse.controller.ts';
import { Streams } from './sse/streams.ts';
import type { Hearing, Upstream } from './upstream.ts';
import { webSocketRoutes } from './websocket/routes.ts';
import { WebSocketDoor } from './websocket/web-socket-door.ts';

export type GatewaySettings = ReturnType<typeof readEnv<typeof gatewaySettings>>;

/** connections have this long to say goodbye (ms): one that does not read never will */
const GOODBYE_WITHIN_MS = 2_000;

/** Anybody who reaches the address could see and do everything; the message says what to set. */
export class OpenToAllError extends Error {}

export interface GatewayServer {
  /** where it listens: `PORT=0` lets the system choose */
  readonly port: number;
  /** Says so to everybody who is connected, and ends. */
  stop(): Promise<void>;
}

/**
 * Every front door, on one port.
 * @throws OpenToAllError, EnvError, or the system's error where the port can't be had
 */
export async function serveGateway(
  settings: GatewaySettings,
  logger: Logger,
  open: (hearing: Hearing) => Upstream,
): Promise<GatewayServer> {
  const { host, publicUrl } = settings;
  const auth = authOptions(settings);
  const isOpen = auth.mode === 'open';
  if (isOpen && settings.authMode !== 'open' && !isLoopback(host)) {
    throw new OpenToAllError(
      `without sign-in the gateway listens on loopback only, and HOST is ${host}: anybody there could see and do everything. ` +
        'Set AUTH_SECRET or AUTH_JWKS_URL, or HOST=127.0.0.1, or AUTH_MODE=open if that is what you want',
    );
  }
  if (!isOpen && auth.sessionKeyIsOwn) log.ownSessionKey(logger);

  const gateway = new Gateway(open, logger);
  const origins = originPolicy({
    allowedOrigins: [settings.allowedOrigins, publicUrl === undefined ? '' : new URL(publicUrl).origin].join(','),
    loopbackPages: isOpen || isLoopback(host),
    loopbackOnly: isOpen && settings.authMode !== 'open',
    ownPages: !isOpen,
  });
  const signIn = new SignIn(auth);
  const proxies = new Proxies(settings.trustProxy);
  const live = new LiveConnections(settings, gateway.coordinator);
  const streams = new Streams(gateway, live, proxies, settings);

  @Module({
    controllers: [
      SessionController,
      SseController,
      FeedController,
      AgUiController,
      EventsController,
      SharesController,
      ArtifactsController,
      RequestsController,
      DeadLettersController,
      ScanImageController,
      DocsController,
      HealthController,
    ],
    providers: [
      { provide: Gateway, useValue: gateway },
      { provide: SignIn, useValue: signIn },
      { provide: LiveConnections, useValue: live },
      { provide: Streams, useValue: streams },
      { provide: BlobStore, useValue: new BlobStore(join(settings.dataDir, 'blobs')) },
      { provide: PublicUrl, useValue: new PublicUrl(publicUrl, proxies) },
    ],
  })
  class GatewayModule {}

  const app = await httpApp({ ...settings, module: GatewayModule, origins, logger });
  const server = app.getHttpServer();
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  const door = new SocketDoor(server, { ...settings, gateway, origins, signIn, live, proxies, logger });
  const webSockets = new WebSocketDoor(server, {
    ...settings,
    origins,
    signIn,
    live,
    proxies,
    logger,
    routeOf: webSocketRoutes(gateway, settings),
  });
  await app.listen(settings.port, host);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  log.listening(logger, `http://${host}:${port}`);

  // "localhost" may mean ::1 to a client; where the machine has no IPv6 there is nothing to listen on
  const sixth = createServer((socket) => server.emit('connection', socket));
  if (host === '127.0.0.1' || host === 'localhost') {
    sixth.on('error', (error) => log.noIpv6(logger, error)).listen(port, '::1');
  }

  return {
    port,
    async stop() {
      setTimeout(() => {
        for (const socket of connections) socket.destroy();
      }, GOODBYE_WITHIN_MS).unref();
      sixth.close();
      live.close();
      streams.close();
      webSockets.close();
      await door.close();
      await app.close();
      await gateway.close();
    },
  };
}
