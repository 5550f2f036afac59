/**
 * The daemon under everything at once for minutes, reloaded all the while: nothing is lost, nothing is miscounted,
 * nothing grows. `SENTINEL_SOAK_SECONDS` makes it longer or shorter.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import { wishComponent } from '../helpers/components.ts';
import { eventually } from '../helpers/eventually.ts';
import { SoakOrigins, mixedLoad } from '../helpers/mixed-load.ts';
import { compileCache } from '../helpers/compile-cache.ts';

const root = new URL('../..', import.meta.url).pathname;
const MIB = 1 << 20;
const seconds = Number(process.env['SENTINEL_SOAK_SECONDS'] ?? 180);
const reloadEveryMs = 4000;
const wrkConnections = 8;

test(`${seconds} s of mixed load with reloads lose nothing, miscount nothing and leave nothing behind`, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-soak-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const origins = await SoakOrigins.start(t, 3);
  const logs = new AccessLogs(folder);
  const writeConfig = (variant: Variant) =>
    writeFileSync(path.join(folder, 'sentinel.kdl'), configText(origins.ports, logs.file, variant));
  writeConfig('wide');
  const daemon = await start(t, folder);
  const descriptors = () => readdirSync(`/proc/${daemon.pid}/fd`).length;
  await daemon.metrics();
  const descriptorsBefore = descriptors();

  const stop = new AbortController();
  const load = mixedLoad(daemon.port, origins, stop.signal);
  const wrkRun = runWrk(t, `http://127.0.0.1:${daemon.port}/wrk/`);
  const resident: number[] = [];
  const sampling = setInterval(() => resident.push(residentBytes(daemon.pid)), 500);
  t.after(() => clearInterval(sampling));

  let reloads = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    await pause(reloadEveryMs);
    reloads++;
    writeConfig(reloads % 2 === 1 ? 'narrow' : 'wide');
    logs.rotate();
    process.kill(daemon.pid, 'SIGHUP');
    await daemon.said('Configuration reload completed', reloads);
    logs.countOld();
  }
  const wrkTally = await wrkRun;
  stop.abort();
  const tally = await load;
  clearInterval(sampling);

  assert.deepEqual(tally.faults, []);
  assert.ok(!/Socket errors|Non-2xx/.test(wrkTally.output), wrkTally.output);

  await eventually(async () => {
    const metrics = await daemon.metrics();
    for (const gauge of [
      'sentinel_in_flight_requests',
      'sentinel_pending_requests',
      'sentinel_target_in_flight',
      'sentinel_open_connections',
      'sentinel_connection_pool_pending',
      'sentinel_connection_pool_size',
      'sentinel_connection_pool_idle',
    ]) {
      const found = metrics.filter(({ name }) => name === gauge);
      assert.notEqual(found.length, 0, gauge);
      for (const { labels, value } of found) assert.equal(value, 0, `${gauge}${JSON.stringify(labels)}`);
    }
    assert.equal(origins.held, 0, 'an origin still works for a client that is gone');
    assert.ok(descriptors() <= descriptorsBefore, `${descriptors()} descriptors are open, were ${descriptorsBefore}`);
  });

  const metrics = await daemon.metrics();
  const sum = (name: string, labels: Labels = {}): number => {
    assert.ok(
      metrics.some((one) => one.name === name),
      `${name} is not exposed`,
    );
    return metrics
      .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
      .reduce((total, { value }) => total + value, 0);
  };
  const requests = (labels: Labels = {}): number => sum('sentinel_requests_total', labels);
  assert.equal(sum('sentinel_worker_restarts_total'), 0);
  assert.equal(sum('sentinel_workers', { state: 'serving' }), 2);
  assert.equal(sum('sentinel_log_dropped_total'), 0);
  assert.equal(sum('sentinel_config_reload_total', { result: 'completed' }), reloads);
  assert.equal(sum('sentinel_config_generation'), reloads + 1);

  for (const route of ['small', 'echo']) {
    assert.equal(requests({ route, status: '200' }), tally.honest.get(`/${route}/`), route);
    assert.equal(requests({ route }), tally.honest.get(`/${route}/`), `${route} had answers other than 200`);
  }
  for (const [status, count] of tally.refused) assert.equal(requests({ route: '-', status }), count, status);
  assert.equal(requests({ route: '-' }), total(tally.refused));
  assert.equal(requests({ route: 'aborted' }), tally.aborted);
  assert.equal(requests({ route: 'aborted', status: '499' }), tally.aborted);
  // wrk counts answers; what was on its way when it left is counted by us alone.
  const cut = requests({ route: 'wrk' }) - wrkTally.answered;
  assert.ok(cut >= 0 && cut <= wrkConnections, `wrk counted ${wrkTally.answered}, we ${requests({ route: 'wrk' })}`);
  const all = total(tally.honest) + total(tally.refused) + tally.aborted + wrkTally.answered + cut;
  assert.equal(requests(), all);

  process.kill(daemon.pid, 'SIGTERM');
  assert.deepEqual(await daemon.ended, [0, null], daemon.output());
  assert.equal(logs.count(), all, 'lines of the access log');

  const third = Math.floor(resident.length / 3);
  const middle = Math.max(...resident.slice(third, 2 * third));
  const last = Math.max(...resident.slice(2 * third));
  t.diagnostic(
    `${all} requests, ${tally.aborted} of them aborted and ${total(tally.refused)} refused, ${reloads} reloads; resident at most ` +
      `${Math.round(middle / MIB)} MiB in the middle third, ${Math.round(last / MIB)} MiB in the last`,
  );
  assert.ok(last <= middle * 1.2 + 16 * MIB, `grew from ${middle} to ${last} bytes`);
});

type Variant = 'wide' | 'narrow';

/** Two configurations that differ in targets, balancing, pools, routes and header operations. */
function configText(ports: readonly number[], log: string, variant: Variant): string {
  const wide = variant === 'wide';
  const targets = (wide ? ports : ports.slice(0, -1)).map((port) => `target "127.0.0.1:${port}"`).join('; ');
  return `
listener "http" { address "127.0.0.1:0" }
server { graceful-shutdown-timeout-secs 10 }
observability { logging { access-log { file "${log}" } } }
connection-pool { idle-timeout-secs 1; max-idle ${wide ? 50 : 4} }
policies { response-headers { set { "X-Variant" "${variant}" } } }
route "small" { matches { path-prefix "/small/" }; upstream "origins" }
route "echo" { matches { path-prefix "/echo/" }; upstream "origins" }
route "wrk" { matches { path-prefix "/wrk/" }; upstream "origins" }
route "aborted" { matches { path-prefix "/hold/" "/flood/" }; upstream "origins" }
${wide ? '' : 'route "more" { matches { path-prefix "/more/" }; upstream "maintenance-page" }'}
upstream "origins" { load-balancing "${wide ? 'round_robin' : 'least_connections'}"; ${targets} }
`;
}

/** The access log, moved away at every reload as a rotation does. */
class AccessLogs {
  readonly file: string;
  #lines = 0;
  #rotations = 0;

  constructor(folder: string) {
    this.file = path.join(folder, 'access.log');
  }

  rotate(): void {
    renameSync(this.file, `${this.file}.${++this.#rotations}`);
  }

  /** Counts the file before the last one, which nobody writes to any more, and removes it: the disk is not ours alone. */
  countOld(): void {
    if (this.#rotations > 1) this.#take(`${this.file}.${this.#rotations - 1}`);
  }

  /** All lines; call once, when the daemon has ended. */
  count(): number {
    if (this.#rotations > 0) this.#take(`${this.file}.${this.#rotations}`);
    this.#take(this.file);
    return this.#lines;
  }

  #take(file: string): void {
    const bytes = readFileSync(file);
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) this.#lines++;
    rmSync(file);
  }
}

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

interface Daemon {
  readonly pid: number;
  readonly port: number;
  readonly child: ChildProcess;
  readonly ended: Promise<readonly unknown[]>;
  output(): string;
  metrics(): Promise<readonly Sample[]>;
  /** Waits until this was logged so many times. */
  said(message: string, times: number): Promise<void>;
}

async function start(t: TestContext, folder: string): Promise<Daemon> {
  const child = spawn(
    process.execPath,
    [path.join(root, 'bin/sentinel.js'), 'run', '-c', 'sentinel.kdl', '--workers', '2'],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        ...compileCache(),
        SENTINEL_ADMIN_SOCKET: path.join(folder, 'admin.sock'),
        SENTINEL_METRICS_ADDR: '127.0.0.1:0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (output += text));
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const ready = await eventually(() => {
    const line = output.split('\n').find((one) => one.includes('"Ready"'));
    return JSON.parse(line ?? assert.fail(`not ready: ${output}`)) as {
      readonly pid: number;
      readonly listeners: Readonly<Record<string, string>>;
      readonly admin_address: string;
    };
  });
  return {
    pid: ready.pid,
    port: Number(new URL(`http://${ready.listeners['http']}`).port),
    child,
    ended,
    output: () => output,
    metrics: async () => samples(await text(`http://${ready.admin_address}/metrics`)),
    said: (message, times) =>
      eventually(() => {
        const found = output.split(`"${message}"`).length - 1;
        assert.ok(found >= times, `${found} of ${times} times ${message}: ${output.slice(-2000)}`);
      }),
  };
}

function samples(exposition: string): readonly Sample[] {
  return [...exposition.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels, value]) => ({
    name: name as string,
    labels: Object.fromEntries([...(labels ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text])),
    value: Number(value),
  }));
}

/** The body of a GET on a connection of its own, so that none stays open. */
function text(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => void (body += part));
      response.on('end', () => resolve(body)).on('error', reject);
    }).on('error', reject);
  });
}

/** The client that never rests; without it the others are the load. */
async function runWrk(t: TestContext, url: string): Promise<{ readonly output: string; readonly answered: number }> {
  const wrk = wishComponent(t, 'wrk');
  if (wrk === undefined) return { output: '', answered: 0 };
  const args = ['-t1', `-c${wrkConnections}`, `-d${seconds}s`, '--timeout', '10s', url];
  const child = spawn(wrk, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => void (output += String(chunk)));
  child.stderr.on('data', (chunk) => void (output += String(chunk)));
  await once(child, 'close');
  const answered = /^\s*(\d+) requests in/m.exec(output) ?? assert.fail(output);
  return { output, answered: Number(answered[1]) };
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
