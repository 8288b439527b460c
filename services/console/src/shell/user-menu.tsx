import { CircleUser, LogOut } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Menu, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from '../ui/menu.tsx';
import { absoluteText } from '../ui/time-text.ts';
import type { User } from './session.ts';

export interface UserMenuProps {
  readonly user: User;
  /** Throws where it could not be told. */
  readonly signOut: () => Promise<void>;
}

/** Who is signed in, and the way out. Where the gateway is open, everybody is this user and nobody signs out. */
export function UserMenu({ user: { userId, operator, expiresAt }, signOut }: UserMenuProps): ReactNode {
  const [failed, setFailed] = useState(false);
  if (expiresAt === null) return null;
  const leave = async (): Promise<void> => {
    setFailed(false);
    try {
      await signOut();
    } catch {
      setFailed(true);
    }
  };
  return (
    <>
      <Menu>
        <MenuTrigger asChild>
          <Button variant="ghost" size="sm" className="h-9 max-w-40" aria-label={`Signed in as ${userId}`}>
            <CircleUser aria-hidden="true" className="size-4" />
            <span className="hidden truncate sm:inline">{userId}</span>
          </Button>
        </MenuTrigger>
        <MenuContent>
          <MenuLabel>
            <span className="block max-w-60 break-words font-medium text-ink text-sm">{userId}</span>
            {operator ? 'Operator · ' : ''}until {absoluteText(Date.parse(expiresAt))}
          </MenuLabel>
          <MenuSeparator />
          <MenuItem onSelect={() => void leave()}>
            <LogOut aria-hidden="true" className="size-4 text-muted" />
            Sign out
          </MenuItem>
        </MenuContent>
      </Menu>
      {failed ? (
        <span role="alert" className="text-bad">
          Not signed out: the gateway cannot be reached.
        </span>
      ) : null}
    </>
  );
}
