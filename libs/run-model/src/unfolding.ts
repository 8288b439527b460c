import {
  type Command,
  type ErrorBody,
  type EventData,
  type EventType,
  eventId,
  type UnnumberedEvent,
} from '@stepwire/protocol';
import type { Decision, NewEvent, Policy, TimerSet } from './decision.ts';
import { evolve } from './evolve.ts';
import { followUp } from './follow-up.ts';
import { asJson } from './json-object.ts';
import type { RunState } from './state.ts';

/**
 * A decision in the making: each event that is appended evolves the state with the number it will get, so that what is
 * decided next sees it. Commands and timers that follow from a change of steps, questions or status are not decided one
 * by one: {@link followUp} reads them off the difference between the state before and after.
 */
export class Unfolding {
  readonly now: number;
  readonly policy: Policy;
  #state: RunState;
  readonly #before: RunState;
  readonly #events: NewEvent[] = [];
  readonly #commands: Command[] = [];
  readonly #setTimers: TimerSet[] = [];

  constructor(before: RunState, now: number, policy: Policy) {
    this.#before = before;
    this.#state = before;
    this.now = now;
    this.policy = policy;
  }

  /** with everything that was appended so far */
  get state(): RunState {
    return this.#state;
  }

  append(event: NewEvent): this {
    this.#events.push(event);
    this.#state = evolve(this.#state, { ...event, seq: this.#state.seq + 1 });
    return this;
  }

  /** Appends an event of our own. `id`: that of the command that causes it; else one is made of `name`. */
  say<T extends EventType>(
    type: T,
    agent: string,
    data: EventData[T],
    naming: { id: string } | { name: readonly (string | number)[] },
  ): this {
    const { requestId } = this.#state;
    const id = 'id' in naming ? naming.id : eventId(requestId, ...naming.name);
    const event: UnnumberedEvent = {
      id,
      type,
      requestId,
      agent,
      timestamp: timestampOf(this.now),
      data: asJson<T>(data),
    };
    return this.append(event);
  }

  command(command: Command): this {
    this.#commands.push(command);
    return this;
  }

  timer(timer: TimerSet): this {
    this.#setTimers.push(timer);
    return this;
  }

  /** @param rejection what the client hears although the events are to be committed */
  decision(rejection?: ErrorBody): Decision {
    const follows = followUp(this.#before, this.#state, this.now, this.policy);
    return {
      kind: 'decision',
      events: this.#events,
      state: this.#state,
      commands: [...this.#commands, ...follows.commands],
      setTimers: [...this.#setTimers, ...follows.setTimers],
      clearTimers: follows.clearTimers,
      ...(rejection === undefined ? {} : { rejection }),
    };
  }
}

/** RFC 3339 has years 0000 to 9999; an agent's clock may show others. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** @param ms Unix time; beyond what can be written it becomes the nearest that can */
export const timestampOf = (ms: number): string => new Date(Math.min(Math.max(ms, FIRST_MS), LAST_MS)).toISOString();
