// What is published: one file per module, so that a page which is split loads what it shows; types are one file per entry.
import { copyFileSync, globSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

// chunks are called by what is in them
for (const file of globSync('dist/*.{js,d.ts}')) rmSync(file);
copyFileSync('src/styles.css', 'dist/styles.css');

// React Server Components: hooks run in the browser only
const options = { format: 'esm', target: 'es2024', banner: { js: "'use client';" }, logLevel: 'warning' };
await build({ ...options, entryPoints: globSync('dist/modules/*.js'), outdir: 'dist' });

const types = await rollup({
  input: { index: 'dist/modules/index.d.ts', components: 'dist/modules/components.d.ts' },
  external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('dist/'),
  plugins: [dts()],
});
await types.write({ dir: 'dist', entryFileNames: '[name].d.ts', chunkFileNames: 'types.d.ts', format: 'es' });
await types.close();
