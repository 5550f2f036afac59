/** `sentinel clients` and its endpoint against a running daemon: who sends the most, by what, who is blocked, and what to type next. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AdminRefusal } from '../../src/admin/client/client.ts';
import type { ClientsQuery, ClientsReply } from '../../src/admin/contract/client-shapes.ts';
import { type DaemonProcess, startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { callSentinel } from './command-line.ts';

/** Clients are who `X-Forwarded-For` says. */
const config = staticConfig('hello', 'security { block "198.51.100.0/24"; allow "198.51.100.7" }').replace(
  'listener "http" {',
  'listener "http" { trusted-proxies "127.0.0.0/8";',
);

interface Sent {
  readonly path?: string;
  readonly agent?: string;
}

async function send(daemon: DaemonProcess, client: string, times: number, { path = '/', agent = 'test' }: Sent = {}) {
  for (let count = 0; count < times; count++) {
    const headers = { 'x-forwarded-for': client, 'user-agent': agent };
    await (await fetch(daemon.url() + path, { headers })).arrayBuffer();
  }
}

async function clients(daemon: DaemonProcess, query: ClientsQuery = {}): Promise<ClientsReply> {
  return (await daemon.client.call('clients', { query })).data;
}

test('clients are listed by address, network, path and user agent, with what they got and who is blocked', async (t) => {
  const daemon = await startDaemonProcess(t, { config });
  await send(daemon, '203.0.113.1', 70, { path: '/a?secret=1', agent: 'bad\'bot "x"' });
  await send(daemon, '203.0.113.2', 30, { path: '/eyJhbGciOiJIUzI1NiJ9.abcdefgh.secret' });
  await send(daemon, '198.51.100.9', 20);
  await send(daemon, '198.51.100.7', 10);
  const sentinel = (...args: string[]) => callSentinel(['clients', ...args, '--daemon', daemon.socket]);

  const byIp = await clients(daemon);
  assert.deepEqual(
    byIp.clients.map(({ key, requests, at_least, at_most, client_error_ratio, blocked }) => [
      ...[key, requests, at_least, at_most, client_error_ratio, blocked],
    ]),
    [
      ['203.0.113.1', 70, 70, 70, 0, false],
      ['203.0.113.2', 30, 30, 30, 0, false],
      ['198.51.100.9', 20, 20, 20, 1, true],
      ['198.51.100.7', 10, 10, 10, 0, false],
    ],
  );
  assert.deepEqual([byIp.by, byIp.window_ms, byIp.requests, byIp.stride, byIp.unanswered], ['ip', 60_000, 130, 1, []]);
  assert.ok(byIp.covered_ms > 0 && byIp.covered_ms <= 60_000);
  // A daemon that has just begun knows of no minute before.
  assert.deepEqual([byIp.keys, byIp.new_keys, byIp.before_ms], [4, null, 0]);
  assert.equal(byIp.clients[0]?.share, 70 / 130);
  assert.ok((byIp.clients[0]?.bytes_out ?? 0) > 70 * 'hello'.length);

  const keys = async (query: ClientsQuery) => (await clients(daemon, query)).clients.map(({ key }) => key);
  assert.deepEqual(await keys({ by: 'prefix' }), ['203.0.113.0/24', '198.51.100.0/24']);
  assert.deepEqual(await keys({ by: 'path', window: '5m' }), ['/a', '/', '/[redacted]']);
  assert.deepEqual(await keys({ by: 'user-agent', limit: '1' }), ['bad\'bot "x"']);
  assert.deepEqual(await keys({ filter: 'share>50% or state=blocked' }), ['203.0.113.1', '198.51.100.9']);
  assert.deepEqual(await keys({ filter: '~113\\.2$' }), ['203.0.113.2']);

  const table = await sentinel();
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, /^REQ\/S +SHARE% +REQUESTS +BETWEEN +5XX% +4XX% +SENT +BLOCKED +CLIENT\n/);
  assert.match(table.stdout, /\n +\S+ +15\.4 +20 += +· +100 +.* yes +198\.51\.100\.9\n/);
  assert.match(
    table.stdout,
    /\n130 requests in \S+, \S+\/s\nnext: sentinel block add 203\.0\.113\.1 --for 15m {3}sentinel requests --filter 'client=203\.0\.113\.1'\n$/,
  );
  // What a client said stands in quotes that a shell and the filter understand.
  const agents = await sentinel('--by', 'user-agent');
  assert.ok(agents.stdout.includes(`sentinel requests --filter 'agent="bad'\\''bot \\"x\\""'`), agents.stdout);

  const envelope = JSON.parse((await sentinel('--limit', '2', '--json')).stdout) as {
    exit_code: number;
    data: ClientsReply;
  };
  assert.deepEqual([envelope.exit_code, envelope.data.clients.length], [0, 2]);
  assert.equal((await sentinel('--filter', 'rps>1000000')).stdout.split(';')[0], 'no client matches');
});

test('what is no question is refused, and a slip of the command line is underlined', async (t) => {
  const daemon = await startDaemonProcess(t, { config });
  const refused = (query: string, words: RegExp) =>
    assert.rejects(
      clients(daemon, Object.fromEntries(new URLSearchParams(query)) as ClientsQuery),
      (error: AdminRefusal) => error.code === 'SNT-A008' && error.status === 400 && words.test(error.message),
    );
  await refused('by=asn', /by is "asn", expected ip, prefix, path or user-agent/);
  await refused('window=1h', /window is "1h", expected 1m or 5m/);
  await refused('limit=257', /expected a number from 1 to 256/);
  await refused('filter=status=5xx', /clients have no status; use err/);
  const sentinel = (...args: string[]) => callSentinel(['clients', ...args, '--daemon', daemon.socket]);
  assert.equal((await sentinel()).stdout, 'no requests\n');
  const slip = await sentinel('--filter', 'shar>30%');
  assert.equal(slip.code, 2);
  assert.ok(slip.stderr.includes('  shar>30%\n  ^^^^ there is no field "shar"; did you mean share?'), slip.stderr);
  assert.equal((await sentinel('--limit', '0')).code, 2);
  assert.equal((await sentinel('--by', 'asn')).code, 2);
});

test('a worker that does not answer is named, and the status says that not all is known', async (t) => {
  const folder = testFolder(t);
  const order = join(folder, 'fault');
  const daemon = await startDaemonProcess(t, {
    folder,
    config,
    workerEntry: new URL('../daemon/workers/faulty.ts', import.meta.url),
    environment: { SENTINEL_TEST_FAULT: order },
  });
  writeFileSync(`${order}.draft`, 'spin');
  renameSync(`${order}.draft`, `${order}.1`);
  const ended = await eventually(async () => {
    const one = await callSentinel(['clients', '--daemon', daemon.socket]);
    assert.equal(one.code, 3);
    return one;
  });
  assert.equal(ended.stdout, 'not known\n▲ worker 1 did not answer: what they served is not counted here\n');
});
