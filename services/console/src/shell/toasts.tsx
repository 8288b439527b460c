import { Notifications } from '@stepwire/react/components';
import { type ReactNode, useContext, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { nameOf } from '../requests/request-rows.ts';
import { RunningContext } from '../requests/running-context.ts';
import { requestIdOf } from './share.ts';
import { useTheme } from './theme-menu.tsx';

/** What happens to the user's requests while they look elsewhere. */
export function Toasts(): ReactNode {
  const { theme } = useTheme();
  const [path, navigate] = useLocation();
  const running = useContext(RunningContext);
  const inView = requestIdOf(path);
  // a row is gone by the time that its end is told
  const names = useRef(new Map<string, string>());
  useEffect(() => {
    const learn = (): void => {
      for (const { requestId, userQuery } of running?.getSnapshot().rows ?? []) {
        names.current.set(requestId, nameOf(userQuery, requestId));
      }
    };
    learn();
    return running?.subscribe(learn);
  }, [running]);
  return (
    <Notifications
      of="feed"
      theme={theme}
      position="bottom-right"
      nameOf={(requestId) => names.current.get(requestId) ?? requestId}
      isInView={({ requestId, type }) =>
        document.visibilityState === 'visible' &&
        // questions stand on the first page, to be answered there
        (requestId === inView || (path === '/' && type === 'executor.question.asked'))
      }
      onOpen={(requestId) => navigate(`/requests/${encodeURIComponent(requestId)}`)}
    />
  );
}
