export interface TestBroker {
  /** of user guest, vhost `/` */
  readonly url: string;
  /** base of the management API without `/api` */
  readonly managementUrl: string;
}
export interface TestPostgres {
  /** of a superuser, database `postgres` */
  readonly url: string;
}

const ask = async (path: string): Promise<unknown> => {
  const base = process.env.STEPWIRE_TEST_SERVICES;
  if (base === undefined) throw new Error('the test services run only under jest with the root jest.config.js');
  // a connection that waits for the next question is closed by the server just when a busy process asks it
  const response = await fetch(`${base}${path}`, { headers: { connection: 'close' } });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
};
const text = (answer: unknown, member: string): string => {
  const value: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, member) : undefined;
  if (typeof value !== 'string') throw new Error(`the test services gave no ${member}`);
  return value;
};

/** The broker of this jest run; the first call starts it (some 5 s). */
export async function testBroker(): Promise<TestBroker> {
  const answer = await ask('/broker');
  return { url: text(answer, 'url'), managementUrl: text(answer, 'managementUrl') };
}

/** The Postgres of this jest run; the first call starts it (some 1 s). */
export async function testPostgres(): Promise<TestPostgres> {
  return { url: text(await ask('/postgres'), 'url') };
}
