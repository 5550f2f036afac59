/**
 * Being scraped once a second, with 500 targets and 200 routes, costs traffic no more than the CPU that it takes: held
 * against the same daemon whose main thread burns as much. Ratios of runs side by side, as machines differ.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { requireComponent } from '../helpers/components.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { mainThreadMs, middle } from './side-by-side.ts';

const PAIRS = 5;
/** Of each kind in a pair, in turns: what else the machine does comes and goes within seconds. */
const RUNS = 3;
const SECONDS = 3;
const run = promisify(execFile);

test('scraping 500 targets and 200 routes once a second leaves the p99 of traffic as it is', async (t) => {
  const wrk = requireComponent(t, 'wrk');
  if (wrk === undefined) return;
  const folder = testFolder(t);
  const order = path.join(folder, 'burn');
  const daemon = await startDaemonProcess(t, {
    folder,
    config: wideConfig(),
    workers: 1,
    environment: { SENTINEL_TEST_BURN: order },
    nodeFlags: ['--inspect-port=no..inspector:9229', '--import', new URL('./burner.ts', import.meta.url).href],
  });
  // Every route has counts of its own, and what a scrape runs is compiled.
  for (let route = 0; route < 200; route++) await drain(`${daemon.url()}/r${route}/`);
  let bytes = 0;
  for (let times = 0; times < 10; times++) bytes = await drain(`${daemon.adminUrl()}/metrics`);
  assert.ok(bytes > 500_000, `${bytes} bytes are no scrape of 500 targets`);
  const cost = await scrapeCost(daemon);

  const p99 = async () => {
    const { stdout } = await run(wrk, ['-t1', '-c4', `-d${SECONDS}s`, '--latency', `${daemon.url()}/r0/`]);
    assert.ok(!/Socket errors|Non-2xx/.test(stdout), stdout);
    return milliseconds(/^\s*99%\s+([\d.]+)(us|ms|s)$/m.exec(stdout) ?? assert.fail(stdout));
  };
  const scraped = async () => {
    const scraper = setInterval(() => void drain(`${daemon.adminUrl()}/metrics`), 1000);
    return await p99().finally(() => clearInterval(scraper));
  };
  const burnt = async () => {
    writeFileSync(order, String(cost));
    return await p99().finally(() => rmSync(order));
  };
  await p99();
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const [ours, control]: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run++) {
      // Neither is always the first.
      if ((pair + run) % 2 === 0) ours.push(await scraped());
      control.push(await burnt());
      if ((pair + run) % 2 === 1) ours.push(await scraped());
    }
    ratios.push(middle(ours) / middle(control));
  }
  const median = middle(ratios);
  t.diagnostic(
    `a scrape takes ${cost.toFixed(1)} ms of the main thread for ${bytes} bytes; p99 scraped ÷ burnt: ${ratios
      .map((ratio) => ratio.toFixed(2))
      .join(', ')}`,
  );
  assert.ok(median <= 1.1, `p99 of traffic is ${median.toFixed(2)} times that with the same CPU burnt`);
});

/** 200 routes that answer by themselves, and 20 upstreams of 25 targets each beside them. */
function wideConfig(): string {
  const some = (count: number, make: (number: number) => string) => Array.from({ length: count }, (_, at) => make(at));
  const routes = some(
    200,
    (at) => `route "r${at}" { matches { path-prefix "/r${at}/" }; upstream "${at < 100 ? 'fixed' : `u${at % 20}`}" }`,
  );
  const targets = (upstream: number) => some(25, (at) => `target "127.0.${upstream + 1}.${at + 1}:9"`).join('; ');
  return `
listener "http" { address "127.0.0.1:0" }
${routes.join('\n')}
upstream "fixed" { static { status 200; body "hello" } }
${some(20, (at) => `upstream "u${at}" { ${targets(at)} }`).join('\n')}
`;
}

/** Milliseconds of the main thread's CPU that one scrape takes: the median of some, less what goes on anyway. */
async function scrapeCost(daemon: DaemonProcess): Promise<number> {
  const used = async (task: () => Promise<unknown>) => {
    const before = mainThreadMs(daemon.pid);
    await task();
    await pause(50);
    return mainThreadMs(daemon.pid) - before;
  };
  const costs: number[] = [];
  for (let times = 0; times < 15; times++) {
    const idle = await used(() => pause(20));
    costs.push((await used(() => drain(`${daemon.adminUrl()}/metrics`))) - idle);
  }
  return middle(costs);
}

/** Bytes of the body of a GET, which nobody looks at. */
function drain(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => resolve(bytes)).on('error', reject);
    }).on('error', reject);
  });
}

function milliseconds([, number, unit]: RegExpExecArray): number {
  return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's'];
}
