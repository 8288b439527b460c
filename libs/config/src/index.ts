export { type Env, EnvError, readEnv, type Setting, setting } from './env.ts';
export {
  agentSettings,
  authSettings,
  brokerSettings,
  coordinatorSettings,
  gatewaySettings,
  localSettings,
} from './settings.ts';
