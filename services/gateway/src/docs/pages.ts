import { errorTable } from '@stepwire/protocol';
import { type Operation, operations } from './operations.ts';

/** The documentation for people: plain pages, without scripts or anything from elsewhere. */
const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
code { font-size: 0.9em } summary { cursor: pointer; padding: 0.2rem 0 } pre { overflow: auto; padding: 0.5rem; border: 1px solid #8884 }
table { border-collapse: collapse } td, th { text-align: left; padding: 0.3rem 1rem 0.3rem 0; vertical-align: top } tr:target { background: #fd02 }
</style>
<h1>${title}</h1>
${body}
</html>
`;

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

export function apiPage(): string {
  const sections = [...new Set(operations.map(({ tag }) => tag))].map(
    (tag) =>
      `<h2>${tag}</h2>\n${operations
        .filter((one) => one.tag === tag)
        .map(operation)
        .join('\n')}`,
  );
  const intro = `<p><a href="/api/docs/openapi.json">OpenAPI document</a> · <a href="/api/docs/errors">errors</a> ·
Socket.IO and WebSockets are in the protocol document. Sign in with <code>Authorization: Bearer</code>, a session cookie or a ticket.</p>`;
  return page('Stepwire over HTTP', `${intro}\n${sections.join('\n')}`);
}

function operation({ method, path, summary, query, headers, body, answers }: Operation): string {
  const shown = { query, headers, body, answers };
  return `<details><summary><code><b>${method.toUpperCase()}</b> ${escaped(path)}</code> ${escaped(summary)}</summary>
<pre>${escaped(JSON.stringify(shown, null, 2))}</pre></details>`;
}

export function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { http, retry, meaning }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${http ?? '–'}</td><td>${retry}</td><td>${escaped(meaning)}</td></tr>`,
  );
  return page(
    'Errors',
    `<table><tr><th>code</th><th>HTTP</th><th>try again</th><th>meaning</th></tr>\n${rows.join('\n')}\n</table>`,
  );
}
