import {
  type EventData,
  eventId,
  type StepExecute,
  type StepInput,
  StepwireError,
  type Usage,
} from '@stepwire/protocol';
import type { BlobStore } from './blob-store.ts';
import { StepStopped } from './lease.ts';
import { forPeople } from './outcome.ts';
import { questionId } from './question-id.ts';
import type { Reporter } from './reporter.ts';
import { fitsInline, loadResult } from './result.ts';
import { type EndSignal, ParkSignal, SkipSignal } from './signals.ts';
import {
  type ChoiceQuestion,
  type ConfirmQuestion,
  type Question,
  type TextQuestion,
  type ToolContext,
  ToolError,
  type ToolInput,
} from './tool.ts';

/** @throws StepwireError `not_found` where a result that travels by reference is gone */
export async function loadInputs(
  inputs: StepExecute['inputs'],
  blobs: BlobStore,
): Promise<Readonly<Record<string, ToolInput>>> {
  const load = async ([stepId, input]: [string, StepInput]): Promise<[string, ToolInput]> => [
    stepId,
    {
      status: input.status,
      result: await loadResult(input, blobs),
      ...(input.reason === undefined ? {} : { reason: input.reason }),
    },
  ];
  return Object.fromEntries(await Promise.all(Object.entries(inputs).map(load)));
}

export interface StepContextOptions {
  readonly command: StepExecute;
  readonly inputs: Readonly<Record<string, ToolInput>>;
  readonly reporter: Reporter;
  readonly blobs: BlobStore;
  /** the lease's signal */
  readonly signal: AbortSignal;
}

/**
 * What a tool sees of its step. Once the tool asked a question that has no answer, or skipped, {@link ended} holds the
 * signal, its own abort signal fires and every further call throws the same signal again.
 */
export class StepContext implements ToolContext {
  readonly requestId: string;
  readonly stepId: string;
  readonly attempt: number;
  readonly lastAttempt: boolean;
  readonly signal: AbortSignal;
  readonly input: unknown;
  readonly inputs: Readonly<Record<string, ToolInput>>;
  readonly #command: StepExecute;
  readonly #reporter: Reporter;
  readonly #blobs: BlobStore;
  readonly #ending = new AbortController();
  readonly #calls = new Map<string, { readonly name: string; readonly toolName: string; readonly startedAt: number }>();
  #ended: EndSignal | undefined;
  #asked = 0;
  #used: Usage | undefined;

  constructor({ command, inputs, reporter, blobs, signal }: StepContextOptions) {
    this.requestId = command.requestId;
    this.stepId = command.step.id;
    this.attempt = command.attempt;
    this.lastAttempt = command.lastAttempt;
    this.input = command.step.input;
    this.inputs = inputs;
    this.signal = AbortSignal.any([signal, this.#ending.signal]);
    this.#command = command;
    this.#reporter = reporter;
    this.#blobs = blobs;
  }

  get ended(): EndSignal | undefined {
    return this.#ended;
  }

  get used(): Usage | undefined {
    return this.#used;
  }

  ask(question: ConfirmQuestion): Promise<boolean>;
  ask(question: TextQuestion | ChoiceQuestion): Promise<string>;
  async ask(question: Question): Promise<boolean | string> {
    this.#proceed();
    this.#asked += 1;
    const ordinal = this.#asked;
    const id = questionId(this.requestId, this.stepId, ordinal, question.prompt);
    const { answers } = this.#command;
    if (Object.hasOwn(answers, id)) return answerOf(question, answers[id]);
    this.#reporter.emit('executor.question.asked', `question/${ordinal}`, {
      questionId: id,
      stepId: this.stepId,
      attempt: this.attempt,
      ...asEventData(question),
    });
    throw this.#end(new ParkSignal(id));
  }

  async progress(percent: number, message?: string): Promise<void> {
    this.#proceed();
    const { step, attempt } = this.#command;
    await this.#reporter.progress({
      stepId: step.id,
      stepOrder: step.order,
      status: 'running',
      tool: step.action,
      attempt,
      percent: Number.isFinite(percent) ? Math.min(100, Math.max(0, percent)) : 0,
      ...(message === undefined ? {} : { message: forPeople(message) }),
    });
  }

  async output(delta: string): Promise<void> {
    this.#proceed();
    await this.#reporter.output(delta);
  }

  toolStarted(toolName: string, input?: unknown): string {
    this.#proceed();
    const name = this.#reporter.numbered('call');
    const toolCallId = eventId(this.stepId, this.attempt, name);
    this.#calls.set(toolCallId, { name, toolName, startedAt: performance.now() });
    this.#reporter.emit('executor.tool.started', `${name}/started`, {
      stepId: this.stepId,
      attempt: this.attempt,
      toolCallId,
      toolName,
      ...(fitsInline(input) ? { input } : {}),
    });
    return toolCallId;
  }

  toolCompleted(toolCallId: string, outcome: { readonly output: unknown } | { readonly error: string }): void {
    this.#proceed();
    const call = this.#calls.get(toolCallId);
    if (call === undefined) throw new StepwireError('bad_request', `no tool call ${toolCallId} is running`);
    this.#calls.delete(toolCallId);
    this.#reporter.emit('executor.tool.completed', `${call.name}/completed`, {
      stepId: this.stepId,
      attempt: this.attempt,
      toolCallId,
      toolName: call.toolName,
      durationMs: Math.round(performance.now() - call.startedAt),
      ...('error' in outcome ? { error: outcome.error } : fitsInline(outcome.output) ? { output: outcome.output } : {}),
    });
  }

  async artifact(name: string, mediaType: string, bytes: Uint8Array): Promise<string> {
    this.#proceed();
    const { blobId } = await this.#blobs.put(bytes, mediaType);
    this.#proceed();
    this.#reporter.emit('executor.artifact.created', this.#reporter.numbered('artifact'), {
      artifactId: blobId,
      name,
      mediaType,
      bytes: bytes.byteLength,
      stepId: this.stepId,
      attempt: this.attempt,
    });
    return blobId;
  }

  skip(reason: string): never {
    this.#proceed();
    throw this.#end(new SkipSignal(reason));
  }

  usage({ inputTokens, outputTokens }: Usage): void {
    this.#used = {
      inputTokens: (this.#used?.inputTokens ?? 0) + inputTokens,
      outputTokens: (this.#used?.outputTokens ?? 0) + outputTokens,
    };
  }

  /** The tool has ended: its signal fires for what it left running, and what that still says is refused. */
  close(): void {
    this.#ending.abort(new StepStopped('ended'));
  }

  #end(signal: EndSignal): EndSignal {
    this.#ended = signal;
    this.#ending.abort(signal);
    return signal;
  }

  /** A tool that caught the signal, or its abort, and goes on is told again. */
  #proceed(): void {
    this.signal.throwIfAborted();
  }
}

function asEventData(
  question: Question,
): Pick<
  EventData['executor.question.asked'],
  'prompt' | 'kind' | 'choices' | 'allowOther' | 'default' | 'expiresInMs'
> {
  const { prompt, kind, expiresInMs } = question;
  return {
    prompt,
    kind,
    ...(question.kind === 'choice' ? { choices: [...question.choices] } : {}),
    ...(question.kind === 'choice' && question.allowOther === true ? { allowOther: true } : {}),
    ...(question.default === undefined ? {} : { default: question.default }),
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  };
}

/** The coordinator checked the answer against the question; this makes the type of it certain. */
function answerOf(question: Question, answer: unknown): boolean | string {
  const expected = question.kind === 'confirm' ? 'boolean' : 'string';
  if (typeof answer === 'boolean' && expected === 'boolean') return answer;
  if (typeof answer === 'string' && expected === 'string') return answer;
  throw new ToolError('bad_answer', `the answer to "${question.prompt}" is not a ${expected}`, { retryable: false });
}
