import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Request, type Response, Router } from 'express';

export interface ConsoleFolders {
  /** what `npm run build -w services/console` fills; need not be there yet */
  readonly consoleDir: string;
  /** libs/client's build, for pages that import `/client.js` */
  readonly clientDir: string;
}

/** first segments of what is not the console's: no file is looked for there */
const DOORS = new Set(['api', 'ws', 'socket.io', 'health', 'ready', 'scan-image']);
/** first segments of files */
const FILES = new Set(['assets', 'client.js']);

/**
 * No script but the build's own files, and nobody's frame. Styles may be inline: toasts and dialogs (sonner, Radix) write
 * `<style>` elements. Connections go to this gateway only, over HTTP and WebSockets.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Where this checkout, or image, has them. @param consoleDir setting `CONSOLE_DIR` */
export const consoleFolders = (consoleDir: string | undefined): ConsoleFolders => ({
  consoleDir: consoleDir ?? join(folderOf('@stepwire/console'), 'dist'),
  clientDir: join(folderOf('@stepwire/client'), 'dist'),
});
const folderOf = (name: string): string => dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`)));

/** The console at `/`, for anybody: what it shows comes from the API, which asks who calls. */
export function consolePages({ consoleDir, clientDir }: ConsoleFolders): Router {
  const router = Router();
  const asked = {
    index: false,
    redirect: false,
    cacheControl: false,
    setHeaders: (response: Response) => void response.setHeader('Cache-Control', 'no-cache'),
  };
  router.use((request, _, next) => next(DOORS.has(firstSegment(request)) ? 'router' : undefined));
  // their names have a hash of their content
  const kept = { index: false, redirect: false, immutable: true, maxAge: '1y' } as const;
  router.use('/assets', express.static(join(consoleDir, 'assets'), kept));
  router.get('/client.js', express.static(clientDir, asked));
  const files = express.static(consoleDir, asked);
  router.use(files);
  router.get(
    '{*path}',
    (request, response, next) => {
      if (!isPage(request)) {
        next('route');
        return;
      }
      response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
      response.setHeader('Referrer-Policy', 'same-origin');
      response.vary('Accept');
      request.url = '/index.html';
      next();
    },
    files,
    (_, response) => {
      response.type('text').send('The console is not built: npm run build. What there is over HTTP: /api/docs\n');
    },
  );
  return router;
}

const firstSegment = ({ path }: Request): string => path.split('/')[1] ?? '';

/** Any page of the console, asked for by a browser that goes there. The id of a request may look like the name of a file. */
function isPage(request: Request): boolean {
  const { path, headers } = request;
  if (path === '/') return true;
  if (FILES.has(firstSegment(request)) || headers.accept?.includes('text/html') !== true) return false;
  return path.startsWith('/requests/') || extname(path) === '';
}
