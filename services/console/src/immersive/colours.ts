import type { Tone } from '../ui/badge.tsx';

/** red, green, blue, each 0…1 */
export type Colour = readonly [number, number, number];

const names = [
  'ground',
  'panel',
  'sunken',
  'line',
  'edge',
  'ink',
  'muted',
  'accent',
  'good',
  'bad',
  'wait',
  'run',
] as const;
type Name = (typeof names)[number];
export type Colours = Readonly<Record<Name | Tone, Colour>>;

/** What the theme's variables are now, at `element`: computed by the browser, whatever way they are written in. */
export function coloursAt(element: HTMLElement): Colours {
  const probe = document.createElement('span');
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('the browser gives no canvas to draw text on');
  // or what is read is where a colour comes from, not where it goes
  probe.style.transition = 'none';
  element.append(probe);
  const read = (name: Name): Colour => {
    probe.style.color = `var(--color-${name})`;
    context.fillStyle = getComputedStyle(probe).color;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return [red / 255, green / 255, blue / 255];
  };
  const colours = {
    ground: read('ground'),
    panel: read('panel'),
    sunken: read('sunken'),
    line: read('line'),
    edge: read('edge'),
    ink: read('ink'),
    muted: read('muted'),
    accent: read('accent'),
    good: read('good'),
    bad: read('bad'),
    wait: read('wait'),
    run: read('run'),
  };
  probe.remove();
  return colours;
}

/** Calls when the theme changes: by its switch, or the system's. @returns what ends it */
export function onThemeChange(changed: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true });
  dark.addEventListener('change', changed);
  return () => {
    observer.disconnect();
    dark.removeEventListener('change', changed);
  };
}

export const css = ([red, green, blue]: Colour): string =>
  `rgb(${Math.round(red * 255)} ${Math.round(green * 255)} ${Math.round(blue * 255)})`;
