import type { ConnectionStatus } from '@stepwire/client';
import { durationText } from '../ui/time-text.ts';

export interface ConnectionView {
  readonly tone: 'good' | 'run' | 'wait' | 'bad';
  readonly word: string;
  /** for how long: `1 m 12 s`; null: it is not down, or has only just gone */
  readonly since: string | null;
  /** one sentence: what it means */
  readonly detail: string;
  /** what is on the screen may be older than what there is */
  readonly outdated: boolean;
}

/**
 * The connection in words.
 * @param downSince when it was last up (Unix ms); null: it is up, or never was
 * @param now Unix ms
 */
export function connectionView(status: ConnectionStatus, downSince: number | null, now: number): ConnectionView {
  switch (status.state) {
    case 'live':
      return {
        tone: 'good',
        word: 'Live',
        detail: 'What happens is seen as it happens.',
        since: null,
        outdated: false,
      };
    case 'catching-up':
      return {
        tone: 'run',
        word: 'Catching up',
        detail: 'What was missed is on its way.',
        since: null,
        outdated: false,
      };
    case 'connecting':
      if (downSince === null) {
        return {
          tone: 'run',
          word: 'Connecting',
          detail: 'The connection is being opened.',
          since: null,
          outdated: false,
        };
      }
      return offline('Trying to connect now.', downSince, now);
    case 'offline':
      return offline(offlineBecause(status, now), downSince, now);
    case 'failed': {
      const { code, message } = status.reason;
      // its message has the time as a program would say it
      const detail = code === 'auth_expired' ? 'The sign-in has run out.' : sentence(message);
      return { tone: 'bad', word: 'Not connected', detail, since: null, outdated: true };
    }
  }
}

function offline(detail: string, downSince: number | null, now: number): ConnectionView {
  const seconds = downSince === null ? 0 : Math.floor(Math.max(0, now - downSince) / 1_000);
  const since = seconds === 0 ? null : durationText(seconds * 1_000).replace('.0 s', ' s');
  return { tone: 'wait', word: 'Offline', since, detail, outdated: true };
}

type Offline = Extract<ConnectionStatus, { state: 'offline' }>;

function offlineBecause(status: Offline, now: number): string {
  switch (status.reason) {
    case 'retrying': {
      const seconds = Math.max(1, Math.ceil((status.retryAt - now) / 1_000));
      return `Stepwire cannot be reached. Next try in ${seconds} s.`;
    }
    case 'no-network':
      return 'This device has no network. It goes on by itself as soon as there is one.';
    case 'hidden':
    case 'page-left':
      return 'Paused while the page was not looked at.';
    case 'disconnected':
      return 'The page has left.';
  }
}

/** As a sentence: errors begin small and have no full stop. */
export const sentence = (message: string): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`;
