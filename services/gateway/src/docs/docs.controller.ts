import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { errorTable } from '@stepwire/protocol';
import type { Request, Response } from 'express';
import { Public } from '../auth/sign-in.guard.ts';
import { PublicUrl } from '../public-url.ts';
import { openApi } from './openapi.ts';
import { apiPage, errorsPage } from './pages.ts';

/** What can be called here, and what a refusal means: for people as pages, for programs as JSON. */
@Controller('api/docs')
@Public()
export class DocsController {
  constructor(@Inject(PublicUrl) private readonly publicUrl: PublicUrl) {}

  @Get()
  api(@Req() request: Request, @Res() response: Response): void {
    this.#negotiated(request, response, apiPage, () => openApi(this.publicUrl.of(request)));
  }

  @Get('openapi.json')
  openApi(@Req() request: Request): object {
    return openApi(this.publicUrl.of(request));
  }

  /** where the `type` of a problem leads */
  @Get('errors')
  errors(@Req() request: Request, @Res() response: Response): void {
    this.#negotiated(request, response, errorsPage, () => errorTable);
  }

  #negotiated(request: Request, response: Response, html: () => string, json: () => object): void {
    response.vary('Accept');
    if (request.accepts(['html', 'json']) === 'json') {
      response.json(json());
      return;
    }
    response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.type('html').send(html());
  }
}
