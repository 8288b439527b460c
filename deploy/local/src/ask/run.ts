import type { LogEvent } from '@stepwire/protocol';
import { evolve, initialState, type QuestionState, type RunState, type RunStatus } from '@stepwire/run-model';
import { chooseAnswer } from './answers.ts';
import { type Answered, type FollowFailure, type Following, follow } from './follow.ts';
import type { Options } from './options.ts';
import type { Output } from './output.ts';

export interface RunOptions extends Pick<Options, 'task' | 'answers' | 'url' | 'token'> {
  readonly requestId: string;
  /** a person sits at the terminal; rejects where they break off */
  readonly prompt: ((question: QuestionState, signal: AbortSignal) => Promise<unknown>) | null;
  /** ms, see {@link follow} */
  readonly connectTimeoutMs: number;
  readonly patienceMs: number;
}

const exitCodes = { completed: 0, failed: 1, cancelled: 130 } as const;
/** by status; an unfinished request has none */
const endCodes: Readonly<Partial<Record<RunStatus, number>>> = exitCodes;

export interface Run {
  readonly exitCode: Promise<number>;
  /** Ctrl-C: cancels what was started here, the second time leaves; what is only watched it leaves at once. */
  interrupt(): void;
}

/** Follows one request to its end: tells it, and answers or asks what its agents ask. */
export function run(options: RunOptions, output: Output): Run {
  const { requestId, task, url, token } = options;
  const address = `${url.replace(/\/+$/, '')}/api/requests/${encodeURIComponent(requestId)}`;
  const { promise: exitCode, resolve } = Promise.withResolvers<number>();
  /** by questionId, those that were dealt with; each is aborted when its question is over */
  const dealtWith = new Map<string, AbortController>();
  let state = initialState(requestId);
  let isLooking = false;
  let interrupts = 0;
  let isEnded = false;
  let asking: Promise<void> = Promise.resolve();

  function end(code: number, reached?: RunState): void {
    if (isEnded) return;
    isEnded = true;
    following.close();
    for (const controller of dealtWith.values()) controller.abort();
    // a prompt that was aborted gives the terminal back first
    void asking.then(() => {
      output.close(reached === undefined ? undefined : { state: reached, address });
      resolve(code);
    });
  }

  function take(event: LogEvent, frame: unknown): void {
    const before = state;
    state = evolve(before, event);
    output.event(before, event, state, frame);
    const code = endCodes[state.status];
    if (code !== undefined) end(code, state);
    if (isEnded || isLooking) return;
    isLooking = true;
    // after the history that came with this event: a question in it may be over already
    queueMicrotask(() => {
      isLooking = false;
      lookAtQuestions();
    });
  }

  function lookAtQuestions(): void {
    const open = new Set(state.questions.map(({ questionId }) => questionId));
    for (const [id, controller] of dealtWith) if (!open.has(id)) controller.abort();
    if (isEnded || state.status === 'cancelling') return;
    for (const question of state.questions) {
      if (dealtWith.has(question.questionId)) continue;
      const controller = new AbortController();
      dealtWith.set(question.questionId, controller);
      deal(question, controller.signal);
    }
  }

  function deal(question: QuestionState, signal: AbortSignal): void {
    const canAsk = options.prompt !== null;
    const choice = chooseAnswer(question, options.answers, { canAsk, mayDefault: task.kind === 'start' });
    if (choice.kind === 'answer') void send(question.questionId, choice.value);
    else if (choice.kind === 'ask') ask(question, signal);
    else {
      if (choice.kind === 'unfit') output.notice(`--answer: ${choice.message}`);
      unanswered(question);
    }
  }

  async function send(questionId: string, value: unknown): Promise<Answered> {
    const answered = await following.answer(questionId, value);
    // late is no trouble: the event that says who was first follows
    const isLate = !answered.ok && (answered.code === 'already_answered' || answered.code === 'expired');
    if (!answered.ok && !isLate && !isEnded) output.notice(`the answer was not taken: ${answered.message}`);
    return answered;
  }

  /** One prompt at a time; one whose answer does not fit is put again. */
  function ask(question: QuestionState, signal: AbortSignal): void {
    asking = asking.then(async () => {
      while (!signal.aborted && options.prompt !== null) {
        output.pause();
        try {
          const value = await options.prompt(question, signal);
          output.resume();
          const answered = await send(question.questionId, value);
          if (answered.ok || answered.code !== 'bad_request') return;
        } catch {
          // Aborted: the question is over. Broken off: that is Ctrl-C, which the terminal gave to the prompt.
          output.resume();
          if (!signal.aborted) return interrupt();
        }
      }
    });
  }

  /** Nobody here can answer. Who watches leaves that to others; what was started here must not wait for ever. */
  function unanswered({ questionId, prompt, default: fallback, expiresAt }: QuestionState): void {
    const how = `npm run ask -- --watch ${requestId} --answer ${questionId}=…`;
    if (task.kind === 'watch') {
      output.notice(`"${prompt}" can be answered with: ${how}`);
    } else if (fallback !== undefined) {
      void send(questionId, fallback);
    } else if (expiresAt !== null) {
      output.notice(`"${prompt}" has no default; until ${expiresAt} it can be answered with: ${how}`);
    } else {
      output.notice(`"${prompt}" has no default, no deadline, and nobody here to answer: cancelling`);
      void following.cancel('a question nobody was there to answer').then(() => end(exitCodes.failed));
    }
  }

  function interrupt(): void {
    interrupts += 1;
    if (task.kind === 'watch' || interrupts > 1) {
      output.notice(`left; join again with: npm run ask -- --watch ${requestId}`);
      end(exitCodes.cancelled);
    } else {
      output.notice('cancelling … (Ctrl-C again leaves at once)');
      for (const controller of dealtWith.values()) controller.abort();
      void cancel();
    }
  }

  async function cancel(): Promise<void> {
    const answer = await following.cancel('Ctrl-C');
    if (answer.ok || answer.code === 'already_finished' || isEnded) return;
    output.notice(`the cancel was not taken: ${answer.message}`);
  }

  const following: Following = follow(
    {
      url,
      token,
      requestId,
      connectTimeoutMs: options.connectTimeoutMs,
      patienceMs: options.patienceMs,
      ...(task.kind === 'start' ? { start: { userQuery: task.text, context: task.context } } : {}),
    },
    {
      event: take,
      reset() {
        output.notice('the history of this request was replaced: from its beginning');
        state = initialState(requestId);
      },
      lost: () => output.notice('the connection is lost; waiting for the gateway to come back'),
      connected: (isAgain) => (isAgain ? output.notice('connected again') : output.begin(requestId, address)),
      refusedForNow: (message) => output.notice(`${message}; trying again`),
      failed(failure) {
        output.notice(explain(failure, url, requestId));
        end(exitCodes.failed);
      },
    },
  );
  return { exitCode, interrupt };
}

function explain(failure: FollowFailure, url: string, requestId: string): string {
  switch (failure.kind) {
    case 'no-gateway':
      return `No gateway answers at ${url} (${failure.message}). Start a stack with: npm start`;
    case 'gone':
      return `The gateway did not come back (${failure.message}). The request runs on; join it: npm run ask -- --watch ${requestId}`;
    case 'unknown-request':
      return `There is no request ${requestId} at ${url}, or it is not yours.`;
    case 'refused':
      return `Refused: ${failure.message}`;
    case 'not-signed-in':
      return `Not signed in: ${failure.message}. Give a token in STEPWIRE_TOKEN; for development: npm run -s token -- --user <you>`;
  }
}
