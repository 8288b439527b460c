import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Public } from '../auth/sign-in.guard.ts';
import { Gateway } from '../gateway.ts';
import type { Readiness } from '../upstream.ts';

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
}
