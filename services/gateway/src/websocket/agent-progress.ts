import { toolProgress, toolProgressFailure } from '@stepwire/dialects';
import { StepwireError } from '@stepwire/protocol';
import { isFinished } from '@stepwire/run-model';
import { runState } from '../coordinator-answers.ts';
import type { Gateway } from '../gateway.ts';
import { typesOf } from '../http/query.ts';
import { Renderer } from '../pump/renderer.ts';
import { requestCursor } from '../pump/request-cursor.ts';
import { RequestPump } from '../pump/request-pump.ts';
import { sent } from '../pump/sink.ts';
import { IDLE } from './close-codes.ts';
import type { WebSocketConnection, WebSocketRoute, WebSocketSettings } from './web-socket-connection.ts';

/**
 * `/ws/agent-progress/:taskId`, dialect `tool-progress` (design §7.3). It never leaves a client in doubt: each heartbeat says
 * `{heartbeat: true}`, and while nothing happens for a reason (a lease, a question, a queue) the current step again; where
 * there is no reason it gives up after `idleTimeoutMs`, and where the coordinator is away it says so.
 */
export class AgentProgressRoute implements WebSocketRoute {
  readonly #gateway: Gateway;
  readonly #taskId: string;
  readonly #settings: WebSocketSettings;

  constructor(gateway: Gateway, taskId: string, settings: WebSocketSettings) {
    this.#gateway = gateway;
    this.#taskId = taskId;
    this.#settings = settings;
  }

  refusal({ code, message }: StepwireError): object {
    return toolProgressFailure(code, message);
  }

  async begin(connection: WebSocketConnection, query: URLSearchParams): Promise<void> {
    const { sink } = connection;
    const requestId = this.#taskId;
    const since = query.get('since');
    const cursor = since === null ? null : requestCursor(since);
    const { viewer } = connection.credential;
    const answer = await this.#gateway.ask('snapshot', { requestId, caller: viewer });
    if (!answer.known) throw new StepwireError('not_found', `there is no task ${requestId}`);
    const newest = runState(answer.state);
    if (cursor !== null && cursor.seq > newest.seq) {
      throw new StepwireError('cursor_gone', `${since} is beyond the head of this task, ${newest.seq}: start over`);
    }
    if (isFinished(newest.status) && cursor?.seq === newest.seq) {
      // They have all of it: nothing would ever come.
      sink.end(null);
      return;
    }
    const renderer = new Renderer(toolProgress, requestId, typesOf(query));
    let heardAt = performance.now();
    const pump = new RequestPump({
      rooms: this.#gateway.rooms,
      coordinator: this.#gateway.coordinator,
      requestId,
      viewer,
      epoch: answer.epoch,
      renderer,
      sink,
      maxBacklogBytes: this.#settings.maxBacklogBytes,
      onEvents: () => {
        heardAt = performance.now();
      },
    });
    connection.onMessage(() => undefined); // there is nothing to say here
    connection.onClose(() => pump.stop());
    const { heartbeatMs, idleTimeoutMs } = this.#settings;
    connection.every(heartbeatMs, () => {
      sink.say({ heartbeat: true });
      const held = performance.now() - heardAt < heartbeatMs ? null : this.#held(renderer);
      if (held !== null) sink.send([sent(held)]);
    });
    connection.every(Math.ceil(idleTimeoutMs / 4), () => {
      if (performance.now() - heardAt < idleTimeoutMs) return;
      if (this.#held(renderer) === null) {
        pump.stop();
        const why = `nothing happened for ${idleTimeoutMs / 1000} s (STREAM_IDLE_TIMEOUT_MS)`;
        sink.say(toolProgressFailure('stalled', why, renderer.state.progress));
        sink.close(IDLE, 'stalled');
      } else {
        heardAt = performance.now();
        this.#stillThere(requestId).catch((error: unknown) => {
          if (error instanceof StepwireError) sink.end(error);
        });
      }
    });
    await pump.run(cursor, newest);
  }

  #held(renderer: Renderer) {
    return toolProgress.holding?.(renderer.state, new Date().toISOString()) ?? null;
  }

  /** A lease is live only where there is a coordinator that keeps it. @throws StepwireError `unavailable` */
  async #stillThere(requestId: string): Promise<void> {
    await this.#gateway.ask('heads', { requestIds: [requestId] });
  }
}
