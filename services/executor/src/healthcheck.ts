import { isAlive } from '@stepwire/agent-sdk/heartbeat-file';

/** For a container's health check: 0 while the coordinator answers this executor's heartbeats. */
process.exitCode = isAlive('executor') ? 0 : 1;
