import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type OwnStack, openBrowser, withStack } from '@stepwire/testing';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { Agent } from './agent.ts';

/** where screenshots go: build output */
const pictures = join(import.meta.dirname, '../test-output');
/** what a page waits for one thing, on a machine that has other things to do (ms) */
const PATIENCE_MS = 30_000;

export const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
export const desktop = { viewport: { width: 1440, height: 900 } };

export interface Opening extends BrowserContextOptions {
  /** default: the gateway's */
  readonly url?: string;
}

/** What a test is given: a real stack, and browsers to look at it with. */
export interface Visit {
  readonly stack: OwnStack;
  /** some program on its broker */
  readonly agent: Agent;
  /** a page in a browser that has never been here: no storage, no cookies */
  open(path: string, opening?: Opening): Promise<Page>;
}

/** what the network does to a page is in its console too, and no fault of the page's */
const OF_THE_NETWORK = /Failed to load resource|WebSocket connection to|net::ERR_/;

/**
 * One Chromium and one stack for a test file. What comes back declares a test, which fails also where a page threw or logged
 * an error; then every page that it opened is in `test-output/failed …png`.
 * @param start default: a stack without sign-in
 */
export function visits(start: () => Promise<OwnStack> = withStack) {
  let stack: OwnStack;
  let browser: Browser;
  let agent: Agent;
  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    [stack, browser] = await Promise.all([start(), openBrowser()]);
    agent = await Agent.open(stack.broker.url);
  }, 120_000);
  afterAll(async () => {
    await agent?.close();
    await browser?.close();
    await stack?.close();
  });

  return (name: string, run: (visit: Visit) => Promise<void>, timeoutMs = 60_000): void => {
    test(
      name,
      async () => {
        const contexts: BrowserContext[] = [];
        const faults: string[] = [];
        const open: Visit['open'] = async (path, { url = stack.url, ...options } = {}) => {
          const context = await browser.newContext({ ...desktop, locale: 'en-GB', timezoneId: 'UTC', ...options });
          contexts.push(context);
          context.setDefaultTimeout(PATIENCE_MS);
          context.on('weberror', (error) => faults.push(error.error().message));
          context.on('console', (message) => {
            if (message.type() === 'error' && !OF_THE_NETWORK.test(message.text())) faults.push(message.text());
          });
          const page = await context.newPage();
          await page.goto(new URL(path, url).href);
          return page;
        };
        try {
          await run({ stack, agent, open });
          expect(faults).toEqual([]);
        } catch (error) {
          const pages = contexts.flatMap((context) => context.pages());
          for (const [nth, page] of pages.entries()) await picture(page, `failed ${name} ${nth + 1}`);
          throw error;
        } finally {
          for (const context of contexts) await context.close();
        }
      },
      timeoutMs,
    );
  };
}

/**
 * @returns ms of CPU that the longest task of a page's main thread took meanwhile: for so long it answered nothing, on a machine that
 * has nothing else to do. Time on the clock would be that of the other programs too.
 */
export async function longestTaskMs(page: Page, meanwhile: () => Promise<void>): Promise<number> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('this context has no browser');
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  let trace: Buffer;
  try {
    await meanwhile();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(trace.toString('utf8'));
  const main = new Set(
    traceEvents.flatMap(({ name, pid, tid, args }) =>
      name === 'thread_name' && args?.name === 'CrRendererMain' ? [`${pid} ${tid}`] : [],
    ),
  );
  const tasks = traceEvents.filter(({ pid, tid, tdur }) => tdur !== undefined && main.has(`${pid} ${tid}`));
  if (tasks.length === 0) throw new Error('the trace has no task of a main thread');
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1_000;
}

/** the few members we need of https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly args?: { readonly name?: string };
  /** µs on the CPU */
  readonly tdur?: number;
}

/** Keeps what the page shows now. @param fullPage also what would have to be scrolled to */
export async function picture(page: Page, name: string, { fullPage = false } = {}): Promise<void> {
  await page.screenshot({ path: pictureFile(name), fullPage, animations: 'disabled' });
}

export const pictureFile = (name: string): string => join(pictures, `${name.replaceAll(/[^\w]+/g, '-')}.png`);
