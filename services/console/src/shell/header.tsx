import clsx from 'clsx';
import { LogIn } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Button } from '../ui/button.tsx';
import { ConnectionStatus } from './connection-status.tsx';
import { Logo } from './logo.tsx';
import { ThemeMenu } from './theme-menu.tsx';
import type { ConnectionNow } from './use-connection.ts';
import { UserMenu } from './user-menu.tsx';
import { useViewer } from './viewer.ts';

export interface HeaderProps {
  readonly connection: ConnectionNow;
  readonly signOut: () => Promise<void>;
}

export function Header({ connection, signOut }: HeaderProps): ReactNode {
  const { user } = useViewer();
  return (
    <header className="sticky top-0 z-30 border-b bg-panel/90 backdrop-blur">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-2 px-4 sm:gap-x-6 sm:px-6">
        <Link href="/" className="flex h-12 items-center gap-2 font-semibold text-[0.9375rem]">
          <Logo className="size-6" />
          Stepwire
        </Link>
        {user === null ? null : <Nav operator={user.operator} />}
        <div className="order-2 ms-auto flex h-12 items-center gap-0.5">
          <ConnectionStatus connection={connection} />
          <ThemeMenu />
          {user === null ? (
            <Button size="sm" asChild={true}>
              {/* loaded anew: whoever signs in is no guest any longer */}
              <a href="/">
                <LogIn aria-hidden="true" className="size-4" />
                Sign in
              </a>
            </Button>
          ) : (
            <UserMenu user={user} signOut={signOut} />
          )}
        </div>
      </div>
    </header>
  );
}

function Nav({ operator }: { readonly operator: boolean }): ReactNode {
  return (
    <nav aria-label="Main" className="order-3 flex w-full gap-1 sm:order-1 sm:w-auto">
      <NavLink href="/">Home</NavLink>
      <NavLink href="/requests">Requests</NavLink>
      {operator ? <NavLink href="/dead-letters">Dead letters</NavLink> : null}
    </nav>
  );
}

function NavLink({ href, children }: { readonly href: string; readonly children: string }): ReactNode {
  const [path] = useLocation();
  const here = path === href || (href !== '/' && path.startsWith(`${href}/`));
  return (
    <Link
      href={href}
      {...(here ? { 'aria-current': path === href ? 'page' : 'true' } : {})}
      className={clsx(
        'flex h-10 items-center border-b-2 px-2.5 font-medium transition-colors focus-visible:-outline-offset-2 sm:h-12',
        here ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
      )}
    >
      {children}
    </Link>
  );
}
