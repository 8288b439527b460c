import { connect, type Socket } from 'node:net';
import { waitFor } from '@stepwire/testing';

/**
 * AMQP 0-9-1 by hand (https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf), as far as publishing goes: for messages that
 * a client library refuses to send.
 */
const short = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const long = (bytes: Buffer): Buffer => Buffer.concat([u32(bytes.length), bytes]);
const frame = (type: number, channel: number, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type]), u16(channel), long(payload), Buffer.from([0xce])]);
const method = (channel: number, classId: number, methodId: number, ...args: Buffer[]): Buffer =>
  frame(1, channel, Buffer.concat([u16(classId), u16(methodId), ...args]));

/** what a broker of RabbitMQ's defaults takes in one frame, in bytes */
export const FRAME_MAX = 131_072;
const CHANNEL_MAX = 2047;
const channelOpenOk = Buffer.from([0, 20, 0, 11]);

export class RawAmqp {
  readonly #socket: Socket;
  /** all that the broker said */
  heard = Buffer.alloc(0);
  closed = false;

  private constructor(url: string) {
    const { hostname, port, username, password, pathname } = new URL(url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.on('data', (chunk) => {
      this.heard = Buffer.concat([this.heard, chunk]);
    });
    this.#socket.on('error', () => undefined); // a close follows
    this.#socket.on('close', () => {
      this.closed = true;
    });
    const login = long(Buffer.from(`\0${decodeURIComponent(username)}\0${decodeURIComponent(password)}`));
    // the broker answers each; nothing here depends on what
    this.#socket.write(
      Buffer.concat([
        Buffer.from('AMQP\0\0\x09\x01', 'latin1'),
        method(0, 10, 11, long(Buffer.alloc(0)), short('PLAIN'), login, short('en_US')),
        method(0, 10, 31, u16(CHANNEL_MAX), u32(FRAME_MAX), u16(0)),
        method(0, 10, 40, short(decodeURIComponent(pathname.slice(1))), short(''), Buffer.from([0])),
        method(1, 20, 10, short('')),
      ]),
    );
  }

  /** @returns once its channel is open */
  static async open(url: string): Promise<RawAmqp> {
    const connection = new RawAmqp(url);
    await waitFor(() => connection.heard.includes(channelOpenOk), { what: 'the channel' });
    return connection;
  }

  /** @param header the value of the one header, of any size */
  publish(exchange: string, routingKey: string, body: string, header: string): void {
    const table = Buffer.concat([short('big'), Buffer.from('S'), long(Buffer.from(header))]);
    const bytes = Buffer.from(body);
    const hasHeaders = 0x2000;
    const properties = Buffer.concat([u16(60), u16(0), u32(0), u32(bytes.length), u16(hasHeaders), long(table)]);
    this.#socket.write(method(1, 60, 40, u16(0), short(exchange), short(routingKey), Buffer.from([0])));
    this.#socket.write(frame(2, 1, properties));
    this.#socket.write(frame(3, 1, bytes));
  }

  close(): void {
    this.#socket.destroy();
  }
}
