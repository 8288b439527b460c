export { type Child, startChild } from './child.ts';
export { canInstallDebianPackages, installDebianPackages, isInstalled, type Say } from './debian.ts';
export { Keeper } from './keeper.ts';
export { freePorts, speaksAmqp } from './ports.ts';
export {
  findRabbitmqServer,
  type PrivateBroker,
  type PrivateBrokerOptions,
  startPrivateBroker,
} from './private-broker.ts';
export { type PrivateCluster, type PrivateClusterOptions, startPrivateCluster } from './private-cluster.ts';
export {
  findPostgresBin,
  type PrivatePostgres,
  type PrivatePostgresOptions,
  startPrivatePostgres,
} from './private-postgres.ts';
export { mainOf, type ServiceName, serviceNames } from './service-programs.ts';
export { stopSignal } from './stop-signal.ts';
export { waitUntil } from './wait.ts';
