import { isDeepStrictEqual } from 'node:util';
import { count, type Verdict } from '../../experiment.ts';
import { isEnd, isObject, type Seen } from '../../watcher.ts';
import type { Answer } from './commander.ts';
import type { ObservedAgent } from './observed-agent.ts';
import { answerOf, type Commanded, reasonOf } from './request.ts';

/** P6: a command takes effect at most once, a request ends exactly once; and what was answered `ok` has taken effect. */
export function effectsOnce(requests: readonly Commanded[], agent: ObservedAgent, faults: string): Verdict {
  const broken = requests.flatMap((request) => {
    const where = `${request.requestId} (${request.scene})`;
    return [...request.watcher.broken, ...complaints(request, agent)].map((what) => `${where}: ${what}`);
  });
  const answers = requests.flatMap(({ starts, cancels, feedbacks }) => [
    ...starts.flat(),
    ...cancels.flat(),
    ...feedbacks.flatMap((feedback) => [...feedback.answers]),
  ]);
  const ends = tally(requests.map(({ watcher }) => watcher.seen.at(-1)?.type.replace('request.', '') ?? 'nothing'));
  const refusals = tally(answers.flatMap((answer) => answer?.code ?? []));
  const forced = requests.filter(({ watcher }) => watcher.seen.at(-1)?.data.forced === true).length;
  const repeated = answers.filter((answer) => answer?.repeated).length;
  return {
    promise: 'P6  a command takes effect at most once, a request ends exactly once',
    figures: `${count(answers.length / 3)} commands in threes to ${count(requests.length)} requests (${ends}, ${forced} by force), ${faults}; answers: ${count(answers.filter((answer) => answer?.ok).length)} ok, ${refusals}; ${repeated} repeated for want of one`,
    broken,
  };
}

function complaints(request: Commanded, agent: ObservedAgent): string[] {
  const { watcher, observed, starts } = request;
  const broken: string[] = [];
  const times = (type: string) => watcher.seen.filter((event) => event.type === type).length;
  const { seen } = watcher;
  if (watcher.startedAt !== 0) return [`its watcher came at ${watcher.startedAt}`];
  const last = seen.at(-1);
  if (last === undefined || !isEnd(last.type)) return [`has not ended; the last event is ${JSON.stringify(last)}`];
  const ends = seen.filter(({ type }) => isEnd(type)).length;
  if (ends !== 1) broken.push(`ended ${ends} times`);
  const accepted = times('request.accepted');
  if (accepted !== (observed ? 0 : 1)) broken.push(`accepted ${accepted} times`);
  if (last.type === 'request.failed' && !expiredUnanswered(seen)) broken.push(`failed: ${JSON.stringify(last.data)}`);

  for (const answer of starts.flat()) if (answer?.ok !== true) broken.push(`a start was answered ${said(answer)}`);
  const created = starts.flat().filter((answer) => answer?.body.created === true).length;
  if (created > 1) broken.push(`${created} starts are said to have created it`);

  broken.push(...cancelComplaints(request, last));
  const answered = seen.filter(({ type }) => type === 'question.answered');
  for (const { data } of answered)
    if (!request.feedbacks.some(({ questionId }) => questionId === data.questionId))
      broken.push(`${data.questionId} was answered by nobody`);
  for (const { questionId } of request.feedbacks) broken.push(...feedbackComplaints(request, questionId, last, agent));
  if (observed && times('request.cancelling') > 0 && !agent.cancels.has(request.requestId))
    broken.push('its agent never heard of the cancel');
  return broken;
}

function cancelComplaints({ watcher: { seen }, cancels, requestId, observed }: Commanded, last: Seen): string[] {
  const broken: string[] = [];
  const cancelling = seen.filter(({ type }) => type === 'request.cancelling');
  const answers = cancels.flat();
  const ok = answers.filter((answer) => answer?.ok === true);
  const sent = [1, 2, 3].map((number) => reasonOf(requestId, number));
  if (cancelling.length > 1) broken.push(`cancelling ${cancelling.length} times`);
  for (const { data } of cancelling)
    if (cancels.length === 0 || !sent.includes(String(data.reason)))
      broken.push(`is cancelled for ${JSON.stringify(data.reason)}, which nobody sent`);
  if (ok.length > 0 && cancelling.length === 0) broken.push('a cancel was answered ok and is not in the log');
  // an observed one may say its own end first: then that is what it came to
  if (ok.length > 0 && last.type !== 'request.cancelled' && !observed)
    broken.push(`a cancel was answered ok, and it ended as ${last.type}`);
  if (last.type === 'request.cancelled' && cancelling.length === 0) broken.push('cancelled, and no cancel was taken');
  if (cancelling.length > 0 && ok.length === 0 && !answers.some((answer) => answer?.repeated))
    broken.push(`a cancel took effect, and the answers were ${answers.map(said).join(', ')}`);
  for (const answer of answers) {
    // one that overtook the start
    const early = answer?.code === 'not_found' && !observed;
    if (answer?.ok !== true && answer?.code !== 'already_finished' && !early)
      broken.push(`a cancel was answered ${said(answer)}`);
  }
  return broken;
}

function feedbackComplaints(
  { watcher: { seen }, feedbacks, observed }: Commanded,
  questionId: string,
  last: Seen,
  agent: ObservedAgent,
): string[] {
  const broken: string[] = [];
  const about = (type: string) => seen.filter((event) => event.type === type && event.data.questionId === questionId);
  const answered = about('question.answered');
  const expired = about('question.expired');
  if (answered.length + expired.length > 1)
    broken.push(`${questionId} was answered ${answered.length} times and expired ${expired.length} times`);
  const [first] = answered;
  const given = first?.data.answer;
  const all = feedbacks.filter((feedback) => feedback.questionId === questionId).map(({ answers }) => answers);
  if (first !== undefined && ![1, 2, 3].some((number) => answerOf(questionId, number) === given))
    broken.push(`${questionId} was answered ${JSON.stringify(given)}, which nobody sent`);
  if (first !== undefined && !all.flat().some((answer) => answer?.ok === true || answer?.repeated))
    broken.push(`${questionId} was answered, and the senders were told ${all.flat().map(said).join(', ')}`);
  if (all.flat().filter((answer) => answer?.ok === true).length > 1)
    broken.push(`${questionId}: two answers were taken`);
  const due: Readonly<Record<string, boolean>> = {
    already_answered: first !== undefined,
    expired: expired.length > 0,
    already_finished: true,
    conflict: seen.some(({ type }) => type === 'request.cancelling'),
  };
  for (const answers of all) {
    for (const [i, answer] of answers.entries()) {
      if (answer?.ok === true) {
        const event = seen[Number(answer.body.seq) - 1];
        const mine = { questionId, answer: answerOf(questionId, i + 1) };
        if (
          event?.type !== 'question.answered' ||
          !isDeepStrictEqual({ questionId: event.data.questionId, answer: event.data.answer }, mine)
        )
          broken.push(
            `answer ${i + 1} to ${questionId} was taken as event ${answer.body.seq}, which is ${JSON.stringify(event)}`,
          );
      } else if (answer?.code === undefined || due[answer.code] !== true)
        broken.push(`answer ${i + 1} to ${questionId} was answered ${said(answer)}`);
    }
  }
  if (first !== undefined && last.type === 'request.completed') {
    if (!observed && !toldToItsTool(seen, given)) broken.push(`the tool was not told ${JSON.stringify(given)}`);
  }
  if (observed && first !== undefined && !(agent.answers.get(questionId) ?? []).includes(given))
    broken.push(`its agent was not told ${JSON.stringify(given)}`);
  return broken;
}

/** `ask` gives back what it was told. */
const toldToItsTool = (seen: readonly Seen[], answer: unknown): boolean =>
  seen.some(({ data: { status, result } }) => {
    const answers = isObject(result) ? result.answers : undefined;
    return status === 'completed' && Array.isArray(answers) && answers.includes(answer);
  });

const expiredUnanswered = (seen: readonly Seen[]): boolean =>
  seen.some(({ type, data }) => type === 'question.expired' && data.answer === undefined);

const said = (answer: Answer | undefined): string =>
  answer === undefined ? 'never' : answer.ok ? 'ok' : JSON.stringify(answer.body.error);

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, times]) => `${count(times)} ${word}`).join(', ');
}
