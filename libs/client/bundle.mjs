// What is published: protocol and run-model bundled in, types as well, so that the pack stands for itself. `client.js` also has
// socket.io-client in it, for a page's <script type="module">. Prints what a page loads.
import { globSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

/** socket.io-client aside (bytes, gzip) */
const MAX_GZIP_BYTES = 15_000;

// chunks are called by what is in them
for (const file of globSync('dist/*.{js,d.ts}')) rmSync(file);

const entries = { index: 'dist/modules/index.js', testing: 'dist/modules/testing.js' };
const options = { bundle: true, format: 'esm', target: 'es2024', logLevel: 'warning' };
// one build, so that both entries share their classes
await build({ ...options, entryPoints: entries, outdir: 'dist', splitting: true, external: ['socket.io-client'] });
const page = { ...options, entryPoints: [entries.index], minify: true, conditions: ['browser'] };
await build({ ...page, outfile: 'dist/client.js' });
const { outputFiles } = await build({ ...page, outfile: 'own.js', external: ['socket.io-client'], write: false });

const bundled = {
  '@stepwire/protocol': resolve('../protocol/dist/index.d.ts'),
  '@stepwire/run-model': resolve('../run-model/dist/index.d.ts'),
  typebox: resolve('schema-types.d.ts'),
};
const types = await rollup({
  input: { index: 'dist/modules/index.d.ts', testing: 'dist/modules/testing.d.ts' },
  external: ['socket.io-client'],
  plugins: [{ name: 'workspace', resolveId: (id) => bundled[id] ?? null }, dts()],
});
await types.write({ dir: 'dist', entryFileNames: '[name].d.ts', chunkFileNames: 'types.d.ts', format: 'es' });
await types.close();

const bytes = gzipSync(outputFiles[0].contents).length;
const all = gzipSync(readFileSync('dist/client.js')).length;
process.stdout.write(`@stepwire/client: ${bytes} bytes gzip; /client.js, with socket.io-client: ${all}\n`);
if (bytes > MAX_GZIP_BYTES) throw new Error(`more than ${MAX_GZIP_BYTES} bytes`);
