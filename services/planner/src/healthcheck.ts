import { isAlive } from '@stepwire/agent-sdk/heartbeat-file';

/** For a container's health check: 0 while the coordinator answers this planner's heartbeats. */
process.exitCode = isAlive('planner') ? 0 : 1;
