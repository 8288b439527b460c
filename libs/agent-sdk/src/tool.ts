import type { StepInput, Usage } from '@stepwire/protocol';

/** Something an executor can do: a plan's step names it as its `action`. */
export interface Tool {
  readonly name: string;
  /** one line for people who write plans */
  readonly about: string;
  /**
   * Runs from its start in every attempt. What it returns is the step's result, any JSON value.
   * @throws ToolError to say whether a repeat can help; anything else counts as a failure that is repeated
   */
  run(context: ToolContext): unknown;
}

/** A step that this one depends on; `result` is null where it was skipped or failed though optional. */
export interface ToolInput {
  readonly status: StepInput['status'];
  readonly result: unknown;
  /** why there is no result */
  readonly reason?: string;
}

interface Asked {
  readonly prompt: string;
  /** ms until the question expires; without it, it waits for good */
  readonly expiresInMs?: number;
}
export interface TextQuestion extends Asked {
  readonly kind: 'text';
  readonly default?: string;
}
export interface ChoiceQuestion extends Asked {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  /** takes free text too */
  readonly allowOther?: boolean;
  readonly default?: string;
}
export interface ConfirmQuestion extends Asked {
  readonly kind: 'confirm';
  readonly default?: boolean;
}
export type Question = TextQuestion | ChoiceQuestion | ConfirmQuestion;

export interface ToolContext {
  readonly requestId: string;
  readonly stepId: string;
  /** counts up from 1 with every retry, lost lease and answered question */
  readonly attempt: number;
  /** a failure now is final */
  readonly lastAttempt: boolean;
  /** Fires when the tool must stop. Hand it to `fetch`, timers, child processes; afterwards nothing is published. */
  readonly signal: AbortSignal;
  /** the step's `input` as it stands in the plan */
  readonly input: unknown;
  /** by stepId: the steps that this one depends on */
  readonly inputs: Readonly<Record<string, ToolInput>>;
  /**
   * Asks a person. Unless it is answered already, the step parks: this call throws, the process is free, and the
   * answer starts the tool again from its beginning. Let what it throws pass.
   */
  ask(question: ConfirmQuestion): Promise<boolean>;
  ask(question: TextQuestion | ChoiceQuestion): Promise<string>;
  /** @param percent 0–100 within this step */
  progress(percent: number, message?: string): Promise<void>;
  /** Text as it is produced. Await it where you produce much: it resolves when there is room for more. */
  output(delta: string): Promise<void>;
  /** @returns the toolCallId for {@link toolCompleted} */
  toolStarted(toolName: string, input?: unknown): string;
  toolCompleted(toolCallId: string, outcome: { readonly output: unknown } | { readonly error: string }): void;
  /** Stores a file and tells everybody. @returns its id */
  artifact(name: string, mediaType: string, bytes: Uint8Array): Promise<string>;
  /** Ends the step as `skipped`. Let what it throws pass. */
  skip(reason: string): never;
  /** Adds to what the step used. */
  usage(used: Usage): void;
}

/** A failure with a code, and whether a repeat can help. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly code: string;
  readonly retryable: boolean;
  constructor(code: string, message: string, { retryable, cause }: { retryable: boolean; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
  }
}

/** The tools of an executor, by name. */
export type ToolSet = ReadonlyMap<string, Tool>;

/** @throws Error where two tools have one name */
export function toolSet(tools: readonly Tool[]): ToolSet {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  if (byName.size !== tools.length) throw new Error('two tools have the same name');
  return byName;
}
