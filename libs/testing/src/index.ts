export { type BrokerForTest, type OwnBroker, withBroker, withOwnBroker } from './broker.ts';
export { type DatabaseForTest, withDatabase } from './database.ts';
export { Management } from './management.ts';
export { type InstanceName, type StackForTest, type StackOptions, startStack } from './stack.ts';
export { type Ambush, TcpProxy } from './tcp-proxy.ts';
export { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';
export { type WaitOptions, waitFor } from './wait-for.ts';
export { type OwnStack, withStack } from './with-stack.ts';
