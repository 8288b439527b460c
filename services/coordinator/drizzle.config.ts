import { defineConfig } from 'drizzle-kit';

/** For `npm run migrations -w services/coordinator`: writes the next migration from `src/schema.ts`. */
export default defineConfig({ dialect: 'postgresql', schema: './src/schema.ts', out: './drizzle' });
