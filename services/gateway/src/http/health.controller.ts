import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Public } from '../auth/sign-in.guard.ts';
import { Gateway, type Readiness } from '../gateway.ts';

@Controller()
@Public()
export class HealthController {
  constructor(@Inject(Gateway) private readonly gateway: Gateway) {}

  /** the process lives */
  @Get('health')
  health(): { status: 'alive' } {
    return { status: 'alive' };
  }

  /** it can serve: broker, coordinator, planner and executor answer; else 503, and which do not */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const readiness = await this.gateway.readiness();
    response.status(readiness.ready ? 200 : 503);
    return readiness;
  }

  /** until the console is here: where the doors are */
  @Get()
  @Header('Content-Type', 'text/plain; charset=utf-8')
  doors(): string {
    return [
      'Stepwire gateway',
      '',
      'Socket.IO                       this address, events as in libs/protocol/PROTOCOL.md',
      'POST /api/requests              {"userQuery": "…", "context": {}} starts a request',
      'GET  /api/requests/:id/events   its history; with Accept: text/event-stream live',
      'POST /api/ag-ui                 AG-UI',
      'WebSocket                       /ws/agent-progress/:taskId, /ws/agents',
      'GET  /api/docs                  all that there is over HTTP',
      'GET  /health, /ready            alive; able to serve',
      '',
      'In a terminal: npm run ask -- "Your parcel is held, pay 2.99 at http://dhl-parcel.test/x"',
      '',
    ].join('\n');
  }
}
