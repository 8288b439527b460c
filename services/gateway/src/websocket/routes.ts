import type { Gateway } from '../gateway.ts';
import { AgentProgressRoute } from './agent-progress.ts';
import { AgentsRoute } from './agents.ts';
import type { WebSocketRoute, WebSocketSettings } from './web-socket-connection.ts';

/** The doors of plain WebSockets, by path. */
export const webSocketRoutes =
  (gateway: Gateway, settings: WebSocketSettings) =>
  (pathname: string): WebSocketRoute | undefined => {
    if (pathname === '/ws/agents') return new AgentsRoute(gateway, settings);
    const [, taskId] = /^\/ws\/agent-progress\/([^/]+)$/.exec(pathname) ?? [];
    if (taskId === undefined) return undefined;
    try {
      return new AgentProgressRoute(gateway, decodeURIComponent(taskId), settings);
    } catch {
      return undefined; // a percent sign that encodes nothing
    }
  };
