/** RabbitMQ's HTTP API (https://rawcdn.githack.com/rabbitmq/rabbitmq-server/v3.10.8/deps/rabbitmq_management/priv/www/api/index.html). */
export class Management {
  readonly #base: string;

  constructor(managementUrl: string) {
    this.#base = `${managementUrl}/api`;
  }

  /** @throws Error with the broker's words for any status but 2xx */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
        'content-type': 'application/json',
        // one that is kept is closed by the broker just when a busy process asks again
        connection: 'close',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const words = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${words}`);
    return words === '' ? undefined : JSON.parse(words);
  }

  /** an array of objects */
  async list(path: string): Promise<Record<string, unknown>[]> {
    const answer = await this.call('GET', path);
    if (!Array.isArray(answer)) throw new Error(`${path} is no list`);
    return answer;
  }
}
