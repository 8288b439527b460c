import { type Colours, css } from './colours.ts';
import type { Face } from './face.ts';
import { type PanelKind, sizes } from './layout.ts';

/** Text is drawn this finely (per metre at scale 1): a step's panel is 512 wide. */
const PIXELS_PER_METRE = 610;
const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif';

interface Style {
  /** all in pixels */
  readonly padding: number;
  readonly small: number;
  readonly title: number;
  readonly titleLines: number;
  readonly body: number;
  /** kept free at the bottom, for the bar */
  readonly foot: number;
}

const styles: Readonly<Record<PanelKind, Style>> = {
  request: { padding: 52, small: 40, title: 62, titleLines: 3, body: 42, foot: 56 },
  step: { padding: 30, small: 33, title: 47, titleLines: 2, body: 35, foot: 34 },
  question: { padding: 38, small: 36, title: 56, titleLines: 3, body: 36, foot: 16 },
  choice: { padding: 14, small: 0, title: 35, titleLines: 2, body: 0, foot: 0 },
  phase: { padding: 0, small: 0, title: 42, titleLines: 2, body: 0, foot: 0 },
};

export const pixelsOf = (kind: PanelKind) => ({
  width: Math.round(sizes[kind].width * PIXELS_PER_METRE),
  height: Math.round(sizes[kind].height * PIXELS_PER_METRE),
});

/** Draws what a panel says, on nothing: the plate is behind it. */
export function paint(context: CanvasRenderingContext2D, face: Face, colours: Colours): void {
  const { width, height } = pixelsOf(face.kind);
  context.clearRect(0, 0, width, height);
  context.textBaseline = 'top';
  context.textAlign = 'left';
  if (face.kind === 'phase') paintPhase(context, face, colours, { width, height });
  else if (face.kind === 'choice') paintChoice(context, face, colours, { width, height });
  else paintText(context, face, colours, { width, height });
}

function paintText(context: CanvasRenderingContext2D, face: Face, colours: Colours, { width, height }: Pixels): void {
  const style = styles[face.kind];
  const left = style.padding;
  const room = width - 2 * left;
  let top = style.padding * 0.8;

  context.font = `600 ${style.small}px ${FAMILY}`;
  context.fillStyle = css(colours[face.tone]);
  const dot = style.small * 0.21;
  context.beginPath();
  context.arc(left + dot, top + style.small * 0.47, dot, 0, 2 * Math.PI);
  context.fill();
  const status = clipped(context, face.status, room * 0.7);
  context.fillText(status, left + dot * 3.6, top);
  if (face.aside !== '') {
    context.font = `500 ${style.small}px ${FAMILY}`;
    context.fillStyle = css(colours.muted);
    context.textAlign = 'right';
    context.fillText(face.aside, width - left, top);
    context.textAlign = 'left';
  }
  top += style.small * 1.5;

  // a verdict is read from afar
  const title = face.glow === 'still' ? style.title * 1.25 : style.title;
  context.font = `600 ${title}px ${FAMILY}`;
  context.fillStyle = css(face.glow === 'still' ? colours[face.tone] : colours.ink);
  for (const line of head(wrap(context, face.title, room), style.titleLines)) {
    context.fillText(line, left, top);
    top += title * 1.2;
  }
  top += title * 0.18;

  context.font = `400 ${style.body}px ${FAMILY}`;
  context.fillStyle = css(colours.muted);
  const lines = Math.floor((height - style.foot - top) / (style.body * 1.32));
  const said = wrap(context, face.growing ? face.body.slice(-800) : face.body.slice(0, 1200), room);
  for (const line of face.growing ? said.slice(-lines) : head(said, lines)) {
    context.fillText(line, left, top);
    top += style.body * 1.32;
  }
}

interface Pixels {
  readonly width: number;
  readonly height: number;
}

function paintPhase(context: CanvasRenderingContext2D, face: Face, colours: Colours, { width, height }: Pixels): void {
  context.font = `600 ${styles.phase.title}px ${FAMILY}`;
  context.fillStyle = css(colours.muted);
  context.textBaseline = 'middle';
  const lines = head(wrap(context, face.title, width), styles.phase.titleLines);
  lines.forEach((line, index) => {
    context.fillText(line, 0, height / 2 + (index - (lines.length - 1) / 2) * styles.phase.title * 1.15);
  });
}

function paintChoice(context: CanvasRenderingContext2D, face: Face, colours: Colours, { width, height }: Pixels): void {
  const { title, titleLines, padding } = styles.choice;
  context.font = `600 ${title}px ${FAMILY}`;
  context.fillStyle = css(colours.ink);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const lines = head(wrap(context, face.title, width - 2 * padding), titleLines);
  lines.forEach((line, index) => {
    context.fillText(line, width / 2, height / 2 + (index - (lines.length - 1) / 2) * title * 1.12);
  });
}

const head = (lines: readonly string[], count: number): readonly string[] => {
  if (lines.length <= count) return lines;
  const last = lines[count - 1] ?? '';
  return count <= 0 ? [] : [...lines.slice(0, count - 1), `${last.replace(/.\s*$/u, '')}…`];
};

interface Measure {
  measureText(text: string): { readonly width: number };
}

function clipped(context: Measure, text: string, room: number): string {
  let clip = text;
  while (clip.length > 1 && context.measureText(clip).width > room) clip = `${clip.slice(0, -2).trimEnd()}…`;
  return clip;
}

/** Lines no wider than `room`; a word that is wider is broken. */
export function wrap(context: Measure, text: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const paragraph of text.split(/\r?\n/)) {
    let line = '';
    for (const word of paragraph.split(/\s+/)) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (context.measureText(longer).width <= room) {
        line = longer;
        continue;
      }
      if (line !== '') lines.push(line);
      line = word;
      while (context.measureText(line).width > room) {
        let fits = line.length - 1;
        while (fits > 1 && context.measureText(line.slice(0, fits)).width > room) fits -= 1;
        lines.push(line.slice(0, fits));
        line = line.slice(fits);
      }
    }
    lines.push(line);
  }
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
