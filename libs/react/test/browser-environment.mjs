import { TestEnvironment } from 'jest-environment-jsdom';

/** jsdom, with what every browser has and it has not. Sources import all of protocol; what is published does not need these. */
export default class BrowserEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, { TextEncoder, TextDecoder });
  }
}
