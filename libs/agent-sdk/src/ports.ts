import type { Broker, Delivery, RpcClient } from '@stepwire/messaging';

/** What the SDK needs of libs/messaging, and no more: the life of a step knows no AMQP. */

/** Publishes with confirms. @throws StepwireError `unavailable`, `conflict` */
export type Publish = Broker['publish'];

/** Asks the coordinator. @throws StepwireError what it replied, or `unavailable` */
export type Call = RpcClient['call'];

/** How a delivery is settled. After its channel died that does nothing: the broker delivers it again. */
export type Settle = Pick<Delivery, 'ack' | 'nack'>;
