import type { OutgoingMessage } from '@stepwire/messaging';
import { exchanges, feedRoutingKey } from '@stepwire/protocol';
import type { FeedGroup } from './batch.ts';

/**
 * Tells gateways what was committed: one message per request and batch. Best effort: what is lost here, gateways find by
 * reading. `FeedMessage` of libs/protocol, put together as text because the events are text already.
 */
export function publishFeed(send: (message: OutgoingMessage) => void, feed: ReadonlyMap<string, FeedGroup>): void {
  for (const [requestId, { epoch, userId, bodies }] of feed) {
    const about = JSON.stringify({ requestId, epoch, userId });
    send({
      exchange: exchanges.requestFeed,
      routingKey: feedRoutingKey(requestId, userId),
      body: `${about.slice(0, -1)},"events":[${bodies.join(',')}]}`,
      persistent: false,
    });
  }
}
