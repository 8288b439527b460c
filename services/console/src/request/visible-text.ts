/** Control characters that would be hidden or, in a terminal, obeyed; tab and line feed are kept. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** What turns the text after it around, so that it reads as something else. */
const turners = /[\u202a-\u202e\u2066-\u2069]/g;

/** An agent's text with what hides in it made seen: the escape character is `\x1b`. */
export const visibleText = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(turners, '\ufffd').replace(controls, escaped);

const escaped = (control: string): string => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`;
