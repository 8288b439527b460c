import type { Logger } from '@stepwire/observability';
import {
  agentMethods,
  type ErrorBody,
  errorTable,
  exchanges,
  periods,
  type RpcMethod,
  type RpcParams,
  type RpcRequest,
  type RpcResults,
  routingKeys,
  StepwireError,
} from '@stepwire/protocol';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Link } from './link.ts';
import type { Consumer } from './message.ts';
import { type Lane, SupervisedChannel } from './supervised-channel.ts';

export interface CallOptions {
  /** makes a repeat of the command have no second effect: give the same id again */
  readonly commandId?: string | undefined;
  /** ms until the call is given up; default `periods.rpcDeadlineMs` */
  readonly timeoutMs?: number | undefined;
}

export interface RpcClient extends Consumer {
  /**
   * @throws StepwireError the coordinator's refusal; `unavailable` at once when the connection is down, dies or is
   * blocked, and at the deadline: the command may or may not have been carried out, a repeat takes the same `commandId`
   */
  call<M extends RpcMethod>(method: M, params: RpcParams[M], options?: CallOptions): Promise<RpcResults[M]>;
}

/** https://www.rabbitmq.com/docs/direct-reply-to: asked and answered on one and the same channel */
const REPLY_TO = 'amq.rabbitmq.reply-to';

/** agents have an exchange of their own, so that the broker can keep them from asking what is meant for gateways */
const ofAgents: ReadonlySet<RpcMethod> = new Set(agentMethods);

interface Call {
  readonly exchange: string;
  readonly body: Buffer;
  readonly messageId: string | undefined;
  readonly timeoutMs: number;
  readonly timer: NodeJS.Timeout;
  sent: boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: StepwireError) => void;
}

/** Questions to the coordinator, on the publishing connection: where publishers are blocked, asking is of no use either. */
export class RpcCaller implements RpcClient {
  readonly #link: Link;
  readonly #channel: SupervisedChannel;
  readonly #stopListening: () => void;
  /** by correlation id; a direct reply-to address is of one channel, so a plain number is enough */
  readonly #calls = new Map<string, Call>();
  #lane: Lane | undefined;
  #asked = 0;

  constructor(link: Link, logger: Logger) {
    this.#link = link;
    this.#channel = new SupervisedChannel<Channel>(
      link,
      {
        what: 'questions to the coordinator',
        open: (model) => model.createChannel(),
        setUp: async (lane) => {
          lane.channel.on('return', ({ properties }) =>
            this.#end(properties.correlationId)?.reject(
              new StepwireError('unavailable', 'no queue for questions to the coordinator on RabbitMQ'),
            ),
          );
          await lane.channel.consume(REPLY_TO, (message) => this.#receive(message), { noAck: true });
          this.#lane = lane;
          for (const [id, call] of this.#calls) this.#send(lane, id, call);
        },
        onDown: (_lane, error) => {
          this.#lane = undefined;
          this.#rejectAll(`the connection was lost before the coordinator answered: ${error.message}`);
        },
      },
      logger,
    );
    this.#stopListening = link.listen({
      onUp: () => undefined,
      onDown: (error) => this.#rejectAll(`not connected to RabbitMQ: ${error.message}`),
      onBlocked: (reason) => this.#rejectAll(`RabbitMQ takes no messages: ${reason}`),
    });
  }

  async call<M extends RpcMethod>(method: M, params: RpcParams[M], options: CallOptions = {}): Promise<RpcResults[M]> {
    if (this.#link.model === undefined) throw new StepwireError('unavailable', 'not connected to RabbitMQ');
    if (this.#link.blocked !== undefined)
      throw new StepwireError('unavailable', `RabbitMQ takes no messages: ${this.#link.blocked}`);
    // whole: RabbitMQ closes the channel on any other `expiration`
    const timeoutMs = Math.ceil(options.timeoutMs ?? periods.rpcDeadlineMs);
    const request: RpcRequest<M> = {
      method,
      params,
      timeoutMs,
      ...(options.commandId === undefined ? {} : { commandId: options.commandId }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<RpcResults[M]>();
    const id = String(++this.#asked);
    const call: Call = {
      exchange: ofAgents.has(method) ? exchanges.coordinatorAgents : exchanges.coordinator,
      body: Buffer.from(JSON.stringify(request)),
      messageId: options.commandId,
      timeoutMs,
      timer: setTimeout(() => {
        this.#calls.delete(id);
        reject(new StepwireError('unavailable', `the coordinator did not answer ${method} within ${timeoutMs} ms`));
      }, timeoutMs),
      sent: false,
      // The one place where a reply's type is taken on trust: the coordinator is ours (design §3, RPC).
      resolve: (result) => resolve(result as RpcResults[M]),
      reject,
    };
    this.#calls.set(id, call);
    // While the channel is being opened on a live connection, a call waits for it.
    if (this.#lane !== undefined) this.#send(this.#lane, id, call);
    return promise;
  }

  async close(): Promise<void> {
    this.#stopListening();
    await this.#channel.close();
    this.#rejectAll('the connection was closed by us');
  }

  #send(lane: Lane, correlationId: string, call: Call): void {
    if (call.sent) return;
    call.sent = true;
    lane.channel.publish(call.exchange, routingKeys.rpc, call.body, {
      mandatory: true,
      contentType: 'application/json',
      correlationId,
      replyTo: REPLY_TO,
      // so that questions nobody waits for do not pile up while there is no coordinator
      expiration: call.timeoutMs,
      ...(call.messageId === undefined ? {} : { messageId: call.messageId }),
    });
  }

  #receive(message: ConsumeMessage | null): void {
    if (message === null) return;
    const call = this.#end(message.properties.correlationId);
    // An answer after its deadline: nobody waits.
    if (call === undefined) return;
    try {
      const reply = parseReply(message.content);
      if (reply.ok) call.resolve(reply.result);
      else call.reject(StepwireError.from(reply.error));
    } catch (error) {
      call.reject(new StepwireError('unavailable', 'the coordinator’s answer does not parse', { cause: error }));
    }
  }

  #end(correlationId: unknown): Call | undefined {
    if (typeof correlationId !== 'string') return undefined;
    const call = this.#calls.get(correlationId);
    this.#calls.delete(correlationId);
    clearTimeout(call?.timer);
    return call;
  }

  #rejectAll(text: string): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) {
      clearTimeout(call.timer);
      call.reject(new StepwireError('unavailable', text));
    }
  }
}

type Reply = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: ErrorBody };

function parseReply(body: Buffer): Reply {
  const reply: unknown = JSON.parse(body.toString());
  if (typeof reply !== 'object' || reply === null || !('ok' in reply)) throw new Error('no reply');
  if (reply.ok === true && 'result' in reply) return { ok: true, result: reply.result };
  if ('error' in reply && isErrorBody(reply.error)) return { ok: false, error: reply.error };
  throw new Error('neither a result nor an error');
}

const isErrorBody = (value: unknown): value is ErrorBody =>
  typeof value === 'object' &&
  value !== null &&
  'code' in value &&
  typeof value.code === 'string' &&
  value.code in errorTable &&
  'message' in value &&
  typeof value.message === 'string';
