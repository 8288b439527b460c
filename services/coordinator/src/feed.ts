import type { OutgoingMessage } from '@stepwire/messaging';
import { exchanges, feedRoutingKey } from '@stepwire/protocol';
import type { PlacedGroup } from './writer.ts';

/**
 * Tells gateways what was committed: one message per request and batch. Best effort: what is lost here, gateways find by
 * reading. `FeedMessage` of libs/protocol, put together as text because the events are text already.
 */
export function publishFeed(send: (message: OutgoingMessage) => void, feed: ReadonlyMap<string, PlacedGroup>): void {
  for (const [requestId, { epoch, userId, feedEpoch, position, bodies }] of feed) {
    const about = JSON.stringify({ requestId, epoch, userId, feedEpoch, position });
    send({
      exchange: exchanges.requestFeed,
      routingKey: feedRoutingKey(requestId, userId),
      body: `${about.slice(0, -1)},"events":[${bodies.join(',')}]}`,
      persistent: false,
    });
  }
}
