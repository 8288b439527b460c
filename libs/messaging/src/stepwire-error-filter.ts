import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';

/**
 * Hands errors to the transport as they are: `app.useGlobalFilters(new StepwireErrorFilter())`. Nest's own filter makes
 * `{status: 'error', message: 'Internal server error'}` of everything.
 */
@Catch()
export class StepwireErrorFilter implements RpcExceptionFilter<unknown> {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}
