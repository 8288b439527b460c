import { runAgentService } from '@stepwire/agent-sdk';
import { agentSettings, readEnv } from '@stepwire/config';
import { queues } from '@stepwire/protocol';
import { planFor } from './check-plan.ts';
import { PLANNER, PlannerController } from './planner.controller.ts';

class PlannerModule {}

await runAgentService({
  role: 'planner',
  queue: queues.plans,
  settings: readEnv(agentSettings),
  module: ({ session }) => ({
    module: PlannerModule,
    controllers: [PlannerController],
    providers: [{ provide: PLANNER, useValue: { session, makePlan: planFor } }],
  }),
});
