import { expect } from '@jest/globals';
import { PLAN_STEP, type Plan, type PlanStep, terminalTypes } from '@stepwire/protocol';
import { isFinished, type Policy } from '@stepwire/run-model';
import { planOf, Run } from './run.ts';

/** What an executor holds after it was told to go. */
interface Job {
  readonly instance: string;
  readonly stepId: string;
  readonly attempt: number;
  /** it has said its last word */
  ended: boolean;
}

const INSTANCES = ['x1', 'x2', 'x3'];
const ENDS = new Set(['completed', 'skipped', 'failed']);

/**
 * A run with everything around it: a broker that delivers commands late, twice and in any order, executors that crash,
 * live on after their lease and report what is no longer asked of them, clients, and a clock. `pick(n)` chooses 0…n−1.
 * Its expectations are made of what it saw itself, never of the state under test.
 */
export class World {
  readonly run: Run;
  readonly plan: Plan;
  readonly jobs: Job[] = [];
  /** indices into the outbox of what the broker still holds */
  readonly #mailbox = new Set<number>();
  #seenCommands = 0;
  readonly #newest = new Map<string, number>();
  readonly #goes = new Map<string, string>();
  readonly #results = new Map<string, unknown>();
  readonly #asked: string[] = [];
  readonly #pick: (n: number) => number;
  #cancelled = false;

  constructor(steps: PlanStep[], pick: (n: number) => number, policy: Partial<Policy> = {}) {
    this.run = new Run({ maxLeaseLosses: 3, ...policy });
    this.plan = planOf(...steps);
    this.#pick = pick;
  }

  /** One thing happens. */
  act(): void {
    const { run } = this;
    const actions = [
      () => this.#deliver(),
      () => this.#deliver(),
      () => this.#deliver(),
      () => this.#jobSays('progress'),
      () => this.#jobSays('completed'),
      () => this.#jobSays('completed'),
      () => this.#jobSays('failed'),
      () => this.#jobSays('skipped'),
      () => this.#jobSays('asks'),
      () => this.#jobSays('output'),
      () => this.#fire(),
      () => this.#fire(),
      () => this.#answer(),
      () => this.#fallSilent(),
      () => this.#lose(),
      () =>
        run.raw(this.#one(['my.own', 'agent.completed', 'agent.failed', 'agent.thinking', 'request.completed']), {
          message: 'x',
          thought: 'y',
        }),
      () => this.#claim(this.#anyStep(), 1 + this.#pick(3), this.#one(INSTANCES)),
      () => (this.#pick(8) === 0 ? this.#cancel() : undefined),
      () => run.start(this.#one(['ann', 'bob'])),
    ];
    this.#one(actions)();
    this.#look();
  }

  /** From here on messages arrive, executors finish what they hold, timers fire and people answer. */
  settle(): void {
    const { run } = this;
    if (run.log.length === 0) run.start();
    for (let turn = 0; turn < 1_000 && !isFinished(run.state.status); turn++) {
      this.#look();
      const job = this.jobs.find((held) => !this.#isStale(held));
      const [message] = this.#mailbox;
      if (job !== undefined) this.#say(job, 'completed');
      else if (message !== undefined) this.#deliver(message);
      else if (run.timers.size > 0) this.#fireSoonest();
      else if (run.state.questions.length > 0) this.#answerAsAsked();
      else run.give({ kind: 'silence' });
    }
    this.#look();
    this.#checkEnd();
  }

  #anyStep = (): string => this.#one([PLAN_STEP, ...this.plan.steps.map(({ id }) => id), 'ghost']);

  #one<T>(from: readonly T[]): T {
    const chosen = from[this.#pick(from.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }

  /** New commands reach the broker. */
  #look(): void {
    for (; this.#seenCommands < this.run.outbox.length; this.#seenCommands++) {
      const command = this.run.outbox[this.#seenCommands];
      if (command?.type !== 'plan.create' && command?.type !== 'step.execute') continue;
      const id = command.type === 'plan.create' ? PLAN_STEP : command.body.step.id;
      const newest = this.#newest.get(id) ?? 0;
      // the same attempt again only at a stall
      expect(command.body.attempt).toBeGreaterThanOrEqual(this.run.state.stalled ? newest : newest + 1);
      this.#newest.set(id, command.body.attempt);
      this.#mailbox.add(this.#seenCommands);
    }
  }

  /** As the coordinator sees it: nobody holds a lease, and no retry is due. */
  #fallSilent(): void {
    const kinds = [...this.run.timers.values()].map(({ kind }) => kind);
    if (!kinds.includes('lease') && !kinds.includes('retry')) this.run.give({ kind: 'silence' });
  }

  /** A broker lost its disk. What is lost while nothing moves any more, nobody hands out again. */
  #lose(): void {
    if (!this.run.state.stalled && this.#pick(4) === 0) this.#mailbox.clear();
  }

  #deliver(message?: number): void {
    const index = message ?? (this.#mailbox.size === 0 ? undefined : this.#one([...this.#mailbox]));
    const command = index === undefined ? undefined : this.run.outbox[index];
    if (index === undefined || (command?.type !== 'plan.create' && command?.type !== 'step.execute')) return;
    const id = command.type === 'plan.create' ? PLAN_STEP : command.body.step.id;
    const instance = this.#one(INSTANCES);
    const known = this.jobs.length;
    this.#claim(id, command.body.attempt, instance);
    // Not acknowledged after all: it will be delivered again, to anybody.
    if (message !== undefined || this.#pick(4) > 0) this.#mailbox.delete(index);
    if (this.jobs.length > known && command.type === 'step.execute') this.#checkInputs(command.body.inputs);
  }

  #checkInputs(inputs: Record<string, { status: string; result?: unknown }>): void {
    for (const [id, input] of Object.entries(inputs)) {
      expect(ENDS).toContain(input.status);
      expect(input.result ?? null).toEqual(this.#results.get(id) ?? null);
    }
  }

  #claim(stepId: string, attempt: number, instance: string): void {
    const outcome = this.run.claim(stepId, attempt, instance);
    if (outcome.kind !== 'decision') return;
    const key = `${stepId}/${attempt}`;
    expect(this.#goes.get(key) ?? instance).toBe(instance);
    expect(this.#cancelled).toBe(false);
    // A claim may come before the message that hands the attempt out, never before there is such an attempt.
    expect(attempt).toBeLessThanOrEqual((this.#newest.get(stepId) ?? 0) + 1);
    for (const id of this.plan.steps.find((planned) => planned.id === stepId)?.dependsOn ?? []) {
      const ended = this.run.log.some(
        ({ type, data }) =>
          type === 'executor.step.progress' &&
          data.stepId === id &&
          ENDS.has(String(data.status)) &&
          data.willRetry !== true,
      );
      expect(ended).toBe(true);
    }
    if (!this.#goes.has(key)) this.jobs.push({ instance, stepId, attempt, ended: false });
    this.#goes.set(key, instance);
  }

  #isStale({ ended, stepId, attempt }: Job): boolean {
    return ended || (this.#newest.get(stepId) ?? 0) > attempt;
  }

  #jobSays(what: 'progress' | 'completed' | 'failed' | 'skipped' | 'asks' | 'output'): void {
    if (this.jobs.length > 0) this.#say(this.#one(this.jobs), what);
  }

  #say(job: Job, what: 'progress' | 'completed' | 'failed' | 'skipped' | 'asks' | 'output'): void {
    const { run } = this;
    const stale = this.#isStale(job);
    const before = run.state;
    const { stepId, attempt, instance } = job;
    const result = `${stepId}/${attempt}`;
    const say = (): ReturnType<Run['give']> => {
      switch (what) {
        case 'completed':
          if (stepId === PLAN_STEP) return run.event('planner.plan.created', { attempt, plan: this.plan });
          return run.report(stepId, 'completed', { attempt, instance, result });
        case 'failed': {
          const retryable = this.#pick(6) > 0;
          if (stepId === PLAN_STEP && this.#pick(2) === 0) {
            return run.event('agent.failed', { message: 'no', step: PLAN_STEP, attempt, retryable });
          }
          return run.report(stepId, 'failed', { attempt, error: 'no', retryable });
        }
        case 'skipped':
          return run.report(stepId, 'skipped', { attempt, message: 'not needed' });
        case 'progress':
          return run.report(stepId, 'running', { attempt, percent: this.#pick(101) });
        case 'output':
          return run.event('executor.step.output', { stepId, attempt, delta: 'x' });
        case 'asks': {
          const questionId = `${stepId}?${this.#asked.length}`;
          this.#asked.push(questionId);
          return run.event('executor.question.asked', {
            questionId,
            stepId,
            attempt,
            prompt: '?',
            kind: 'text',
            ...(this.#pick(2) === 0 ? { default: 'd' } : {}),
            ...(this.#pick(2) === 0 ? { expiresInMs: 30_000 } : {}),
          });
        }
      }
    };
    const outcome = say();
    if (stale) {
      expect(outcome.kind).toBe('refused');
      expect(run.state).toBe(before);
    } else if (outcome.kind === 'decision') {
      if (what === 'completed') this.#results.set(stepId, result);
      if (what !== 'progress' && what !== 'output') job.ended = true;
    }
  }

  #fire(): void {
    const { run } = this;
    const timers = [...run.timers.values()];
    if (timers.length === 0) return;
    const { kind, key, attempt } = this.#one(timers);
    run.fire(kind, key);
    if (kind !== 'lease') return;
    for (const job of this.jobs) if (job.stepId === key && job.attempt === attempt) job.ended = true;
  }

  #fireSoonest(): void {
    const [soonest] = [...this.run.timers.values()].sort((a, b) => a.dueAt - b.dueAt);
    if (soonest === undefined) return;
    this.run.fire(soonest.kind, soonest.key);
    for (const job of this.jobs) {
      if (soonest.kind === 'lease' && job.stepId === soonest.key && job.attempt === soonest.attempt) job.ended = true;
    }
  }

  #answer(): void {
    if (this.#asked.length === 0) return;
    const open = this.run.state.questions[0]?.questionId;
    const id = open ?? this.#one(this.#asked);
    if (this.#pick(3) === 0) this.run.now += 31_000;
    this.run.answer(id, this.#pick(5) === 0 ? 42 : 'me');
  }

  #answerAsAsked(): void {
    const [question] = this.run.state.questions;
    if (question !== undefined) this.run.answer(question.questionId, 'me');
  }

  #cancel(): void {
    if (this.run.cancel().kind === 'decision') this.#cancelled = true;
  }

  #checkEnd(): void {
    const { log, state } = this.run;
    const ends = log.filter(({ type }) => terminalTypes.has(type));
    expect(ends).toHaveLength(1);
    expect(ends[0]).toBe(log.at(-1));
    if (this.#cancelled) expect(state.status).toBe('cancelled');
    if (state.status === 'failed') expect(log.at(-2)?.type).toBe('agent.failed');
    if (state.status === 'completed') {
      expect(log.at(-2)?.type).toBe('agent.completed');
      expect(state.progress).toBe(100);
      expect(state.steps.map(({ id, result }) => [id, result])).toEqual(
        this.plan.steps.map(({ id }) => [id, this.#results.get(id) ?? null]),
      );
    }
    expect(state.questions).toEqual([]);
    expect(state.steps.filter(({ status }) => !ENDS.has(status))).toEqual([]);
    // Whoever still works hears that it must stop: its report is refused.
    for (const job of this.jobs) this.#say({ ...job, ended: true }, 'completed');
    expect(this.run.log).toBe(log);
  }
}
