import type { Browser } from 'playwright-core';

/**
 * Debian's chromium, which asks nobody outside for anything.
 * @param args beside those that every test needs
 * @throws Error when it is not installed
 */
export async function openBrowser(args: readonly string[] = []): Promise<Browser> {
  // a few hundred ms, that only those pay who want one
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      // WebGL without a graphics card
      ...['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
      ...['--disable-background-networking', '--disable-component-update', ...args],
    ],
  });
}
