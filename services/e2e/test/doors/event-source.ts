import type { Page } from 'playwright-core';

export interface Heard {
  readonly id: string;
  readonly data: unknown;
}

/** A browser's own `EventSource` in a page of the gateway's. */
export class EventSourceInPage {
  readonly #page: Page;
  readonly #name: string;

  private constructor(page: Page, name: string) {
    this.#page = page;
    this.#name = name;
  }

  /** @param url of the page too, so that both have one origin */
  static async open(page: Page, url: string, path: string): Promise<EventSourceInPage> {
    // a page of that origin with nothing on it
    await page.goto(`${url}/health`);
    const name = `source ${path}`;
    await page.evaluate(
      ([key = '', address = '']) => {
        const source = new EventSource(address);
        const heard: Heard[] = [];
        source.onmessage = ({ lastEventId, data }) => heard.push({ id: lastEventId, data: JSON.parse(data) });
        Reflect.set(window, key, { source, heard });
      },
      [name, path],
    );
    return new EventSourceInPage(page, name);
  }

  heard(): Promise<Heard[]> {
    return this.#page.evaluate((key) => Reflect.get(window, key).heard, this.#name);
  }

  async closed(): Promise<boolean> {
    const state: unknown = await this.#page.evaluate((key) => Reflect.get(window, key).source.readyState, this.#name);
    return state === 2;
  }
}
