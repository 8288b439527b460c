import { useStore } from '@stepwire/react';
import { Monitor, Moon, Sun } from 'lucide-react';
import { createContext, type ReactNode, useContext } from 'react';
import { Button } from '../ui/button.tsx';
import { Menu, MenuChoice, MenuContent, MenuTrigger } from '../ui/menu.tsx';
import { type Theme, ThemeStore, themes } from './theme.ts';

const icons = { light: Sun, dark: Moon, system: Monitor } as const;
const words = { light: 'Light', dark: 'Dark', system: 'As the system' } as const;

export const ThemeContext = createContext<ThemeStore | null>(null);

/** @throws Error outside of the shell */
export function useTheme(): { readonly theme: Theme; readonly setTheme: (theme: Theme) => void } {
  const store = useContext(ThemeContext);
  if (store === null) throw new Error('this component must stand in the shell');
  return { theme: useStore(store, whole), setTheme: store.set };
}
const whole = (theme: Theme): Theme => theme;

export function ThemeMenu(): ReactNode {
  const { theme, setTheme } = useTheme();
  const Icon = icons[theme];
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon" aria-label={`Theme: ${words[theme]}`}>
          <Icon aria-hidden="true" className="size-4" />
        </Button>
      </MenuTrigger>
      <MenuContent>
        <MenuChoice value={theme} onChoose={setTheme} choices={choices} />
      </MenuContent>
    </Menu>
  );
}

const choices = themes.map((value) => {
  const Icon = icons[value];
  const label = (
    <>
      <Icon aria-hidden="true" className="size-4 text-muted" />
      {words[value]}
    </>
  );
  return { value, label };
});
