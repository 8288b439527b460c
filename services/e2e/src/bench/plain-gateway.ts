import { createServer } from 'node:http';
import { connect } from 'amqplib';
import { Server } from 'socket.io';
import { PLAIN_EXCHANGE } from './load.ts';
import { serve } from './worker.ts';

/**
 * The plain pattern that ours is compared with: consume a queue, parse, emit to the room. Nothing is stored, numbered or
 * checked, and what a client misses is gone. `argv`: AMQP URL.
 */
export type PlainReport = { readonly kind: 'listening'; readonly port: number };

const QUEUE = 'bench.plain';
const PREFETCH = 1_000;

const report = serve<never, PlainReport>([], () => undefined);

const http = createServer();
const io = new Server(http);
io.on('connection', (socket) => {
  const { requestId } = socket.handshake.query;
  if (typeof requestId !== 'string') return;
  void socket.join(`request:${requestId}`);
  socket.emit('state', { requestId, seq: 0 });
});

const connection = await connect(process.argv[2] ?? '', { noDelay: true });
const channel = await connection.createChannel();
await channel.assertExchange(PLAIN_EXCHANGE, 'topic', { durable: true });
await channel.assertQueue(QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
await channel.bindQueue(QUEUE, PLAIN_EXCHANGE, '#');
await channel.prefetch(PREFETCH);
await channel.consume(QUEUE, (message) => {
  if (message === null) throw new Error('the broker cancelled the consumer');
  const event: { requestId: string } = JSON.parse(message.content.toString());
  io.to(`request:${event.requestId}`).emit('progress', event);
  channel.ack(message);
});

http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  if (address !== null && typeof address !== 'string') report({ kind: 'listening', port: address.port });
});
