import { Compass } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Empty } from '../ui/empty.tsx';

export function NotFound(): ReactNode {
  return (
    <>
      <h1 className="sr-only">Page not found</h1>
      <Empty icon={Compass} title="There is no page at this address">
        <p>
          Perhaps it was mistyped. Go to{' '}
          <Link href="/" className="text-accent underline">
            Home
          </Link>{' '}
          to start a check, or to{' '}
          <Link href="/requests" className="text-accent underline">
            Requests
          </Link>{' '}
          to find one.
        </p>
      </Empty>
    </>
  );
}
