import { runAgentService, toolSet } from '@stepwire/agent-sdk';
import { agentSettings, readEnv } from '@stepwire/config';
import { queues } from '@stepwire/protocol';
import { ChaosController, STEP_RUNNER } from './agent.controller.ts';
import { Effects } from './effects.ts';
import { poison } from './poison.ts';
import { ask, echo, fail, wait } from './tools.ts';

/** The executor of the chaos rig: as services/executor, with tools that ask, fail and poison. */
class ChaosModule {}

const settings = readEnv(agentSettings);
const effects = new Effects(settings.dataDir);

await runAgentService({
  role: 'executor',
  queue: queues.steps,
  settings,
  module: ({ session, blobs }) => ({
    module: ChaosModule,
    controllers: [ChaosController],
    providers: [
      {
        provide: STEP_RUNNER,
        useValue: { session, blobs, tools: toolSet([wait, echo(effects), ask, fail, poison]) },
      },
    ],
  }),
});
