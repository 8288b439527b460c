/** Control characters that would be hidden or, in a terminal, obeyed; tab and line feed are kept. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const controls = /[\x00-\x08\x0b-\x1f\x7f]/g;

/** What turns around the text after it, so that it reads as something else. */
const turners = /[\u202a-\u202e\u2066-\u2069]/g;

/** An agent's text with what hides in it made seen: `ESC` is `␛`. */
export const visibleText = (text: string): string =>
  text.replace(/\r\n/g, '\n').replace(turners, '�').replace(controls, pictured);

const pictured = (control: string): string =>
  String.fromCodePoint(control === '\x7f' ? 0x2421 : 0x2400 + control.charCodeAt(0));
