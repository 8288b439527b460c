import { useStore } from '@stepwire/react';
import clsx from 'clsx';
import { LogIn } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogContent, DialogTrigger } from '../ui/dialog.tsx';
import { ConnectionStatus } from './connection-status.tsx';
import { Logo } from './logo.tsx';
import type { SessionStore } from './session.ts';
import { SignInForm } from './sign-in-form.tsx';
import { ThemeMenu } from './theme-menu.tsx';
import type { ConnectionNow } from './use-connection.ts';
import { UserMenu } from './user-menu.tsx';
import { useViewer } from './viewer.ts';

export interface HeaderProps {
  readonly connection: ConnectionNow;
  readonly session: SessionStore;
}

export function Header({ connection, session }: HeaderProps): ReactNode {
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
          {user === null ? <GuestMenu session={session} /> : <UserMenu user={user} signOut={() => session.signOut()} />}
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

/** Who came by a share link: they may sign in, and see more of the same request where it is theirs. */
function GuestMenu({ session }: { readonly session: SessionStore }): ReactNode {
  const signedIn = useStore(session, ({ kind }) => kind === 'signed-in');
  if (signedIn) {
    return (
      <Button size="sm" asChild={true}>
        <Link href="/">Home</Link>
      </Button>
    );
  }
  return (
    <Dialog>
      <DialogTrigger asChild={true}>
        <Button size="sm">
          <LogIn aria-hidden="true" className="size-4" />
          Sign in
        </Button>
      </DialogTrigger>
      <DialogContent title="Sign in to Stepwire" description="You are watching one request by a link that was shared.">
        <SignInForm signIn={(token) => session.signIn(token)} />
      </DialogContent>
    </Dialog>
  );
}
