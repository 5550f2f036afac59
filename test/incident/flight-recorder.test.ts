/** What a daemon writes down of its flight: exact counts, events at once, and what becomes of it when disk or process fail. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type FlightReading, readFlight } from '../../src/history/flight-reader.ts';
import { flightPaths } from '../../src/history/flight-record.ts';
import { readRunRecord } from '../../src/history/run-record.ts';
import { EventLog } from '../../src/proxy/control/events/event-log.ts';
import { FlightFile } from '../../src/proxy/control/flight/flight-file.ts';
import { FlightRecorder, type RecorderOptions } from '../../src/proxy/control/flight/recorder.ts';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { firstEnded, upgradeOver } from '../helpers/hand-over.ts';
import { counted } from '../traffic/counted.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A recorder over counters and a clock that stands still. */
function scene(t: TestContext) {
  const folder = folderOf(t);
  const flow = counted();
  const events = new EventLog({ clock: flow.clock, generation: () => 3 });
  const warnings = new Map<string, string>();
  const recorder = new FlightRecorder({
    clock: flow.clock,
    pid: 7,
    version: '1.0.0',
    source: { kind: 'file', path: '/etc/sentinel/config.kdl' },
    instance: { relinquished: false, find: () => folder, ensure: () => folder },
    events,
    traffic: flow.traffic,
    warnings: { set: (subject: string, text: string | null) => void warnings.set(subject, text ?? 'over') },
    state: { generation: 3, applied: { plan: { listeners: [] } } },
    registry: flow.registry,
  } as unknown as RecorderOptions);
  return { ...flow, folder, events, warnings, recorder, read: () => readAll(folder) };
}

async function readAll(folder: string): Promise<FlightReading> {
  const [reading] = await readFlight({ instances: [folder], sinceMs: 0, untilMs: Date.UTC(2027, 0, 1) });
  return reading as FlightReading;
}

const trafficOf = ({ lines }: FlightReading) => lines.flatMap((line) => (line.kind === 'traffic' ? [line] : []));
const eventsOf = ({ lines }: FlightReading) => lines.flatMap((line) => (line.kind === 'event' ? [line.event] : []));

test('each line has what ten seconds counted: failures by route and cause, those apart that clients made themselves', async (t) => {
  const { clock, plan, request, recorder, read } = scene(t);
  plan(['api', 'shop'], { pool: [] });
  // Answered before this process is in charge.
  request('shop');
  recorder.began();
  clock.advance(4_000);
  for (let number = 0; number < 5; number++) request('api', { upstream: 'pool' });
  request('api', { status: 503, cause: 'no_healthy_target', upstream: 'pool' });
  request('api', { status: 500, upstream: 'pool' });
  request('api', { status: 200, cause: 'upstream_truncated', upstream: 'pool' });
  request('api', { status: 499, cause: 'killed', upstream: 'pool' });
  request('api', { status: 499, cause: 'client_closed', upstream: 'pool' });
  request('api', { status: 429, cause: 'rate_limited' });
  request(null, { status: 404, cause: 'no_route' });
  clock.advance(6_000);
  clock.advance(10_000);
  await recorder.ended();
  const [first, quiet] = trafficOf(await read());
  assert.deepEqual([first?.requests, first?.errors, first?.affected, first?.covered_ms], [13, 2, 4, 10_000]);
  const api = { requests: 11, errors: 2, affected: 4 };
  assert.deepEqual(first?.routes, { api, shop: { requests: 1, errors: 0, affected: 0 } });
  assert.deepEqual(first?.upstreams, { pool: { ...api, requests: 10 } });
  assert.deepEqual(first?.causes, {
    client_closed: 1,
    no_route: 1,
    no_healthy_target: 1,
    rate_limited: 1,
    killed: 1,
    upstream_truncated: 1,
  });
  assert.deepEqual([quiet?.requests, quiet?.routes], [0, {}]);
});

test('of a thousand routes those come first that requests failed on, and the sum is that of all', async (t) => {
  const { clock, plan, request, recorder, read } = scene(t);
  const routes = Array.from({ length: 1_000 }, (_, index) => `r${index}`);
  plan(routes);
  recorder.began();
  for (const route of routes) request(route);
  request('r1');
  request('r999', { status: 502, cause: 'connect_refused' });
  clock.advance(10_000);
  await recorder.ended();
  const [line] = trafficOf(await read());
  assert.equal(line?.requests, 1_002);
  assert.equal(Object.keys(line.routes).length, 100);
  assert.deepEqual(Object.keys(line.routes).slice(0, 2), ['r999', 'r1']);
});

test('an event is written at once, and a flood of the same is one line in ten seconds', async (t) => {
  const { clock, plan, events, recorder, read } = scene(t);
  plan(['api']);
  events.note('info', 'Ready', { event: 'ready' });
  recorder.began();
  const note = () => events.note('error', 'Worker died', { event: 'worker_death', worker: 2 });
  note();
  for (let number = 0; number < 500; number++) note();
  clock.advance(10_000);
  await recorder.ended();
  const { lines } = await read();
  assert.equal(lines[0]?.kind, 'began');
  assert.deepEqual(
    eventsOf({ lines } as FlightReading).map(({ kind, count }) => [kind, count]),
    [
      ['ready', 1],
      ['worker_death', 501],
    ],
  );
  assert.ok(lines.length < 8, `${lines.length} lines`);
});

test('a disk that cannot be written to is said once, and what waited is written when it can be', async (t) => {
  const { clock, plan, request, folder, warnings, recorder, read } = scene(t);
  plan(['api']);
  // A link to somewhere else is not followed.
  symlinkSync('/dev/full', flightPaths(folder)[0]);
  recorder.began();
  request('api');
  clock.advance(10_000);
  await settled();
  assert.match(warnings.get('flight-record') ?? '', /ELOOP/);
  rmSync(flightPaths(folder)[0]);
  request('api');
  clock.advance(10_000);
  await recorder.ended();
  assert.equal(warnings.get('flight-record'), 'over');
  const reading = await read();
  assert.deepEqual([trafficOf(reading).map(({ requests }) => requests), reading.gaps.length], [[1, 1], 1]);
});

/** Lets what was begun with files come to its end. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a full file becomes the older one, a torn line loses itself alone, and nobody else may read', async (t) => {
  const folder = folderOf(t);
  const [newer, older] = flightPaths(folder);
  writeFileSync(newer, '{"kind":"began"', { mode: 0o644 });
  const file = new FlightFile({ folder: () => folder, onTrouble: (why) => assert.equal(why, null), fullBytes: 1_000 });
  const line = (number: number) => {
    const at = new Date(number * 1_000).toISOString();
    return JSON.stringify({ kind: 'began', at, pid: number, version: 'x'.repeat(300) });
  };
  for (let number = 1; number <= 8; number++) {
    file.append(line(number));
    await file.flushed();
  }
  assert.deepEqual(readdirSync(folder), ['flight.1.ndjson', 'flight.ndjson']);
  assert.deepEqual([statSync(newer).mode & 0o777, statSync(older).mode & 0o777], [0o600, 0o600]);
  const { lines, foreign_lines } = await readAll(folder);
  assert.deepEqual(
    lines.map((one) => one.kind === 'began' && one.pid),
    [4, 5, 6, 7, 8].slice(-lines.length),
  );
  assert.ok(lines.length >= 3 && foreign_lines === 0);
});

test('what waits is bounded: the oldest is lost, and counted', async () => {
  const file = new FlightFile({ folder: () => '/dev/null/none', onTrouble: () => {}, mostWaiting: 100 });
  for (let number = 0; number < 10; number++) {
    file.append('x'.repeat(39));
    await file.flushed();
  }
  assert.equal(file.dropped, 8);
});

test('all requests of a daemon, of the one that takes over from it and of the one after are in the files', async (t) => {
  const incidents = 'incidents { dir "incidents"; service "payments" }';
  const held = Promise.withResolvers<ServerResponse>();
  const origin = createServer((_, reply) => held.resolve(reply)).listen(0, '127.0.0.1');
  t.after(() => origin.close());
  await once(origin, 'listening');
  const daemon = await startDaemonProcess(t, {
    config: `
      listener "http" { address "127.0.0.1:0" }
      route "held" { matches { path-prefix "/held" }; upstream "slow" }
      upstream "slow" { target "127.0.0.1:${(origin.address() as AddressInfo).port}" }
      route "dead" { matches { path-prefix "/dead" }; upstream "gone" }
      route "all" { upstream "fixed" }
      upstream "gone" { target "127.0.0.1:1" }
      upstream "fixed" { static { status 200; body "x" } }
      server { graceful-shutdown-timeout-secs 5; drain-idle-secs 0 }
      ${incidents}`,
  });
  const dir = join(daemon.folder, 'incidents');
  const { pid, incidents: told } = (await daemon.client.call('status')).data;
  assert.deepEqual(told, { dir, service: 'payments' });
  const instances = join(daemon.folder, 'sentinel', 'instances');
  const instance = join(instances, readdirSync(instances)[0] ?? '');
  assert.equal(readRunRecord(instance).value?.incidents_dir, dir);

  const before = await ask(daemon);
  // One is under way while another process takes over, and ends when that one is in charge.
  const late = fetch(`${daemon.url()}/held`);
  const reply = await held.promise;
  await daemon.client.call('upgrade-begin', { body: {} });
  await eventually(async () => assert.ok((await readAll(instance)).lines.some(({ kind }) => kind === 'ended')));
  reply.end('late');
  assert.equal(await (await late).text(), 'late');
  const { to } = await upgradeOver(daemon);
  await firstEnded(daemon);
  const after = await ask(daemon);
  process.kill(to?.pid as number, 'SIGTERM');
  await daemon.ended();

  const reading = await readAll(instance);
  const lines = trafficOf(reading);
  assert.equal(sum(lines.map(({ requests }) => requests)), before + 1 + after);
  assert.equal(sum(lines.map(({ upstreams }) => upstreams['slow']?.requests ?? 0)), 1);
  assert.equal(sum(lines.map(({ routes }) => routes['dead']?.affected ?? 0)), 6);
  assert.equal(sum(lines.map(({ causes }) => causes['connect_refused'] ?? 0)), 6);
  const marksOf = (whose: number | undefined) =>
    reading.lines.flatMap((line) =>
      (line.kind === 'began' || line.kind === 'ended') && line.pid === whose ? [line.kind] : [],
    );
  // One has begun when the other says that it ends, or a moment later.
  assert.deepEqual(
    [marksOf(pid), marksOf(to?.pid)],
    [
      ['began', 'ended'],
      ['began', 'ended'],
    ],
  );
  // Nobody ran only after the end.
  assert.deepEqual(
    reading.gaps.map(({ why, until }) => [why, until]),
    [['ended', null]],
  );
  assert.deepEqual([reading.torn_lines, reading.foreign_lines], [0, 0]);
  const kinds = eventsOf(reading).map(({ kind }) => kind);
  assert.ok(kinds.includes('upgrade') && kinds.includes('stopped'), kinds.join());
  assert.equal(existsSync(dir), false, 'a folder of incidents was made though none was opened');
});

/** Some requests, three of them to nobody; returns how many the daemon says that it has answered. */
async function ask(daemon: DaemonProcess): Promise<number> {
  for (let number = 0; number < 20; number++) await (await fetch(daemon.url())).text();
  for (let number = 0; number < 3; number++) await (await fetch(`${daemon.url()}/dead`)).text();
  return (await daemon.client.call('status')).data.counts.requests_total;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
