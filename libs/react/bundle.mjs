// What is published: one file per entry. Everything it imports is a dependency or a peer, so nothing is bundled in.
import { copyFileSync, globSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

// chunks are called by what is in them
for (const file of globSync('dist/*.{js,d.ts}')) rmSync(file);
copyFileSync('src/styles.css', 'dist/styles.css');

const entryPoints = { index: 'dist/modules/index.js', components: 'dist/modules/components.js' };
const options = { bundle: true, format: 'esm', target: 'es2024', splitting: true, packages: 'external' };
// React Server Components: hooks run in the browser only
await build({ ...options, entryPoints, outdir: 'dist', banner: { js: "'use client';" }, logLevel: 'warning' });

const types = await rollup({
  input: { index: 'dist/modules/index.d.ts', components: 'dist/modules/components.d.ts' },
  external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('dist/'),
  plugins: [dts()],
});
await types.write({ dir: 'dist', entryFileNames: '[name].d.ts', chunkFileNames: 'types.d.ts', format: 'es' });
await types.close();
