import type { Caller, FeedMark } from '@stepwire/protocol';
import type { Socket } from 'socket.io';
import type { FeedOwner, Feeds } from '../feeds.ts';
import { Backlog } from '../pump/backlog.ts';
import { FeedPump } from '../pump/feed-pump.ts';
import { backlogBytes } from './backlog.ts';

export interface SocketFeedOptions {
  readonly socket: Socket;
  readonly feeds: Feeds;
  readonly caller: Caller;
  readonly marks: ReadonlyMap<FeedOwner, FeedMark>;
  /** undefined: all */
  readonly types: readonly string[] | undefined;
  readonly maxBacklogBytes: number;
}

/**
 * A feed over Socket.IO: frames `feed {cursor, event}`, canonical events in every dialect, so that they are never mistaken
 * for those of a request that is watched on the same connection.
 */
export function feedOf({ socket, types, maxBacklogBytes, ...rest }: SocketFeedOptions): FeedPump {
  const sink = {
    send: () => undefined,
    mark: () => undefined,
    bufferedBytes: () => backlogBytes(socket.conn),
    // Engine.IO says when its buffer went out; a poll that never comes ends with the connection
    drained: () =>
      backlogBytes(socket.conn) === 0
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            const done = (): void => {
              socket.conn.off('drain', done).off('close', done);
              resolve();
            };
            socket.conn.once('drain', done).once('close', done);
          }),
    unavailable: () => undefined,
    end: (reason: { readonly code: string; toBody(): object } | null) => {
      if (reason?.code === 'slow_consumer') socket.conn.close(true);
      else if (reason !== null) {
        socket.emit('error', { type: 'error', agent: 'gateway', command: 'feed', ...reason.toBody() });
      }
    },
  };
  return new FeedPump({
    ...rest,
    sink,
    backlog: new Backlog(sink, maxBacklogBytes),
    pass: (event, cursor) => {
      if (types === undefined || types.includes(event.type)) socket.emit('feed', { cursor, event });
    },
  });
}
