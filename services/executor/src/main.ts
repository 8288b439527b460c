import { runAgentService } from '@stepwire/agent-sdk';
import { agentSettings, readEnv } from '@stepwire/config';
import { queues } from '@stepwire/protocol';
import { ExecutorController, STEP_RUNNER } from './executor.controller.ts';
import { executorTools } from './tools.ts';

class ExecutorModule {}

const settings = readEnv(agentSettings);

await runAgentService({
  role: 'executor',
  queue: queues.steps,
  settings,
  module: ({ session, blobs }) => ({
    module: ExecutorModule,
    controllers: [ExecutorController],
    providers: [{ provide: STEP_RUNNER, useValue: { session, blobs, tools: executorTools(settings) } }],
  }),
});
