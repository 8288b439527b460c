/** Tests run on the sources: `@stepwire/source` is the export condition of our packages that names `src/index.ts`. */
export default {
  testMatch: ['<rootDir>/{libs,services,deploy}/*/test/**/*.test.{ts,tsx}'],
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@stepwire/source', 'node', 'node-addons'] },
  globalSetup: '<rootDir>/libs/testing/jest-setup.mjs',
  globalTeardown: '<rootDir>/libs/testing/jest-teardown.mjs',
  // the first test that needs the broker starts it, and two files at once share two cores
  testTimeout: 60_000,
  // each file's ES modules stay in memory for as long as its process (nodejs/node#33439): a process ends when it has grown
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/'],
  transform: {
    '\\.tsx$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic' } },
        },
        module: { type: 'es6' },
      },
    ],
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};
