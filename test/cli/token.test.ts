/** Commands against a daemon that is reached by TCP: which token they send, what becomes of it, and that nobody sees it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces, userInfo } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { IdentityReply } from '../../src/admin/contract/identity-shapes.ts';
import { AdminClient } from '../../src/admin/client/client.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { callSentinel, type RunOptions } from './command-line.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const viewer = 'see-7f3a90c1';
const operator = 'act-1d2e44b8';

let daemon: DaemonProcess;
let folder: string;
/** Of the metrics and admin address: through loopback, and, where the machine has one, through an address that others may use. */
let local: string;
let foreign: string | null;

before(async (t) => {
  folder = testFolder(t as never);
  daemon = await startDaemonProcess(t as never, {
    environment: { SENTINEL_METRICS_ADDR: '0.0.0.0:0' },
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "web" }
upstream "web" { target "127.0.0.1:9"; target "127.0.0.2:9" }
observability { admin {
  token "watcher" { role "viewer"; hash "sha256:${sha256(viewer)}" }
  token "oncall" { role "operator"; hash "sha256:${sha256(operator)}" }
} }`,
  });
  const { port } = new URL(daemon.adminUrl());
  local = `127.0.0.1:${port}`;
  const outer = Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && !one.internal && one.family === 'IPv4')?.address;
  foreign = outer === undefined ? null : `${outer}:${port}`;
});

/** Runs a command against an address; whatever becomes of it, no token may be seen. */
async function run(address: string, args: readonly string[], environment: RunOptions['environment'] = {}) {
  const ended = await callSentinel(args, { environment: { SENTINEL_DAEMON: address, ...environment } });
  for (const token of [viewer, operator]) {
    assert.equal(`${ended.stdout}${ended.stderr}`.includes(token), false, `${args.join(' ')} shows a token`);
  }
  return ended;
}

const drain = ['drain', 'web/127.0.0.1:9', '--reason', 'test', '--yes', '--detach'];

test('a token lets a command read from anywhere, and change what its role may', async () => {
  assert.equal((await run(local, ['upstreams'])).code, 0);
  const places = foreign === null ? [local] : [local, foreign];
  for (const place of places) {
    const read = await run(place, ['upstreams', '--json'], { SENTINEL_TOKEN: viewer });
    assert.equal(read.code, 0, read.stdout);
    const refused = await run(place, drain, { SENTINEL_TOKEN: viewer });
    assert.equal(refused.code, 4, refused.stderr);
    assert.match(refused.stderr, /SNT-A004.*token "watcher" has role viewer/s);
    const drained = await run(place, drain, { SENTINEL_TOKEN: operator });
    assert.equal(drained.code, 0, drained.stderr);
    const undrained = await run(place, ['undrain', 'web/127.0.0.1:9', '--yes'], { SENTINEL_TOKEN: operator });
    assert.equal(undrained.code, 0, undrained.stderr);
  }
  assert.equal((await run(local, drain)).code, 4, 'without a token nothing is changed by TCP');
  const unknown = await run(local, ['upstreams'], { SENTINEL_TOKEN: 'nobody-knows-it' });
  assert.equal(unknown.code, 4);
  assert.match(unknown.stderr, /SNT-A003/);
  const audit = daemon.lines().filter(({ event, result }) => event === 'admin_action' && result === 'done');
  assert.deepEqual([...new Set(audit.map(({ actor }) => actor))], ['token oncall']);
  assert.equal(daemon.output().includes(operator), false);
});

test('a token that goes over a network in the clear is told of, one that stays on the machine is not', async (t) => {
  assert.doesNotMatch((await run(local, ['upstreams'], { SENTINEL_TOKEN: viewer })).stderr, /encryption/);
  if (foreign === null) return t.skip('this machine has no address but loopback');
  assert.equal((await run(foreign, ['upstreams'])).code, 4, 'from elsewhere nothing is read without one');
  assert.match((await run(foreign, ['upstreams'], { SENTINEL_TOKEN: viewer })).stderr, /goes to .* without encryption/);
});

test('through the socket no token is sent: it proves the user by itself', async () => {
  assert.equal((await run(daemon.socket, ['upstreams'], { SENTINEL_TOKEN: 'nobody-knows-it' })).code, 0);
});

test('a token may lie in a file of its owner; anything else in its place is said, and what it holds is not', async () => {
  const file = join(folder, 'token');
  const write = (text: string, mode: number) => {
    writeFileSync(file, text);
    chmodSync(file, mode);
  };
  write(`${viewer}\n`, 0o600);
  assert.equal((await run(foreign ?? local, ['upstreams'], { SENTINEL_TOKEN_FILE: file })).code, 0);
  const rows: readonly (readonly [text: string, mode: number, code: string, words: RegExp])[] = [
    [viewer, 0o640, 'SNT-A041', /has mode 0640: others may read it/],
    ['', 0o600, 'SNT-A042', /got nothing/],
    [`${viewer} ${operator}`, 0o600, 'SNT-A042', /got spaces/],
    [`${viewer}\n${operator}\n`, 0o600, 'SNT-A042', /got spaces/],
    [viewer.repeat(1_000), 0o600, 'SNT-A042', /more than 4096/],
  ];
  for (const [text, mode, code, words] of rows) {
    write(text, mode);
    const { stderr, code: exit } = await run(local, ['upstreams'], { SENTINEL_TOKEN_FILE: file });
    assert.match(stderr, words);
    assert.ok(stderr.includes(code), stderr);
    assert.equal(exit, 4);
  }
  const folderInstead = join(folder, 'tokens');
  mkdirSync(folderInstead, { mode: 0o700 });
  for (const path of [join(folder, 'none'), folderInstead]) {
    assert.match((await run(local, ['upstreams'], { SENTINEL_TOKEN_FILE: path })).stderr, /SNT-A040/);
  }
});

test('`sentinel env` says that a token is set, and not which', async () => {
  const { stdout } = await run(local, ['env', '--json'], { SENTINEL_TOKEN: viewer, SENTINEL_TOKEN_FILE: '/etc/token' });
  const { data } = JSON.parse(stdout) as { data: { settings: { setting: string; value: string | null }[] } };
  const value = (name: string) => data.settings.find(({ setting }) => setting === name)?.value;
  assert.equal(value('SENTINEL_TOKEN'), '[redacted]');
  assert.equal(value('SENTINEL_TOKEN_FILE'), '/etc/token');
});

test('a daemon says who one is for it, and by the socket only to who proves it', async () => {
  const [host = '', port] = local.split(':');
  const tcp = (token?: string) =>
    new AdminClient({
      target: { name: 'tcp', addresses: [{ kind: 'tcp', host, port: Number(port) }] },
      version: '0.0.0-test',
      ...(token === undefined ? {} : { token }),
    });
  const said = async (client: AdminClient): Promise<IdentityReply> => (await client.call('identity')).data;
  assert.deepEqual(await said(daemon.client), { actor: `user ${userInfo().username}`, role: 'admin', via: 'socket' });
  assert.deepEqual(await said(tcp()), { actor: 'loopback', role: 'viewer', via: 'tcp' });
  assert.deepEqual(await said(tcp(viewer)), { actor: 'token watcher', role: 'viewer', via: 'tcp' });
  assert.deepEqual(await said(tcp(operator)), { actor: 'token oncall', role: 'operator', via: 'tcp' });
  await assert.rejects(said(tcp('nobody-knows-it')), { code: 'SNT-A003' });
});
