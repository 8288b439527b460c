import { activeStatuses } from './request-rows.ts';
import type { ListQuery } from './use-request-list.ts';

/** What a list is narrowed to, as it stands in the page's address. Dates are days of this browser's time zone. */
export interface RequestFilters {
  readonly q: string;
  /** `''`: all; `active`: all that goes on; else one status */
  readonly status: string;
  /** YYYY-MM-DD, the first day; `''`: since ever */
  readonly from: string;
  /** YYYY-MM-DD, the last day, which counts; `''`: until now */
  readonly to: string;
}

export const noFilters: RequestFilters = { q: '', status: '', from: '', to: '' };

export const statusChoices = [
  ['', 'Any status'],
  ['active', 'Running'],
  ['waiting', 'Waiting for an answer'],
  ['completed', 'Completed'],
  ['failed', 'Failed'],
  ['cancelled', 'Cancelled'],
] as const;

/** the gateway takes no longer ones */
export const MAX_SEARCH_CHARS = 200;
const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));

/** What is in an address; what makes no sense there counts as absent. */
export function filtersIn(search: string): RequestFilters {
  const query = new URLSearchParams(search);
  const status = query.get('status') ?? '';
  const [from, to] = [query.get('from') ?? '', query.get('to') ?? ''];
  return {
    q: (query.get('q') ?? '').slice(0, MAX_SEARCH_CHARS),
    status: statusChoices.some(([value]) => value === status) ? status : '',
    from: isDay(from) ? from : '',
    to: isDay(to) ? to : '',
  };
}

/** With its `?`, or nothing. */
export function searchOf(filters: RequestFilters): string {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== ''));
  return query.size === 0 ? '' : `?${query}`;
}

export function listQueryOf({ q, status, from, to }: RequestFilters, limit: number): ListQuery {
  const text = q.trim();
  return {
    ...(text === '' ? {} : { q: text }),
    ...(status === '' ? {} : { status: status === 'active' ? activeStatuses.join() : status }),
    ...(from === '' ? {} : { from: midnight(from, 0).toISOString() }),
    ...(to === '' ? {} : { to: midnight(to, 1).toISOString() }),
    limit,
  };
}

/** The beginning of a day here, or of one that many days later. */
function midnight(day: string, later: number): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + later);
}

/** YYYY-MM-DD of that many days before. */
export function dayBefore(now: number, days: number): string {
  const at = new Date(now);
  const day = new Date(at.getFullYear(), at.getMonth(), at.getDate() - days);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
