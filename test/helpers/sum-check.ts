/**
 * Counts that should be the same, counted by three: h2load of what it was answered, the metrics of what was counted, the
 * access log of what was written. Good and bad requests of every class, against a daemon with two workers.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { type DaemonProcess, startDaemonProcess, testFolder } from './daemon.ts';

/** Numbers by class of status: `2xx` … `5xx`. */
export type ByClass = Readonly<Record<string, number>>;

export interface SumScene {
  readonly daemon: DaemonProcess;
  readonly log: string;
  /** Makes a worker throw where nobody catches. */
  kill(worker: number): void;
}

const faultyEntry = new URL('../daemon/workers/faulty.ts', import.meta.url);
/** Nobody listens here, and no port is given out below the ephemeral ones. */
const nobody = '127.0.0.4:9';
const run = promisify(execFile);

/** Two workers before an origin that answers, one that fails, one that is not there, and what is refused before any. */
export async function startSumScene(t: TestContext): Promise<SumScene> {
  const origin = createServer((request, response) => {
    const status = request.url?.startsWith('/bad') ? 500 : request.url?.startsWith('/moved') ? 302 : 200;
    request.resume();
    response.writeHead(status, { 'content-length': 5 }).end('hello');
  });
  await once(origin.listen(0, '127.0.0.1'), 'listening');
  t.after(() => origin.close().closeAllConnections());
  const folder = testFolder(t);
  const log = join(folder, 'access.log');
  const order = join(folder, 'fault');
  const daemon = await startDaemonProcess(t, {
    folder,
    workerEntry: faultyEntry,
    environment: { SENTINEL_TEST_FAULT: order },
    config: `
listener "http" { address "127.0.0.1:0" }
server { graceful-shutdown-timeout-secs 10 }
observability { logging { access-log { file "${log}" } } }
route "good" { matches { path-prefix "/good" "/moved" }; upstream "origin" }
route "small" { matches { path-prefix "/small" }; upstream "origin"; policies { max-body-size "1KB" } }
route "plain" { matches { path-prefix "/plain" }; upstream "origin"; policies { websocket #false } }
route "bad" { matches { path-prefix "/bad" }; upstream "failing" }
route "dead" { matches { path-prefix "/dead" }; upstream "dead" }
upstream "origin" { target "127.0.0.1:${(origin.address() as AddressInfo).port}" }
upstream "failing" {
    target "127.0.0.1:${(origin.address() as AddressInfo).port}"
    circuit-breaker { enabled #false }
    passive-health { enabled #false }
}
upstream "dead" { target "${nobody}" }
`,
  });
  return {
    daemon,
    log,
    kill(worker) {
      writeFileSync(`${order}.draft`, 'throw');
      renameSync(`${order}.draft`, `${order}.${worker}`);
    },
  };
}

/** `count` requests, good and bad, of three kinds one after another; what h2load says it was answered. */
export async function sendMixed(scene: SumScene, h2load: string, count: number, clients = 16): Promise<ByClass> {
  const plain = Math.floor(count * 0.8);
  const bodies = Math.floor(count * 0.15);
  const body = join(scene.daemon.folder, 'body');
  writeFileSync(body, 'x'.repeat(2000));
  const upgrade = ['Connection: upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const fields = [...upgrade, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='].flatMap((field) => ['-H', field]);
  const url = scene.daemon.url();
  const parts = [
    await load(h2load, url, ['/good', '/moved', '/nowhere', '/bad', '/dead', '/good?token=x'], plain, clients),
    await load(h2load, url, ['/good', '/small'], bodies, clients, ['-d', body]),
    await load(h2load, url, ['/plain'], count - plain - bodies, clients, fields),
  ];
  return add(...parts);
}

/** One run; `clients` of which each begins with the first path. */
export async function load(
  h2load: string,
  url: string,
  paths: readonly string[],
  count: number,
  clients: number,
  more: readonly string[] = [],
): Promise<ByClass> {
  const urls = paths.map((path) => `${url}${path}`);
  const { stdout } = await run(h2load, ['--h1', '-n', `${count}`, '-c', `${clients}`, ...more, ...urls]);
  const found = /^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx$/m.exec(stdout);
  const [ok, moved, refused, failed] = (found ?? assert.fail(stdout)).slice(1).map(Number);
  return { '2xx': ok as number, '3xx': moved as number, '4xx': refused as number, '5xx': failed as number };
}

function add(...parts: readonly ByClass[]): ByClass {
  const sum: Record<string, number> = {};
  for (const part of parts) for (const [name, count] of Object.entries(part)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** Every series of `sentinel_requests_total`, by its labels as they are exposed. */
export async function requestSeries({ daemon }: SumScene): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const samples = text.matchAll(/^sentinel_requests_total\{(.*)\} (\d+)$/gm);
  return new Map([...samples].map(([, labels, value]) => [labels as string, Number(value)]));
}

/** The same, summed by class. */
export function byClass(series: ReadonlyMap<string, number>): ByClass {
  const sums = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  for (const [labels, value] of series) {
    const digit = /status="(\d)/.exec(labels)?.[1];
    sums[`${digit}xx` as keyof typeof sums] += value;
  }
  return sums;
}

/** What `sentinel_log_dropped_total` says. */
async function linesDropped({ daemon }: SumScene): Promise<number> {
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  return Number(/^sentinel_log_dropped_total (\d+)$/m.exec(text)?.[1]);
}

/** Requests in the access log by class: a correlation id that stands there twice is one request. */
export async function loggedByClass(file: string): Promise<{ readonly requests: ByClass; readonly lines: number }> {
  const seen = new Set<string>();
  const sums = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { correlation_id: id, status } = JSON.parse(line) as { correlation_id: string; status: number };
    lines++;
    if (!seen.has(id)) sums[`${Math.floor(status / 100)}xx` as keyof typeof sums]++;
    seen.add(id);
  }
  return { requests: sums, lines };
}

export function total(counts: ByClass): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Ends the daemon, which writes what it has. */
export async function endScene({ daemon }: SumScene): Promise<void> {
  daemon.child.kill('SIGTERM');
  assert.deepEqual(await daemon.ended(), { code: 0, signal: null }, daemon.output());
}

/** `count` requests: three counts, one number for each class. */
export async function allIsCounted(t: TestContext, h2load: string, count: number): Promise<void> {
  const scene = await startSumScene(t);
  const before = byClass(await requestSeries(scene));
  const answered = await sendMixed(scene, h2load, count);
  assert.equal(total(answered), count, 'h2load was not answered each time');
  for (const [name, one] of Object.entries(answered)) assert.notEqual(one, 0, `nothing of ${name} was tried`);
  const after = byClass(await requestSeries(scene));
  const counted = Object.fromEntries(Object.entries(after).map(([name, one]) => [name, one - (before[name] ?? 0)]));
  assert.deepEqual(counted, answered);
  await endScene(scene);
  const logged = await loggedByClass(scene.log);
  assert.deepEqual(logged.requests, answered);
  assert.equal(logged.lines, count);
}

/** `count` requests in so many parts; in each a worker dies. No count goes down, and log and counts stay the same. */
export async function nothingIsLostWithAWorker(
  t: TestContext,
  h2load: string,
  count: number,
  deaths = 1,
): Promise<void> {
  const scene = await startSumScene(t);
  const part = Math.floor(count / deaths);
  let answered: ByClass = {};
  let series = await requestSeries(scene);
  for (let death = 1; death <= deaths; death++) {
    const begin = total(byClass(series));
    let loading = true;
    let killed = false;
    const answers = sendMixed(scene, h2load, part).finally(() => (loading = false));
    while (loading) {
      const now = await requestSeries(scene);
      for (const [labels, value] of series) assert.ok((now.get(labels) ?? 0) >= value, `${labels} went down`);
      series = now;
      if (killed || total(byClass(now)) - begin < part / 20) continue;
      scene.kill(death % 2);
      killed = true;
    }
    answered = add(answered, await answers);
    assert.ok(killed, 'the load was over before a worker could die');
    await scene.daemon.line('Worker replaced', death);
  }
  // Those who come afterwards are counted on top.
  answered = add(answered, await sendMixed(scene, h2load, 400));
  const counted = byClass(await requestSeries(scene));
  // On a machine that is busy with other things the disk may not keep up: what is dropped then is counted too.
  const dropped = await linesDropped(scene);
  await endScene(scene);
  const logged = await loggedByClass(scene.log);
  if (dropped === 0) assert.deepEqual(logged.requests, counted);
  else assert.equal(total(logged.requests) + dropped, total(counted), `${dropped} lines dropped`);
  for (const [name, one] of Object.entries(answered)) {
    assert.ok((counted[name] as number) >= one, `${name}: ${counted[name]} of at least ${one}`);
  }
  t.diagnostic(`${total(counted)} counted, ${total(answered)} answers read, ${logged.lines} lines`);
}
