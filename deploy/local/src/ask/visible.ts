/**
 * What agents and other people wrote is shown as text, never obeyed: a terminal takes control characters as commands,
 * and bidirectional controls make a line read other than it is (https://trojansource.codes). Both become escapes.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const escaped = (character: string): string => {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** On one line: breaks and tabs become spaces. */
export const visible = (text: string): string => text.replace(/\r?\n|\t/g, ' ').replace(controls, escaped);

/** Line by line. */
export const visibleLines = (text: string): string[] => text.split(/\r?\n/).map(visible);

/** JSON on one line, which a terminal may show too: `JSON.stringify` leaves DEL, C1 and bidirectional controls as they are. */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(controls, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** At most `width` characters; what is cut off is an ellipsis. */
export function fit(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
