export { executorTools } from './tools.ts';
