import type { Store } from '@stepwire/client';

export const themes = ['light', 'dark', 'system'] as const;
export type Theme = (typeof themes)[number];

const STORAGE_KEY = 'stepwire.theme';
const isTheme = (value: unknown): value is Theme => themes.some((theme) => theme === value);

/** Dark, light or as the system has it; kept in this browser, and the same in all its windows. */
export class ThemeStore implements Store<Theme> {
  readonly #memory: Storage;
  readonly #root: HTMLElement;
  readonly #changes = new Set<() => void>();
  #theme: Theme = 'system';

  constructor(memory: Storage, root: HTMLElement) {
    this.#memory = memory;
    this.#root = root;
    this.#read();
    window.addEventListener('storage', ({ key }) => {
      if (key === STORAGE_KEY || key === null) this.#read();
    });
  }

  readonly getSnapshot = (): Theme => this.#theme;
  readonly getServerSnapshot = (): Theme => 'system';
  readonly subscribe = (changed: () => void): (() => void) => {
    this.#changes.add(changed);
    return () => this.#changes.delete(changed);
  };

  readonly set = (theme: Theme): void => {
    this.#memory.setItem(STORAGE_KEY, theme);
    this.#read();
  };

  #read(): void {
    const kept = this.#memory.getItem(STORAGE_KEY);
    this.#theme = isTheme(kept) ? kept : 'system';
    if (this.#theme === 'system') delete this.#root.dataset.theme;
    else this.#root.dataset.theme = this.#theme;
    for (const changed of [...this.#changes]) changed();
  }
}
