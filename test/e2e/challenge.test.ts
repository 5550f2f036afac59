/**
 * The challenge page in a real Chromium, in front of a real daemon and upstream. With `SENTINEL_PICTURES=1` the pictures of
 * the documentation are taken anew.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Browser, Page } from 'puppeteer-core';
import { freshContext, startBrowser } from '../helpers/browser.ts';
import { requireComponent } from '../helpers/components.ts';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';

const images = new URL('../../docs/images', import.meta.url).pathname;

interface Scene {
  readonly browser: Browser;
  readonly daemon: DaemonProcess;
  /** What reached the upstream. */
  readonly reached: string[];
  /** A page in a profile of its own. */
  page(): Promise<Page>;
}

async function scene(t: TestContext, difficulty = 12): Promise<Scene | undefined> {
  const browser = await startBrowser(t);
  if (browser === undefined) return undefined;
  const reached: string[] = [];
  const origin = createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><link rel="icon" href="data:,"><title>shop</title><h1>the shop</h1>');
  });
  await once(origin.listen(0, '127.0.0.1'), 'listening');
  t.after(() => origin.close().closeAllConnections());
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0"; trusted-proxies "127.0.0.1" }
route "all" { upstream "shop" }
upstream "shop" { target "127.0.0.1:${(origin.address() as AddressInfo).port}" }
security { challenge-mode "always"; challenge-difficulty ${difficulty} }`,
  });
  return {
    browser,
    daemon,
    reached,
    page: async () => (await freshContext(browser)).newPage(),
  };
}

test('a browser solves the puzzle, comes back to where it wanted to go and reaches the upstream', async (t) => {
  const it = await scene(t);
  if (it === undefined) return;
  const page = await it.page();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    // The 403 of the page itself is the one thing that the browser may complain of.
    if (message.type() === 'error' && !message.text().includes('403')) faults.push(message.text());
  });
  const first = await page.goto(`${it.daemon.url()}/cart?item=7#top`);
  assert.equal(first?.status(), 403);
  await page.waitForSelector('h1::-p-text(the shop)');
  assert.equal(page.url(), `${it.daemon.url()}/cart?item=7#top`);
  assert.deepEqual(it.reached, ['GET /cart?item=7']);
  assert.deepEqual(faults, []);
  const [cookie] = await page.browserContext().cookies();
  assert.equal(cookie?.name, 'sentinel_pass');
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Lax']);
  // From now on it is not asked any more.
  assert.equal((await page.goto(`${it.daemon.url()}/next`))?.status(), 200);

  // The same pass in the hands of another network, one that was altered, and one that has expired are worth nothing.
  const ask = async (value: string, from = '127.0.0.1') =>
    (
      await fetch(it.daemon.url(), {
        headers: { accept: 'text/html', cookie: `sentinel_pass=${value}`, 'x-forwarded-for': from },
      })
    ).status;
  const pass = cookie?.value ?? '';
  const [version, time, signature = ''] = pass.split('.');
  assert.equal(await ask(pass), 200);
  assert.equal(await ask(pass, '203.0.113.7'), 403);
  assert.equal(await ask(`${version}.${time}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`), 403);
  assert.equal(await ask(`${version}.1.${signature}`), 403);
});

test('the page stays alive while it works, where there are no workers too', async (t) => {
  const it = await scene(t);
  if (it === undefined) return;
  const page = await it.page();
  await page.evaluateOnNewDocument('delete globalThis.Worker');
  await page.goto(it.daemon.url());
  await page.waitForSelector('h1::-p-text(the shop)');
});

test('a browser without cookies is told so instead of turning in circles', async (t) => {
  const it = await scene(t, 4);
  if (it === undefined) return;
  const page = await it.page();
  await page.evaluateOnNewDocument('Object.defineProperty(navigator, "cookieEnabled", { value: false })');
  await page.goto(it.daemon.url());
  await page.waitForSelector('::-p-text(Cookies are off)');
  // And one that says that it has them, but keeps none: it tries three times.
  const other = await it.page();
  await other.setRequestInterception(true);
  let solved = 0;
  other.on('request', (request) => {
    if (!request.url().includes('sentinel-challenge')) return void request.continue();
    solved++;
    void request.respond({ status: 204 });
  });
  await other.goto(it.daemon.url());
  await other.waitForSelector('::-p-text(The pass did not stay)');
  assert.equal(solved, 3);
  assert.deepEqual(it.reached, []);
});

test('with scripts off the page says what is the matter and what to do', async (t) => {
  const it = await scene(t);
  if (it === undefined) return;
  const page = await it.page();
  await page.setJavaScriptEnabled(false);
  await page.goto(it.daemon.url());
  // What a person sees, not what is in the source.
  const text = (await (await page.$('main'))?.getProperty('innerText'))?.remoteObject().value as string;
  assert.match(text, /Scripts are off in this browser/);
  assert.match(text, /this reference: [\w-]+/);
  assert.doesNotMatch(text, /Solving the puzzle/);
  assert.deepEqual(it.reached, []);
});

test('curl gets no further', async (t) => {
  const curl = requireComponent(t, 'curl');
  const it = curl === undefined ? undefined : await scene(t);
  if (it === undefined) return;
  const run = promisify(execFile);
  const ask = async (...args: string[]) =>
    (await run(curl as string, ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-L', ...args, it.daemon.url()])).stdout;
  assert.equal(await ask(), '429');
  assert.equal(await ask('-H', 'Accept: text/html', '-c', '/dev/null', '-b', ''), '403');
  assert.equal(await ask('-d', 'x=1'), '429');
  assert.deepEqual(it.reached, []);
});

test('the page can be read by people and by programs that read it to them, in light and in dark', async (t) => {
  const it = await scene(t, 24);
  if (it === undefined) return;
  const page = await it.page();
  // A page that has solved its puzzle, as some do at once, would go on to the shop in the middle of it all: its answer gets none.
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    if (!request.url().includes('puzzle=')) void request.continue();
  });
  for (const scheme of ['light', 'dark'] as const) {
    await page.setViewport({ width: 760, height: 520 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto(it.daemon.url());
    await page.waitForSelector('main.on');
    const contrast = (await page.evaluate(contrastOfTexts)) as Record<string, number>;
    for (const [text, ratio] of Object.entries(contrast)) assert.ok(ratio >= 4.5, `${scheme}: ${ratio} of ${text}`);
    if (process.env['SENTINEL_PICTURES'] === '1') {
      await page.waitForFunction('document.querySelector("progress").value > .02');
      const name = scheme === 'light' ? 'challenge.png' : 'challenge-dark.png';
      await page.screenshot({ path: join(images, name) });
    }
  }
  const tree = JSON.stringify(await page.accessibility.snapshot());
  for (const part of ['"role":"heading"', '"role":"status"', '"name":"Progress"']) assert.ok(tree.includes(part), part);
  await page.setViewport({ width: 320, height: 600 });
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320);
});

/** Runs in the page: contrast of each text against the card that it stands on (WCAG 2.2, 1.4.3). */
const contrastOfTexts = `(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (color) => {
    const [r, g, b] = rgb(color).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const card = light(getComputedStyle(document.querySelector('main')).backgroundColor);
  return Object.fromEntries([...document.querySelectorAll('h1, p, footer, strong')].map((one) => {
    const ink = light(getComputedStyle(one).color);
    return [one.textContent.slice(0, 30), (Math.max(ink, card) + 0.05) / (Math.min(ink, card) + 0.05)];
  }));
})()`;
