/** A daemon that runs out of open files: it refuses, blames no target, does not spin, stays governable and recovers alone. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { requireComponent } from '../helpers/components.ts';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ok, type Origin, type OriginRequest, startOrigin } from '../helpers/origin.ts';
import { get, RawClient } from '../helpers/raw-http.ts';

const upstreams = ['a', 'b', 'c', 'd', 'e', 'f'];

function configFor(origin: Origin): string {
  const blocks = upstreams.map(
    (name) => `
route "${name}" { matches { path-prefix "/${name}" }; upstream "${name}" }
upstream "${name}" { targets { target "127.0.0.1:${origin.port}" } }`,
  );
  return `listener "http" { address "127.0.0.1:0" }\n${blocks.join('')}`;
}

function portOf(daemon: DaemonProcess): number {
  return Number(new URL(daemon.url()).port);
}

async function metric(daemon: DaemonProcess, name: string): Promise<number> {
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  assert.ok(line !== undefined, `${name} is not exposed`);
  return Number(line.slice(name.length + 1));
}

/** Share of one processor that the daemon has used over half a second. */
async function load(daemon: DaemonProcess): Promise<number> {
  const used = () => {
    const fields = (readFileSync(`/proc/${daemon.pid}/stat`, 'latin1').split(') ')[1] as string).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  const [before, began] = [used(), performance.now()];
  await pause(500);
  return (used() - before) / (performance.now() - began);
}

/** Asks for `/up` on each client at once; the origin answers when all that can be there are there. */
async function round(clients: readonly RawClient[], held: OriginRequest[], up: string): Promise<number[]> {
  for (const client of clients) client.send(get(`/${up}`));
  await eventually(() => clients.filter(({ received }) => received.length > 0).length + held.length === clients.length);
  for (const { connection } of held.splice(0)) connection.send(ok());
  return Promise.all(clients.map(async (client) => (await client.response()).status));
}

test('idle connections to targets take no descriptor that somebody needs: what cannot be opened is refused and blamed on nobody', async (t) => {
  const held: OriginRequest[] = [];
  const origin = await startOrigin(t, { request: (request) => void held.push(request) });
  const daemon = await startDaemonProcess(t, { openFiles: 160, config: configFor(origin) });
  const clients = await Promise.all(Array.from({ length: 24 }, () => RawClient.connect(t, portOf(daemon))));
  const statuses: number[] = [];
  for (const up of ['a', 'b', 'c']) statuses.push(...(await round(clients, held, up)));
  // One more each time: there is no moment at which the admin API has nothing left.
  for (const up of ['d', 'e']) {
    for (let many = 1; many <= clients.length; many++) {
      statuses.push(...(await round(clients.slice(0, many), held, up)));
      assert.equal((await daemon.client.call('status')).data.counts.open_connections, 24);
    }
  }
  const refused = statuses.filter((status) => status !== 200).length;
  assert.ok(refused < statuses.length / 10, `${refused} of ${statuses.length} requests were refused`);
  assert.equal(await metric(daemon, 'sentinel_errors_total{cause="no_socket",source="proxy"}'), refused);
  assert.equal(await metric(daemon, 'sentinel_errors_total{cause="connect_refused",source="upstream"}'), 0);
  assert.equal(await metric(daemon, 'sentinel_errors_total{cause="breaker_open",source="proxy"}'), 0);
  await daemon.client.call('config-reload');
  for (const up of upstreams) {
    await eventually(async () => {
      assert.deepEqual(new Set(await round(clients.slice(0, 4), held, up)), new Set([200]), up);
    });
  }
});

async function lowered(t: TestContext, daemon: DaemonProcess, by: number): Promise<(() => void) | undefined> {
  const program = requireComponent(t, 'prlimit');
  if (program === undefined) return undefined;
  const set = (most: number) => execFileSync(program, ['--pid', String(daemon.pid), `--nofile=${most}:20000`]);
  set(readdirSync(`/proc/${daemon.pid}/fd`).length + by);
  return () => void set(20_000);
}

test('when the kernel gives no descriptor at all, requests under way finish, the daemon does not spin, and recovers alone', async (t) => {
  const held: OriginRequest[] = [];
  const origin = await startOrigin(t, {
    request: (request) => {
      if (request.target === '/a') held.push(request);
      else request.connection.send(ok());
    },
  });
  const daemon = await startDaemonProcess(t, { config: configFor(origin) });
  const early = await RawClient.connect(t, portOf(daemon));
  early.send(get('/a'));
  await eventually(() => held.length === 1);
  const raise = await lowered(t, daemon, 4);
  if (raise === undefined) return;
  // Connections beyond the descriptors: some get a refusal, some are closed, and some may wait in the kernel's queue, where a
  // thread had no descriptor left to turn them away with.
  const late = await Promise.all(Array.from({ length: 12 }, () => RawClient.connect(t, portOf(daemon))));
  for (const client of late) client.send(get('/b'));
  const undecided = () => late.filter(({ received, ending }) => received.length === 0 && ending === null).length;
  await eventually(() => undecided() <= late.length / 2);
  assert.ok((await load(daemon)) < 0.5, 'the daemon spins');
  const words = late.map(({ received }) => received.toString('latin1')).filter((text) => text !== '');
  assert.ok(words.length > 0 && words.length < late.length, `${words.length} of ${late.length} were answered`);
  for (const text of words) {
    assert.match(text, /^HTTP\/1\.1 (?:200 |503 [^]*Retry-After: 1\r\n[^]*"cause":"no_socket")/);
  }
  held[0]?.connection.send(ok('whole'));
  assert.equal((await early.response()).text, 'whole');
  raise();
  await eventually(() => undecided() === 0);
  for (const client of late) client.socket.destroy();
  const after = await RawClient.connect(t, portOf(daemon));
  after.send(get('/b'));
  assert.equal((await after.response()).status, 200, 'nobody has to say that there is room again');
  assert.equal(await metric(daemon, 'sentinel_errors_total{cause="connect_refused",source="upstream"}'), 0);
});
