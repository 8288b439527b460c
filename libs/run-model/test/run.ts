import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import {
  type Command,
  type EventData,
  type EventType,
  type JsonObject,
  type LogEvent,
  type ParsedEvent,
  type Plan,
  type PlanStep,
  parseCommand,
  parseEvent,
  type StepExecute,
  terminalTypes,
} from '@stepwire/protocol';
import {
  type Decision,
  decide,
  defaultPolicy,
  evolve,
  type Input,
  initialState,
  isFinished,
  type Policy,
  type Rejection,
  type RunState,
  type TimerRef,
  type TimerSet,
} from '@stepwire/run-model';

export const T0 = Date.UTC(2026, 0, 1);
export const REQUEST = 'req-1';

interface Timer extends TimerSet {
  readonly dueAt: number;
}

/**
 * What a coordinator does around `decide`: numbers events, keeps the log as JSON text, timers by name and the outbox.
 * After every input it checks what must hold always.
 */
export class Run {
  state: RunState = initialState(REQUEST);
  now = T0;
  readonly log: LogEvent[] = [];
  readonly outbox: Command[] = [];
  readonly timers = new Map<string, Timer>();
  readonly policy: Policy;
  #folded: RunState = initialState(REQUEST);
  #text = JSON.stringify(this.#folded);
  #commands = 0;
  #ids = 0;

  constructor(policy: Partial<Policy> = {}) {
    this.policy = { ...defaultPolicy, ...policy };
  }

  give(input: Input): Decision | Rejection {
    const before = this.state;
    const outcome = decide(before, input, this.now, this.policy);
    // It changes nothing that it was given.
    if (JSON.stringify(before) !== this.#text) expect(JSON.stringify(before)).toBe(this.#text);
    if (outcome.kind === 'decision') this.#take(outcome);
    return outcome;
  }

  /** @throws where it is refused: for what must go well */
  must(input: Input): Decision {
    const outcome = this.give(input);
    if (outcome.kind !== 'decision') throw new Error(`${JSON.stringify(input)} → ${JSON.stringify(outcome)}`);
    return outcome;
  }

  #take(decision: Decision): void {
    const before = this.state;
    for (const event of decision.events) {
      expect(isFinished(this.#folded.status)).toBe(false);
      // What is folded is what was stored: JSON text that passes the schema.
      const text = JSON.stringify(event);
      parseEvent(text, { now: 0 });
      const logged: LogEvent = { ...(JSON.parse(text) as ParsedEvent), seq: this.log.length + 1 };
      this.log.push(logged);
      const { progress } = this.#folded;
      this.#folded = evolve(this.#folded, logged);
      expect(this.#folded.progress).toBeGreaterThanOrEqual(progress);
      expect(this.#folded.seq).toBe(this.log.length);
      expect(isFinished(this.#folded.status)).toBe(terminalTypes.has(event.type));
    }
    for (const { type, body } of decision.commands) parseCommand(type, JSON.stringify(body));
    this.outbox.push(...decision.commands);
    for (const { kind, key } of decision.clearTimers) this.timers.delete(nameOf(kind, key));
    for (const set of decision.setTimers) {
      expect(set.inMs).toBeGreaterThanOrEqual(0);
      this.timers.set(nameOf(set.kind, set.key), { ...set, dueAt: this.now + set.inMs });
    }
    this.state = decision.state;
    // `expect` is slow, and this runs some 100,000 times.
    this.#text = JSON.stringify(this.#folded);
    if (!isDeepStrictEqual(decision.state, this.#folded)) expect(decision.state).toStrictEqual(this.#folded);
    if (JSON.stringify(decision.state) !== this.#text) expect(JSON.stringify(decision.state)).toBe(this.#text);
    if (decision.events.length === 0) expect(decision.state).toBe(before);
    this.#checkTimers();
  }

  /** Every timer watches something that is there, and what needs one has one. */
  #checkTimers(): void {
    const { state } = this;
    const steps = [...(state.managed && state.planning !== null ? [state.planning] : []), ...state.steps];
    const wanted = [
      ...(state.managed ? steps.filter((step) => step.status === 'running').map(({ id }) => nameOf('lease', id)) : []),
      ...state.questions.filter((q) => q.expiresAt !== null).map((q) => nameOf('question', q.questionId)),
      ...(state.status === 'cancelling' ? [nameOf('cancel', '')] : []),
    ];
    // A retry's timer is gone once it has dispatched the step, which then still is `retrying`.
    const retrying = steps.filter((step) => step.status === 'retrying').map(({ id }) => nameOf('retry', id));
    const there = [...this.timers.keys()];
    expect(there.filter((name) => !name.startsWith('retry')).sort()).toEqual(wanted.sort());
    for (const name of there)
      if (name.startsWith('retry') && state.status !== 'cancelling') expect(retrying).toContain(name);
    if (isFinished(state.status)) expect(there.filter((name) => !name.startsWith('retry'))).toEqual([]);
  }

  start(userId = 'ann', userQuery = 'is this real?'): Decision | Rejection {
    return this.give({ kind: 'start', commandId: this.commandId(), userId, userQuery, context: { lang: 'en' } });
  }

  cancel(by = 'ann', reason?: string): Decision | Rejection {
    return this.give({ kind: 'cancel', commandId: this.commandId(), by, reason });
  }

  answer(questionId: string, answer: unknown, by = 'ann'): Decision | Rejection {
    return this.give({ kind: 'answer', commandId: this.commandId(), by, questionId, answer });
  }

  claim(stepId: string, attempt = 1, instance = 'x1'): Decision | Rejection {
    return this.give({ kind: 'claim', stepId, attempt, instance });
  }

  /** An agent's event with an id of its own. */
  event<T extends EventType>(type: T, data: EventData[T], more: { id?: string; userId?: string; agent?: string } = {}) {
    const { id = `e${++this.#ids}`, userId, agent = 'some-agent' } = more;
    const body = { id, type, requestId: REQUEST, agent, timestamp: new Date(this.now).toISOString(), data };
    return this.give({ kind: 'event', event: parseEvent(JSON.stringify(body), { now: this.now }), userId });
  }

  raw(type: string, data: JsonObject, more: { userId?: string; agent?: string } = {}): Decision | Rejection {
    const { userId, agent = 'some-agent' } = more;
    const timestamp = new Date(this.now).toISOString();
    return this.give({
      kind: 'event',
      event: { id: `e${++this.#ids}`, type, requestId: REQUEST, agent, timestamp, data },
      userId,
    });
  }

  report(
    stepId: string,
    status: EventData['executor.step.progress']['status'],
    more: Partial<EventData['executor.step.progress']> = {},
  ): Decision | Rejection {
    return this.event('executor.step.progress', { stepId, status, attempt: 1, ...more });
  }

  /** Started, planned: what is ready waits for claims. */
  planned(...steps: PlanStep[]): this {
    this.start();
    this.claim('plan', 1, 'p1');
    this.event('planner.plan.created', { attempt: 1, plan: planOf(...steps) });
    return this;
  }

  /** Goes to where the timer is due and fires it; like the coordinator, which takes its row with the decision. */
  fire(kind: TimerRef['kind'], key = ''): Decision | Rejection {
    const timer = this.timers.get(nameOf(kind, key));
    if (timer === undefined)
      throw new Error(`no timer ${kind} ${key}; there are ${[...this.timers.keys()].join(', ')}`);
    this.now = Math.max(this.now, timer.dueAt);
    this.timers.delete(nameOf(kind, key));
    return this.give({ kind: 'timer', timer: { kind, key, attempt: timer.attempt } });
  }

  /** Moves the state alone, without the checks that look at all of it: for thousands of events. */
  unchecked(type: string, data: JsonObject): void {
    const timestamp = new Date(this.now).toISOString();
    const event = { id: `e${++this.#ids}`, type, requestId: REQUEST, agent: 'some-agent', timestamp, data };
    const outcome = decide(this.state, { kind: 'event', event }, this.now, this.policy);
    if (outcome.kind === 'decision') this.state = outcome.state;
  }

  commandId(): string {
    return `c${++this.#commands}`;
  }

  step(id: string) {
    const step = this.state.steps.find((known) => known.id === id);
    if (step === undefined) throw new Error(`no step ${id}`);
    return step;
  }

  get types(): string[] {
    return this.log.map(({ type }) => type);
  }

  /** the step.execute commands so far */
  get dispatched(): StepExecute[] {
    return this.outbox.flatMap((command) => (command.type === 'step.execute' ? [command.body] : []));
  }
}

const nameOf = (kind: TimerRef['kind'], key: string): string => `${kind} ${key}`;

export const step = (id: string, order: number, more: Partial<PlanStep> = {}): PlanStep => ({
  id,
  order,
  title: `do ${id}`,
  action: `${id}_tool`,
  ...more,
});

export const planOf = (...steps: PlanStep[]): Plan => ({
  goal: 'find out',
  phases: [
    { id: 'look', name: 'Looking' },
    { id: 'weigh', name: 'Weighing' },
  ],
  steps,
});

/** The types of the events that were decided; `rejected` or `refused` where nothing was. */
export const typesOf = (outcome: Decision | Rejection): string[] =>
  outcome.kind === 'decision' ? outcome.events.map(({ type }) => type) : [outcome.kind];
export const refusedAs = (reason: string) => ({ kind: 'refused', reason });
