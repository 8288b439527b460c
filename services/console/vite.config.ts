import { gzipSync } from 'node:zlib';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

// `npm run dev -w services/console` shows changes at once, on the gateway of `npm start`
const gateway = 'http://127.0.0.1:3001';

/** what a browser loads before `/` is there (bytes, gzip) */
const MAX_FIRST_LOAD_BYTES = 200_000;

/** Says what the first page loads, its scripts, styles and itself, and fails where that is too much. What is imported later does not count. */
const firstLoad: Plugin = {
  name: 'first-load',
  apply: 'build',
  writeBundle(_, bundle) {
    const loaded = new Set(Object.keys(bundle).filter((file) => file.endsWith('.html')));
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      const chunk = bundle[file];
      if (chunk?.type !== 'chunk') return;
      for (const needed of [...chunk.imports, ...(chunk.viteMetadata?.importedCss ?? [])]) load(needed);
    };
    for (const [file, chunk] of Object.entries(bundle)) if (chunk.type === 'chunk' && chunk.isEntry) load(file);
    let bytes = 0;
    for (const file of loaded) {
      const output = bundle[file];
      if (output !== undefined) bytes += gzipSync(output.type === 'chunk' ? output.code : output.source).length;
    }
    this.info(`first load: ${bytes} bytes gzip, of ${MAX_FIRST_LOAD_BYTES}`);
    if (bytes > MAX_FIRST_LOAD_BYTES) this.error(`the first load is more than ${MAX_FIRST_LOAD_BYTES} bytes gzip`);
  },
};

export default defineConfig({
  plugins: [react(), tailwindcss(), firstLoad],
  // Babylon alone is above Vite's limit for a chunk; it is loaded by those who want it
  build: { target: 'es2022', sourcemap: true, chunkSizeWarningLimit: 1_500 },
  server: { proxy: { '/api': gateway, '/socket.io': { target: gateway, ws: true }, '/health': gateway } },
});
