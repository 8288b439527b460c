/**
 * `docker compose up` runs this once before anything else: it makes a password for the database and for each service's
 * broker user, and the key that gateways sign sessions with, and puts them where only their owners look — one volume per service, mounted read-only.
 *
 * 1. A password that is there stays: the database took it over when it was made, and other containers hold it.
 * 2. The broker gets salted hashes only, with the topology and the rights of each user: it starts complete, without
 *    `guest`, and nobody needs the right to declare.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrokerUser, brokerDefinitions, permissions } from '@stepwire/protocol';

/** https://www.rabbitmq.com/docs/passwords#computing-password-hash */
export function passwordHash(password: string, salt: Buffer = randomBytes(4)): string {
  return Buffer.concat([salt, createHash('sha256').update(salt).update(password, 'utf8').digest()]).toString('base64');
}

/** What is in the file, or `made` and from now on in the file. */
const keep = (path: string, made: () => string): string =>
  existsSync(path) ? readFileSync(path, 'utf8') : put(path, made());

/** Whole or not at all, and readable by whichever user the container that mounts the volume runs as. */
function put(path: string, text: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(`${path}.new`, text, { mode: 0o444 });
  renameSync(`${path}.new`, path);
  return text;
}

/** 192 random bits in letters that need no quoting in a URL or a shell. */
const password = () => randomBytes(24).toString('base64url');

export function writeSecrets(folder: string, hosts: { readonly broker: string; readonly database: string }): void {
  const users = Object.keys(permissions) as BrokerUser[];
  const logins = users.map((name) => {
    const secret = keep(join(folder, name, 'amqp-password'), password);
    put(join(folder, name, 'amqp-url'), `amqp://${name}:${secret}@${hosts.broker}`);
    return { name, passwordHash: passwordHash(secret) };
  });
  put(join(folder, 'broker', 'definitions.json'), JSON.stringify(brokerDefinitions(logins), null, 2));
  const database = keep(join(folder, 'database', 'password'), password);
  put(join(folder, 'coordinator', 'database-url'), `postgres://stepwire:${database}@${hosts.database}/stepwire`);
  keep(join(folder, 'gateway', 'session-secret'), password);
}

if (import.meta.main) writeSecrets('/secrets', { broker: 'rabbitmq:5672', database: 'postgres:5432' });
