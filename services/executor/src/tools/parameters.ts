import { type ToolContext, ToolError } from '@stepwire/agent-sdk';
import { type CountryCode, isSupportedCountry } from 'libphonenumber-js/max';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Entities } from './evidence.ts';

/** A check of one shape. @throws ToolError `bad_input` that names what is wrong; a repeat does not mend it */
export function shape<S extends TSchema>(what: string, schema: S): (value: unknown) => Static<S> {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return value;
    const [first] = validator.Errors(value);
    throw badInput(`${what}: ${first?.instancePath || 'the value'} ${first?.message ?? 'is wrong'}`);
  };
}

export const badInput = (message: string): ToolError => new ToolError('bad_input', message, { retryable: false });

const entities = shape('the result of entity_extraction', Entities);

/** What an `entity_extraction` among the steps that this one depends on found; undefined where there is none. */
export function entitiesOf(context: ToolContext): Entities | undefined {
  const result = context.inputs.entity_extraction?.result;
  return result === undefined || result === null ? undefined : entities(result);
}

/** @throws ToolError `bad_input` for a country that does not exist */
export function asCountry(country: string): CountryCode {
  const upper = country.toUpperCase();
  if (!isSupportedCountry(upper)) throw badInput(`${country} is no country code (ISO 3166-1, two letters)`);
  return upper;
}
