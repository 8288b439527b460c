import { randomUUID } from 'node:crypto';
import { agents, type ErrorBody, isEvent, type LogEvent, PLAN_STEP, type UnnumberedEvent } from '@stepwire/protocol';
import {
  decide,
  defaultPolicy,
  evolve,
  type Input,
  initialState,
  isFinished,
  type RunState,
} from '@stepwire/run-model';
import { type Retelling, retold, scaled } from './retelling.ts';

export interface PlaybackOptions extends Retelling {
  /** called with what has just happened, in order */
  readonly happened: (events: readonly LogEvent[]) => void;
}

/** events that happen in one turn of the event loop */
const MAX_AT_ONCE = 100;
/** how long agents take to stop (ms, at speed 1): it was not recorded */
const STOPPING_MS = 400;

/**
 * One request that takes its course as a recorded one did, except for what clients do: their commands are decided by the
 * run model, as in the coordinator. So a question that was answered waits for anybody's answer, without a deadline, and
 * a cancel ends it.
 */
export class Playback {
  readonly #options: PlaybackOptions;
  readonly #log: LogEvent[] = [];
  #state: RunState;
  /** of `#log`, that nobody was told yet */
  #untold: LogEvent[] = [];
  /** index of the recorded event that comes next */
  #next = 0;
  /** when it is to happen (Unix ms) */
  #dueAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #cancelled = false;

  constructor(options: PlaybackOptions) {
    this.#options = options;
    this.#state = initialState(options.requestId);
  }

  get state(): RunState {
    return this.#state;
  }
  get log(): readonly LogEvent[] {
    return this.#log;
  }

  /** The first event happens in the words of who starts it, and then the recorded ones. @returns why not */
  start(input: Extract<Input, { kind: 'start' }>): ErrorBody | undefined {
    const [first] = this.#options.recording.events;
    if (first === undefined) throw new Error('a recording has events');
    if (this.#state.seq > 0 || (first.type === 'request.accepted' && first.agent === agents.gateway)) {
      const refusal = this.command(input);
      if (refusal !== undefined) return refusal;
    } else {
      // another program drove it, whose first event says whose it is
      const event = retold(first, this.#options, Date.now());
      this.#append({ ...event, data: { ...event.data, userId: input.userId } });
    }
    this.#next = 1;
    this.#dueAt = Date.now() + this.#gapMs();
    this.#goOn();
    return undefined;
  }

  /** A client's, or an agent's report. @returns why a command has no effect */
  command(input: Input): ErrorBody | undefined {
    const before = this.#state.status;
    const decision = decide(this.#state, input, Date.now(), defaultPolicy);
    if (decision.kind !== 'decision') return decision.kind === 'rejected' ? decision.error : undefined;
    for (const event of decision.events) this.#append(event);
    this.#tell();
    if (input.kind === 'cancel' && before !== 'cancelling') {
      this.#cancelled = true;
      this.stop();
      if (!isFinished(this.#state.status))
        this.#timer = setTimeout(() => this.#agentsStop(), scaled(STOPPING_MS, this.#options));
    } else if (input.kind === 'answer' && this.#timer === undefined) {
      this.#goOn();
    }
    return decision.rejection;
  }

  /** Nothing more happens by itself. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** What is due happens, and what comes next has its timer. */
  #goOn(): void {
    this.#timer = undefined;
    for (let count = 0; !this.#cancelled && !isFinished(this.#state.status); count += 1) {
      const event = this.#upcoming();
      if (event === undefined) break;
      const waitMs = this.#dueAt - Date.now();
      if (waitMs > 0 || count === MAX_AT_ONCE) {
        this.#timer = setTimeout(() => this.#goOn(), waitMs);
        break;
      }
      this.#append(retold(event, this.#options, Date.now()));
      this.#next += 1;
      this.#dueAt += this.#gapMs();
    }
    this.#tell();
  }

  /** undefined: the recording is at its end, or waits for an answer */
  #upcoming(): LogEvent | undefined {
    for (;;) {
      const event = this.#options.recording.events[this.#next];
      if (event === undefined) return undefined;
      const closing = isEvent(event, 'question.answered') || isEvent(event, 'question.expired');
      if (!closing) return event;
      const { questionId } = retold(event, this.#options, Date.now()).data;
      if (this.#state.questions.some((open) => open.questionId === questionId)) {
        return event.type === 'question.answered' ? undefined : event;
      }
      // somebody closed it in another way: from now on it goes on as it did after that
      this.#next += 1;
      this.#dueAt = Date.now() + this.#gapMs();
    }
  }

  /** between the next event and the one before it (ms); agents' clocks differ, so it may have been told as less than none */
  #gapMs(): number {
    const { events } = this.#options.recording;
    const at = (index: number): number => Date.parse(events[index]?.timestamp ?? '');
    return scaled(at(this.#next) - at(this.#next - 1) || 0, this.#options);
  }

  #append(event: UnnumberedEvent): void {
    const numbered = { ...event, seq: this.#state.seq + 1 };
    this.#state = evolve(this.#state, numbered);
    this.#log.push(numbered);
    this.#untold.push(numbered);
  }

  #tell(): void {
    const events = this.#untold;
    this.#untold = [];
    if (events.length > 0) this.#options.happened(events);
  }

  /** What runs says that it has stopped, which ends the request. */
  #agentsStop(): void {
    this.#timer = undefined;
    const { managed, planning, steps, requestId, cancel } = this.#state;
    const say = (type: string, agent: string, data: UnnumberedEvent['data']): void => {
      const timestamp = new Date().toISOString();
      this.command({ kind: 'event', event: { id: randomUUID(), type, requestId, agent, timestamp, data } });
    };
    if (!managed) say('request.cancelled', this.#log.at(-1)?.agent ?? agents.executor, { by: cancel?.by ?? '' });
    for (const step of [planning, ...steps]) {
      if (step?.status !== 'running') continue;
      const { id: stepId, attempt } = step;
      const agent = stepId === PLAN_STEP ? agents.planner : agents.executor;
      say('executor.step.progress', agent, { stepId, attempt, status: 'skipped', message: 'cancelled' });
    }
  }
}
