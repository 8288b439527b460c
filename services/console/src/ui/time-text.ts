const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** How long something took or takes, as short as can be: `340 ms`, `2.4 s`, `3 m 12 s`, `1 h 5 m`, `2 d 3 h`. */
export function durationText(ms: number): string {
  if (ms < second) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * second) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < minute) return `${Math.floor(ms / second)} s`;
  const [big, small, bigWord, smallWord] =
    ms < hour
      ? ([minute, second, 'm', 's'] as const)
      : ms < day
        ? ([hour, minute, 'h', 'm'] as const)
        : ([day, hour, 'd', 'h'] as const);
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)} ${bigWord}${rest === 0 ? '' : ` ${rest} ${smallWord}`}`;
}

/** How long ago, or until when: `just now`, `4 min ago`, `in 50 s`, `yesterday, 17:04`, `3 Nov, 09:12`. Times on the clock are local. */
export function relativeText(at: number, now: number): string {
  const past = now - at;
  if (past < 0) return past > -5 * second ? 'now' : `in ${durationText(-past)}`;
  if (past < 5 * second) return 'just now';
  if (past < minute) return `${Math.floor(past / second)} s ago`;
  if (past < hour) return `${Math.floor(past / minute)} min ago`;
  const [then, today] = [new Date(at), new Date(now)];
  const clock = then.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate()).getTime();
  if (at >= midnight) return `${Math.floor(past / hour)} h ago`;
  const before = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1).getTime();
  if (at >= before) return `yesterday, ${clock}`;
  const sameYear = then.getFullYear() === today.getFullYear();
  const date = then.toLocaleDateString([], {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
  return `${date}, ${clock}`;
}

// made once: making one costs a hundred times what it does
const absolute = new Intl.DateTimeFormat([], { dateStyle: 'medium', timeStyle: 'medium' });

export const absoluteText = (at: number): string => (Number.isNaN(at) ? '' : absolute.format(at));
