import { parseArgs } from 'node:util';
import { authSettings, readEnv } from '@stepwire/config';
import { SignJWT } from 'jose';

const usage = `Usage: AUTH_SECRET=… npm run -s token -- --user <id> [--operator] [--hours <n>]

Makes a token for development, signed with AUTH_SECRET as the gateway's: Authorization: Bearer <token>.
AUTH_ISSUER, AUTH_AUDIENCE, AUTH_OPERATOR_CLAIM and AUTH_OPERATOR_VALUE count here as they do there. It holds for 8 hours.`;

const DEFAULT_HOURS = 8;

async function main(): Promise<string> {
  const { values } = parseArgs({
    options: {
      user: { type: 'string' },
      operator: { type: 'boolean' },
      hours: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return usage;
  const hours = Number(values.hours ?? DEFAULT_HOURS);
  if (!values.user) throw new Error('--user is missing');
  if (!(hours > 0)) throw new Error(`--hours must be a number above 0, is "${values.hours}"`);
  const { authSecret, authIssuer, authAudience, operatorClaim, operatorValue } = readEnv(authSettings);
  if (authSecret === undefined) throw new Error('AUTH_SECRET is not set: start the gateway with the same one');
  const token = new SignJWT(values.operator ? { [operatorClaim]: operatorValue } : {})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(values.user)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000 + hours * 3600));
  if (authIssuer !== undefined) token.setIssuer(authIssuer);
  if (authAudience !== undefined) token.setAudience(authAudience);
  return token.sign(new TextEncoder().encode(authSecret));
}

try {
  process.stdout.write(`${await main()}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}\n`);
  process.exitCode = 2;
}
