/** What docker-compose.yml says to the gateway, with and without a .env: read as the gateway reads it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Env, gatewaySettings, readEnv } from '@stepwire/config';
import { parse } from 'yaml';

const file = readFileSync(join(import.meta.dirname, '../../../docker-compose.yml'), 'utf8');

interface Service {
  /** null where nothing was put in */
  readonly environment: Readonly<Record<string, string | number | null>>;
  readonly ports: readonly string[];
}

/** `${NAME:-fallback}`, the only form that the file uses (https://docs.docker.com/reference/compose-file/interpolation/). */
function gateway(dotEnv: Env): Service {
  const text = file.replace(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, fallback: string) => dotEnv[name] || fallback);
  expect(text).not.toMatch(/\$\{/);
  return (parse(text, { merge: true }) as { services: { gateway: Service } }).services.gateway;
}

function settings(dotEnv: Env) {
  const { AMQP_URL_FILE, SESSION_SECRET_FILE, ...environment } = gateway(dotEnv).environment;
  expect([AMQP_URL_FILE, SESSION_SECRET_FILE]).toEqual(['/secrets/amqp-url', '/secrets/session-secret']);
  return readEnv(
    gatewaySettings,
    Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value ?? '')])),
  );
}

describe('docker-compose.yml', () => {
  test('is open, and on loopback only, where nothing else is said', () => {
    expect(settings({})).toMatchObject({
      authMode: 'open',
      authSecret: undefined,
      authJwksUrl: undefined,
      trustProxy: 0,
    });
    expect(gateway({ PORT: '4000' }).ports).toEqual(['127.0.0.1:4000:3001']);
  });

  test('lets a .env ask for sign-in', () => {
    const dotEnv = {
      AUTH_MODE: 'auto',
      AUTH_SECRET: 'x'.repeat(32),
      AUTH_JWKS_URL: 'https://id.example/keys',
      AUTH_ISSUER: 'https://id.example',
      AUTH_AUDIENCE: 'stepwire',
      AUTH_OPERATOR_CLAIM: 'groups',
      AUTH_OPERATOR_VALUE: 'ops',
      PUBLIC_URL: 'https://stepwire.example',
      TRUST_PROXY: '1',
    };
    expect(settings(dotEnv)).toMatchObject({
      authMode: 'auto',
      authSecret: dotEnv.AUTH_SECRET,
      authJwksUrl: dotEnv.AUTH_JWKS_URL,
      authIssuer: dotEnv.AUTH_ISSUER,
      authAudience: 'stepwire',
      operatorClaim: 'groups',
      operatorValue: 'ops',
      publicUrl: dotEnv.PUBLIC_URL,
      trustProxy: 1,
    });
  });

  test('sets nothing of the gateway that is no setting', () => {
    const known = Object.values(gatewaySettings).map(({ variable }) => variable);
    const unknown = Object.keys(gateway({}).environment).filter((name) => !known.includes(name.replace(/_FILE$/, '')));
    expect(unknown).toEqual([]);
  });
});
