import { type EventData, isEvent, type LogEvent } from '@stepwire/client';
import { evolve, initialState, isSettled, type RunState, type StepState } from '@stepwire/run-model';
import { StepOutput } from './step-output.ts';

/** A stretch of a step's life in one status. */
export interface Span {
  readonly status: StepState['status'];
  readonly attempt: number;
  readonly fromSeq: number;
  /** Unix ms */
  readonly fromAt: number;
  /** null: it goes on */
  readonly end: SpanEnd | null;
}

export interface SpanEnd {
  readonly seq: number;
  readonly at: number;
  /** the status that followed */
  readonly status: StepState['status'];
  /** why it failed, also where it was tried again */
  readonly error: string | null;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  readonly attempt: number | null;
  readonly fromSeq: number;
  readonly fromAt: number;
  /** null: it goes on */
  readonly end: {
    readonly seq: number;
    readonly at: number;
    readonly output: unknown;
    readonly error: string | null;
    readonly durationMs: number | null;
  } | null;
}

export interface Thought {
  readonly seq: number;
  readonly text: string;
}

/** What the state does not keep of a step, because it is the past of it. */
export interface StepTrace {
  readonly spans: readonly Span[];
  readonly calls: readonly ToolCall[];
  /** one for each attempt that wrote something */
  readonly outputs: readonly StepOutput[];
  readonly thoughts: readonly Thought[];
}

export type Asked = EventData['executor.question.asked'];

/** Where what names no step is kept. */
export const WHOLE_REQUEST = '';

/** a state is kept of every so many events: no other is further away than so many steps of `evolve` */
const CHECKPOINT_EVERY = 100;

interface Growing {
  spans: Span[];
  calls: ToolCall[];
  outputs: StepOutput[];
  thoughts: Thought[];
}

const nothing: StepTrace = { spans: [], calls: [], outputs: [], thoughts: [] };

/**
 * The log of one request as it grows, and what can be known of it at any of its events. What happened to steps is read off the
 * difference that `evolve` makes, so that it is what everybody else sees, whatever agents call their events.
 */
export class Trace {
  readonly requestId: string;
  readonly events: LogEvent[] = [];
  /** of each event, Unix ms. Agents' clocks differ: here it never falls. */
  readonly times: number[] = [];
  /** by questionId */
  readonly questions = new Map<string, Asked>();
  readonly #steps = new Map<string, Growing>();
  /** at seq 0, {@link CHECKPOINT_EVERY}, twice that … */
  readonly #checkpoints: RunState[];
  #head: RunState;
  /** the last one that was asked for: who plays asks for the next one then */
  #asked: RunState;

  constructor(requestId: string) {
    this.requestId = requestId;
    this.#head = initialState(requestId);
    this.#asked = this.#head;
    this.#checkpoints = [this.#head];
  }

  get length(): number {
    return this.events.length;
  }

  /** Unix ms of an event; of seq 0, that of the first */
  timeAt(seq: number): number {
    return this.times[Math.max(0, Math.min(seq, this.length) - 1)] ?? 0;
  }

  /** @param stepId {@link WHOLE_REQUEST}: what belongs to no step */
  step(stepId: string): StepTrace {
    return this.#steps.get(stepId) ?? nothing;
  }

  /** @param event the next one of the log */
  append(event: LogEvent): void {
    const parsed = Date.parse(event.timestamp);
    const at = Math.max(this.times.at(-1) ?? 0, Number.isNaN(parsed) ? 0 : parsed);
    const before = this.#head;
    const after = evolve(before, event);
    this.events.push(event);
    this.times.push(at);
    this.#head = after;
    if (this.length % CHECKPOINT_EVERY === 0) this.#checkpoints.push(after);
    if (after.planning !== null && after.planning !== before.planning) {
      this.#changed(before.planning, after.planning, event.seq, at);
    }
    if (after.steps !== before.steps) this.#stepsChanged(before.steps, after.steps, event.seq, at);
    this.#keep(event, at);
  }

  /** The state after event `seq`, 0 to {@link length}. */
  stateAt(seq: number): RunState {
    const wanted = Math.max(0, Math.min(seq, this.length));
    if (wanted === this.length) return this.#head;
    const checkpoint = this.#checkpoints[Math.floor(wanted / CHECKPOINT_EVERY)] ?? this.#head;
    const near = this.#asked.seq <= wanted && this.#asked.seq >= checkpoint.seq;
    let state = near ? this.#asked : checkpoint;
    for (let next = state.seq; next < wanted; next += 1) {
      const event = this.events[next];
      if (event !== undefined) state = evolve(state, event);
    }
    this.#asked = state;
    return state;
  }

  #growing(stepId: string): Growing {
    const known = this.#steps.get(stepId);
    if (known !== undefined) return known;
    const made = { spans: [], calls: [], outputs: [], thoughts: [] };
    this.#steps.set(stepId, made);
    return made;
  }

  #stepsChanged(before: readonly StepState[], after: readonly StepState[], seq: number, at: number): void {
    // a plan may name steps anew that were heard of already
    const aligned = before.length === after.length;
    const byId = aligned ? null : new Map(before.map((step) => [step.id, step]));
    after.forEach((step, index) => {
      const was = byId === null ? before[index] : byId.get(step.id);
      if (step !== was) this.#changed(was ?? null, step, seq, at);
    });
  }

  #changed(was: StepState | null, is: StepState, seq: number, at: number): void {
    if (was !== null && was.id === is.id && was.status === is.status && was.attempt === is.attempt) return;
    const { spans } = this.#growing(is.id);
    const open = spans.at(-1);
    if (open !== undefined && open.end === null) {
      const end: SpanEnd = { seq, at, status: is.status, error: is.error?.message ?? null };
      spans[spans.length - 1] = { ...open, end };
    }
    // what waits for others has not begun, and what is settled is over
    if (is.status === 'pending' || isSettled(is)) return;
    spans.push({ status: is.status, attempt: is.attempt, fromSeq: seq, fromAt: at, end: null });
  }

  #keep(event: LogEvent, at: number): void {
    const { seq } = event;
    if (isEvent(event, 'executor.step.output')) {
      const { stepId, delta, attempt = 1 } = event.data;
      const { outputs } = this.#growing(stepId);
      let output = outputs.find((one) => one.attempt === attempt);
      if (output === undefined) {
        output = new StepOutput(attempt);
        outputs.push(output);
      }
      output.append(seq, delta);
    } else if (isEvent(event, 'executor.tool.started')) {
      const { stepId = WHOLE_REQUEST, toolCallId: id, toolName: name, input, attempt = null } = event.data;
      this.#growing(stepId).calls.push({ id, name, input, attempt, fromSeq: seq, fromAt: at, end: null });
    } else if (isEvent(event, 'executor.tool.completed')) {
      this.#toolCompleted(event.data, seq, at);
    } else if (isEvent(event, 'agent.thinking')) {
      this.#growing(event.data.stepId ?? WHOLE_REQUEST).thoughts.push({ seq, text: event.data.thought });
    } else if (isEvent(event, 'executor.question.asked')) {
      this.questions.set(event.data.questionId, event.data);
    }
  }

  #toolCompleted(data: EventData['executor.tool.completed'], seq: number, at: number): void {
    const { stepId = WHOLE_REQUEST, toolCallId: id, toolName: name, output, error, durationMs = null } = data;
    const { calls } = this.#growing(stepId);
    const message = error === undefined ? null : typeof error === 'string' ? error : error.message;
    const end = { seq, at, output, error: message, durationMs };
    const index = calls.findLastIndex((call) => call.id === id && call.end === null);
    const open = calls[index];
    // its agent may have said only how it ended
    if (open === undefined) {
      const fromAt = at - (durationMs ?? 0);
      calls.push({ id, name, input: undefined, attempt: data.attempt ?? null, fromSeq: seq, fromAt, end });
    } else {
      calls[index] = { ...open, end };
    }
  }
}
