/** A real browser without a window, for pages that only a browser can judge. */
import type { TestContext } from 'node:test';
import puppeteer, { type Browser, type BrowserContext } from 'puppeteer-core';
import { requireComponent } from './components.ts';

/** Chromium with more arguments, closed after the test; `undefined` after having skipped it. */
export async function startBrowser(t: TestContext, more: readonly string[] = []): Promise<Browser | undefined> {
  const executablePath = requireComponent(t, 'chromium');
  if (executablePath === undefined) return undefined;
  const browser = await puppeteer.launch({
    executablePath,
    // The sandbox refuses to work for root, and shared memory is small in containers.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--no-proxy-server', ...more],
  });
  t.after(() => browser.close());
  return browser;
}

/** A profile of its own: no cookies of others. */
export function freshContext(browser: Browser): Promise<BrowserContext> {
  return browser.createBrowserContext();
}
