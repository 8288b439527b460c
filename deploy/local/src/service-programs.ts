import { fileURLToPath } from 'node:url';

/** The services of a stack, in the order in which they depend on one another. */
export const serviceNames = ['coordinator', 'planner', 'executor', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** The compiled program of a service. */
export const mainOf = (name: ServiceName): string =>
  fileURLToPath(new URL(`../../../services/${name}/dist/main.js`, import.meta.url));
