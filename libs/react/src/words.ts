import type { ClientStep, RequestSnapshot } from '@stepwire/client';

/** What statuses are called on screen. */
export const requestWords: Readonly<Record<RequestSnapshot['status'], string>> = {
  loading: 'Loading',
  unknown: 'Not found',
  queued: 'Queued',
  planning: 'Planning',
  running: 'Running',
  waiting: 'Waiting for an answer',
  cancelling: 'Cancelling',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export const stepWords: Readonly<Record<ClientStep['status'], string>> = {
  pending: 'Not started',
  ready: 'Queued',
  running: 'Running',
  retrying: 'Will be tried again',
  waiting: 'Waiting for an answer',
  completed: 'Done',
  failed: 'Failed',
  skipped: 'Skipped',
};
