export { planFor } from './check-plan.ts';
