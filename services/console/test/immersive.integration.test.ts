import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
import { waitFor } from '@stepwire/testing';
import type { XRDevice } from 'iwer';
import type { Page } from 'playwright-core';
import { arrangeFront, type Place } from '../src/immersive/layout.ts';
import { planOf, startRequest, type Told, wait } from './agent.ts';
import { picture, type Visit, visits } from './browser.ts';

declare global {
  // in the page, from iwer's build
  const IWER: typeof import('iwer');
  var headset: XRDevice;
  /** contexts that the page's canvases were given */
  var contexts: WebGL2RenderingContext[];
}

const message = 'Your parcel is held, pay 2.99 at http://dhl-parcel.test/x or call +44 7700 900123';
/** a picture takes a processor without a graphics card a while, on a machine that has other things to do (ms) */
const DRAWN_MS = 30_000;
/** a click is answered by then, on such a machine (ms) */
const ANSWERED_MS = 10_000;
const RIM = 4;
/** what is looked for in pictures: dark, and at rest at once */
const still = { viewport: { width: 1200, height: 700 }, colorScheme: 'dark', reducedMotion: 'reduce' } as const;

const visit = visits();

/** Hues of the theme (styles.css), in degrees: lines are thin, and seldom as bright as their colour. */
const green = 147;
const violet = 241;
const blue = 218;

interface Seen {
  readonly count: number;
  /** where on the canvas (px) */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What of the canvas has about this hue, as it is on the screen now. */
async function seen(page: Page, hue: number): Promise<Seen> {
  const box = await page.locator('canvas').boundingBox();
  if (box === null) throw new Error('there is no canvas');
  // toasts come over its right edge, and where it has the focus it has a rim
  const clip = { x: box.x + RIM, y: box.y + RIM, width: box.width * 0.9, height: box.height - 2 * RIM };
  const png = (await page.screenshot({ clip, timeout: DRAWN_MS })).toString('base64');
  return page.evaluate(
    async ([data, hue]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
      if (context === null) throw new Error('no canvas');
      context.drawImage(image, 0, 0);
      const pixels = context.getImageData(0, 0, image.width, image.height).data;
      const found = { count: 0, left: image.width, top: image.height, right: 0, bottom: 0 };
      for (let at = 0; at < pixels.length; at += 4) {
        const [r = 0, g = 0, b = 0] = [pixels[at], pixels[at + 1], pixels[at + 2]];
        const [most, range] = [Math.max(r, g, b), Math.max(r, g, b) - Math.min(r, g, b)];
        if (most < 100 || range < most * 0.2) continue;
        const sixth = most === r ? (g - b) / range : most === g ? 2 + (b - r) / range : 4 + (r - g) / range;
        if (Math.abs(sixth * 60 - hue) > 10) continue;
        const [x, y] = [(at / 4) % image.width, Math.floor(at / 4 / image.width)];
        found.count += 1;
        found.left = Math.min(found.left, x);
        found.right = Math.max(found.right, x);
        found.top = Math.min(found.top, y);
        found.bottom = Math.max(found.bottom, y);
      }
      return found;
    },
    [png, hue] as const,
  );
}

const seeing = async (page: Page, hue: number, enough: (seen: Seen) => boolean, what: string): Promise<Seen> =>
  waitFor(
    async () => {
      const now = await seen(page, hue);
      return enough(now) && now;
    },
    { timeoutMs: DRAWN_MS, everyMs: 200, what },
  );

const step = (page: Page, title: string) =>
  page.getByRole('list', { name: 'Steps' }).getByRole('listitem').filter({ hasText: title });
const canvas = (page: Page) => page.getByRole('img', { name: /steps done/ });

/** The page of a request in space, and what its canvases were given. */
async function space(
  { open, stack }: Visit,
  requestId: string,
  options: { readonly headset?: boolean } = {},
): Promise<Page> {
  const page = await open('about:blank', still);
  await page.addInitScript(() => {
    globalThis.contexts = [];
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = new Proxy(getContext, {
      apply(target, canvas, args) {
        const context: unknown = Reflect.apply(target, canvas, args);
        if (context instanceof WebGL2RenderingContext && !contexts.includes(context)) contexts.push(context);
        return context;
      },
    });
  });
  if (options.headset) {
    await page.addInitScript({ path: createRequire(import.meta.url).resolve('iwer/build/iwer.min.js') });
    await page.addInitScript(() => {
      globalThis.headset = new IWER.XRDevice(IWER.metaQuest3);
      headset.installRuntime({ forceInstall: true });
    });
  }
  await page.goto(`${stack.url}/requests/${requestId}/space`);
  return page;
}

const statusOf = async (url: string, requestId: string): Promise<unknown> => {
  const { status }: { status: unknown } = Object(await (await fetch(`${url}/api/requests/${requestId}`)).json());
  return status;
};

visit(
  'steps stand in the space as panels that change as they go, and in words beside it',
  async (visiting) => {
    const { agent } = visiting;
    const requestId = randomUUID();
    const steps = ['Search the archive', 'Read what was found', 'Write it up'].map((title, nth) => ({
      ...{ id: `s${nth + 1}`, order: nth + 1, title, action: 'research' },
      dependsOn: nth === 0 ? [] : [`s${nth}`],
    }));
    const progress = (order: number, status: string, more: object = {}): Told => ({
      type: 'executor.step.progress',
      data: { stepId: `s${order}`, stepOrder: order, tool: 'research', status, ...more },
    });
    await agent.tell(requestId, [{ type: 'planner.plan.created', data: { plan: { goal: 'Find out', steps } } }]);
    const page = await space(visiting, requestId);
    await step(page, 'Search the archive').getByText('Not started').waitFor();
    await canvas(page).waitFor();
    expect(await page.getByRole('button', { name: /Enter/ }).count()).toBe(0);
    expect((await seen(page, green)).count).toBe(0);
    await agent.tell(requestId, [progress(1, 'running', { percent: 40 })]);
    await step(page, 'Search the archive').getByText('Running').waitFor();
    await seeing(page, blue, ({ count }) => count > 200, 'a running panel');
    await picture(page, 'space of an agent’s own steps');
    await agent.tell(requestId, [progress(1, 'completed'), progress(2, 'running')]);
    await step(page, 'Search the archive').getByText('Done').waitFor();
    const one = await seeing(page, green, ({ count }) => count > 5, 'the word Done on a panel');
    await agent.tell(requestId, [progress(2, 'completed'), progress(3, 'running')]);
    await seeing(page, green, ({ count }) => count > one.count, 'a second one');
    await agent.tell(requestId, [{ type: 'executor.step.output', data: { stepId: 's3', delta: 'It is so.' } }]);
    await step(page, 'Write it up').getByText('It is so.').waitFor();
    await agent.tell(requestId, [progress(3, 'completed'), { type: 'request.completed', data: { result: 1 } }]);
    await page.getByRole('img', { name: 'Completed: 3 of 3 steps done' }).waitFor();
  },
  120_000,
);

visit(
  'a click on a choice’s panel answers the question, and the verdict stands in the middle',
  async (visiting) => {
    const requestId = await startRequest(visiting.stack.url, message);
    const page = await space(visiting, requestId);
    await page.getByRole('button', { name: 'Somebody I know' }).waitFor();
    // four panels with violet edges, two by two: this is the upper right one
    const choices = await seeing(page, violet, ({ count }) => count > 150, 'the choices');
    await picture(page, 'space with a question');
    const x = RIM + choices.left + (choices.right - choices.left) * 0.75;
    const y = RIM + choices.top + (choices.bottom - choices.top) * 0.3;
    await page.locator('canvas').click({ position: { x, y } });
    await page.getByRole('region', { name: 'Result' }).waitFor();
    expect(await statusOf(visiting.stack.url, requestId)).toBe('completed');
    const answers = await (await fetch(`${visiting.stack.url}/api/requests/${requestId}/events`)).text();
    expect(answers).toContain('Somebody I know');
    await seeing(page, violet, ({ count }) => count < 100, 'the choices gone');
    await picture(page, 'space with a verdict');
  },
  120_000,
);

visit(
  'a keyboard turns the space, and answers',
  async (visiting) => {
    const requestId = await startRequest(visiting.stack.url, message);
    const page = await space(visiting, requestId);
    await page.getByRole('button', { name: 'A company or an authority' }).waitFor();
    const before = await seeing(page, violet, ({ count }) => count > 150, 'the choices');
    await canvas(page).focus();
    for (const key of ['ArrowLeft', 'ArrowLeft', '-', '-']) await page.keyboard.press(key);
    await seeing(
      page,
      violet,
      ({ right, left }) => right - left < (before.right - before.left) * 0.9,
      'them further away',
    );
    await page.getByRole('button', { name: 'Show everything' }).press('Enter');
    await seeing(page, violet, ({ left }) => Math.abs(left - before.left) < 5, 'everything as it was');
    await page.getByRole('button', { name: 'A company or an authority' }).press('Enter');
    await page.getByText('This is very likely a scam.').waitFor();
  },
  120_000,
);

/** A controller at the right hip points at a panel. WebXR's z goes the other way. */
async function pointAt(page: Page, { x, y, z }: Place): Promise<void> {
  const from = { x: 0.2, y: 1.3, z: -0.25 };
  const [dx, dy, dz] = [x - from.x, y - from.y, -z - from.z];
  const away = Math.hypot(dx, dy, dz);
  // from straight ahead (0, 0, −1) to there, the short way
  const turn = { x: dy / away, y: -dx / away, w: 1 - dz / away };
  const length = Math.hypot(turn.x, turn.y, turn.w);
  await page.evaluate(
    ([from, turn, length]) => {
      const { right } = headset.controllers;
      right?.position.set(from.x, from.y, from.z);
      right?.quaternion.set(turn.x / length, turn.y / length, 0, turn.w / length);
    },
    [from, turn, length] as const,
  );
}

const squeeze = (page: Page, value: number) =>
  page.evaluate((pressed) => headset.controllers.right?.updateButtonValue('trigger', pressed), value);

visit(
  'in a headset a controller’s ray answers the question; leaving brings the canvas back, and what is left is disposed of',
  async (visiting) => {
    const { stack } = visiting;
    const requestId = await startRequest(stack.url, message);
    const page = await space(visiting, requestId, { headset: true });
    await page.getByRole('button', { name: 'Somebody I know' }).waitFor();
    await page.getByRole('button', { name: 'Enter VR' }).click();
    await page.getByRole('button', { name: 'Leave VR' }).waitFor();
    const [choice] = arrangeFront(4).choices;
    if (choice === undefined) throw new Error('nothing to choose from');
    await pointAt(page, choice);
    await page.evaluate(() => new Promise((drawn) => headset.activeSession?.requestAnimationFrame(drawn)));
    await picture(page, 'space in a headset');
    await squeeze(page, 1);
    await page.evaluate(() => new Promise((drawn) => headset.activeSession?.requestAnimationFrame(drawn)));
    await squeeze(page, 0);
    await waitFor(async () => (await statusOf(stack.url, requestId)) === 'completed', { timeoutMs: DRAWN_MS });
    const events = await (await fetch(`${stack.url}/api/requests/${requestId}/events`)).text();
    expect(events).toContain('A company or an authority');
    await picture(page, 'space in a headset with a verdict');

    await page.evaluate(() => headset.activeSession?.end());
    await page.getByRole('button', { name: 'Enter VR' }).waitFor();
    await seeing(page, green, ({ count }) => count > 5, 'the canvas');
    await picture(page, 'space after the headset');

    expect(await page.evaluate(() => contexts.map((context) => context.isContextLost()))).toEqual([false]);
    await page.getByRole('link', { name: 'Back to the request' }).click();
    await page.getByRole('tab', { name: 'Plan' }).waitFor();
    expect(await page.locator('canvas').count()).toBe(0);
    expect(await page.evaluate(() => contexts.map((context) => context.isContextLost()))).toEqual([true]);
    await page.goBack();
    await page.getByRole('img', { name: 'Completed: 6 of 7 steps done' }).waitFor();
    await seeing(page, green, ({ count }) => count > 5, 'the space again');
  },
  180_000,
);

visit('without WebGL it says so, and the list has everything', async (visiting) => {
  const requestId = await startRequest(visiting.stack.url, message);
  const page = await visiting.open('about:blank', still);
  await page.addInitScript(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = new Proxy(getContext, {
      apply: (target, canvas, args) => (String(args[0]).includes('webgl') ? null : Reflect.apply(target, canvas, args)),
    });
  });
  await page.goto(`${visiting.stack.url}/requests/${requestId}/space`);
  await page.getByText('This browser shows no 3D').waitFor();
  await page.getByRole('button', { name: 'Somebody I know' }).click();
  await page.getByRole('region', { name: 'Result' }).waitFor();
  await step(page, 'Weigh the evidence').getByText('Done').waitFor();
  await picture(page, 'space without WebGL');
});

visit(
  '500 steps, while they go on',
  async (visiting) => {
    const plan = planOf(
      ...Array.from({ length: 500 }, (_, nth) =>
        wait(`step ${nth + 1}`, 200, ...(nth < 25 ? [] : [`step ${nth - 24}`])),
      ),
    );
    const requestId = await startRequest(visiting.stack.url, 'five hundred', plan);
    const page = await space(visiting, requestId);
    await step(page, 'step 500').getByText('Not started').waitFor();
    await step(page, 'step 25').getByText('Done').first().waitFor();
    const begun = performance.now();
    await page.getByText('Show everything').click();
    expect(performance.now() - begun).toBeLessThan(ANSWERED_MS);
    await picture(page, 'space of 500 steps');
  },
  120_000,
);
