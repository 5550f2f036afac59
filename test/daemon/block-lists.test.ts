/** Block lists of a running daemon: from the file, from a watched list, and from operators, until they expire. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AdminRefusal } from '../../src/admin/client/client.ts';
import { type DaemonProcess, startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

/** Clients are who `X-Forwarded-For` says; `security` is what stands in that block. */
function configWith(security: string, more = ''): string {
  return staticConfig('hello', `security { ${security} }\n${more}`).replace(
    'listener "http" {',
    'listener "http" { trusted-proxies "127.0.0.0/8";',
  );
}

async function statusOf(daemon: DaemonProcess, client: string, headers: Record<string, string> = {}): Promise<number> {
  const reply = await fetch(daemon.url(), { headers: { 'x-forwarded-for': client, connection: 'close', ...headers } });
  await reply.arrayBuffer();
  return reply.status;
}

async function becomes(daemon: DaemonProcess, client: string, status: number): Promise<void> {
  await eventually(async () => assert.equal(await statusOf(daemon, client), status));
}

async function metric(daemon: DaemonProcess, line: string): Promise<number> {
  const { text } = await daemon.client.text('/metrics');
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  assert.ok(found !== undefined, line);
  return Number(found.slice(line.length + 1));
}

function refusal(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.equal((error as AdminRefusal).code, code);
    return true;
  };
}

test('a network is blocked at run time in every worker at once, listed, and taken back', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configWith('allow "10.1.0.0/16"') });
  assert.equal(await statusOf(daemon, '203.0.113.7'), 200);
  const { data } = await daemon.client.call('block-add', {
    body: { address: '203.0.113.9/24', expires_in_ms: 600_000 },
    reason: 'scraper',
  });
  assert.deepEqual(
    [data.block.address, data.block.reason, data.replaced, data.in_force, data.kept],
    ['203.0.113.0/24', 'scraper', false, true, true],
  );
  assert.ok((data.block.expires_in_ms ?? 0) > 590_000);
  // The answer comes when both workers have it: many connections, so that each of them is asked.
  const statuses = await Promise.all(Array.from({ length: 40 }, () => statusOf(daemon, '203.0.113.7')));
  assert.deepEqual(new Set(statuses), new Set([403]));
  assert.ok((await metric(daemon, 'sentinel_blocked_total')) >= 40);
  assert.equal(await metric(daemon, 'sentinel_overrides_active{kind="block"}'), 1);

  const wider = await daemon.client.call('block-add', { body: { address: '10.0.0.0/8' } });
  assert.deepEqual(wider.data.block.allowed, ['10.1.0.0/16']);
  assert.deepEqual([await statusOf(daemon, '10.1.2.3'), await statusOf(daemon, '10.2.2.3')], [200, 403]);

  const list = (await daemon.client.call('blocks')).data;
  assert.deepEqual(
    list.blocks.map(({ address, expires_at }) => [address, expires_at === null]),
    [
      ['203.0.113.0/24', false],
      ['10.0.0.0/8', true],
    ],
  );
  assert.deepEqual([list.allow, list.configured, list.file], [['10.1.0.0/16'], [], null]);
  const back = await daemon.client.call('block-remove', { query: { address: '203.0.113.0/24' } });
  assert.deepEqual(back.data, {
    address: '203.0.113.0/24',
    in_force: true,
    kept: true,
    still_blocked_by: [],
  });
  assert.equal(await statusOf(daemon, '203.0.113.7'), 200);
  await assert.rejects(
    daemon.client.call('block-remove', { query: { address: '203.0.113.0/24' } }),
    refusal('SNT-A013'),
  );
});

test('run-time blocks survive a reload and a restart, and expire by the clock', async (t) => {
  const folder = testFolder(t);
  const config = configWith('', `state-dir "${join(folder, 'state')}"`);
  const first = await startDaemonProcess(t, { config, folder });
  assert.ok(!existsSync(join(folder, 'state', 'block-list.json')));
  await first.client.call('block-add', { body: { address: '203.0.113.7' }, reason: 'abuse' });
  await first.client.call('block-add', { body: { address: '203.0.113.8', expires_in_ms: 1 } });
  await first.line('Block expired');
  await first.client.call('config-reload');
  assert.deepEqual([await statusOf(first, '203.0.113.7'), await statusOf(first, '203.0.113.8')], [403, 200]);
  const file = join(folder, 'state', 'block-list.json');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  first.child.kill('SIGKILL');
  await first.ended();

  const second = await startDaemonProcess(t, { config, folder });
  assert.deepEqual([await statusOf(second, '203.0.113.7'), await statusOf(second, '203.0.113.8')], [403, 200]);
  const [kept] = (await second.client.call('blocks')).data.blocks;
  assert.deepEqual([kept?.address, kept?.reason], ['203.0.113.7', 'abuse']);
  assert.match(kept?.actor ?? '', /^user /);
});

test('a kept list that makes no sense is put aside and said so', async (t) => {
  const folder = testFolder(t);
  const state = join(folder, 'state');
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(join(state, 'block-list.json'), '{"schema":"other"}');
  const daemon = await startDaemonProcess(t, { config: configWith('', `state-dir "${state}"`), folder });
  assert.ok(existsSync(join(state, 'block-list.json.unusable')));
  const { warnings } = (await daemon.client.call('status')).data;
  assert.match(warnings.join('\n'), /\[SNT-P017\].*block-list\.json/);
});

test('a list that cannot be kept is in force all the same, and the answer says so', async (t) => {
  const folder = testFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const config = configWith('', `state-dir "${join(folder, 'file', 'state')}"`);
  const daemon = await startDaemonProcess(t, { config, folder });
  const { data } = await daemon.client.call('block-add', { body: { address: '203.0.113.7' } });
  assert.deepEqual([data.in_force, data.kept], [true, false]);
  assert.equal(await statusOf(daemon, '203.0.113.7'), 403);
  assert.match((await daemon.client.call('status')).data.warnings.join('\n'), /\[SNT-P017\]/);
});

test('a state folder that cannot be used is named at the start, not when something is to be kept', async (t) => {
  const folder = testFolder(t);
  const state = join(folder, 'state');
  mkdirSync(state);
  chmodSync(state, 0o777);
  const daemon = await startDaemonProcess(t, { config: configWith('', `state-dir "${state}"`), folder });
  assert.match(
    (await daemon.client.call('status')).data.warnings.join('\n'),
    /^\[SNT-P014\] no state in \S+\/state: others may write there; networks blocked before and keys are not read$/m,
  );
});

test('what would lock everybody out needs a second word, and what is no network is refused', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configWith('') });
  for (const address of [
    '0.0.0.0/0',
    '::/0',
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '0.0.0.0/1',
    '2000::/3',
    '127.0.0.0/8',
  ]) {
    await assert.rejects(daemon.client.call('block-add', { body: { address } }), refusal('SNT-A012'), address);
  }
  for (const address of ['', 'x', '10.0.0.0/33', 'localhost']) {
    await assert.rejects(daemon.client.call('block-add', { body: { address } }), refusal('SNT-A008'), address);
  }
  assert.equal(await statusOf(daemon, '203.0.113.7'), 200);
  await daemon.client.call('block-add', { body: { address: '0.0.0.0/0', confirm: '0.0.0.0/0' } });
  assert.equal(await statusOf(daemon, '203.0.113.7'), 403);
});

test('neither the addresses of this machine nor the proxies in front of it are blocked by accident', async (t) => {
  const listener = 'listener "front" { address "127.0.0.1:0"; trusted-proxies "198.51.100.9" "192.0.2.0/24" }';
  const daemon = await startDaemonProcess(t, { config: `${configWith('')}\n${listener}` });
  const add = (address: string) => daemon.client.call('block-add', { body: { address } });
  for (const address of ['198.51.100.9', '198.51.100.0/24', '192.0.2.0/24']) {
    await assert.rejects(add(address), refusal('SNT-A012'), address);
  }
  const outward = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ internal }) => !internal));
  for (const { address } of outward) await assert.rejects(add(address), refusal('SNT-A012'), address);
  // One client among those that are trusted to name others is no more than one client.
  assert.equal((await add('192.0.2.77')).data.in_force, true);
});

test('changes of block lists are for operators only, and audited', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configWith('') });
  const url = `${daemon.adminUrl()}/admin/overrides/block`;
  const put = await fetch(url, { method: 'PUT', body: '{"address":"203.0.113.7"}' });
  assert.equal(put.status, 403);
  assert.equal((await fetch(url)).status, 200);
  await daemon.client.call('block-add', { body: { address: '203.0.113.7' }, reason: 'attack' });
  assert.equal(await metric(daemon, 'sentinel_admin_actions_total{action="block-add",result="done"}'), 1);
  assert.equal(await metric(daemon, 'sentinel_admin_actions_total{action="block-add",result="refused"}'), 1);
  assert.equal((await daemon.line('Network blocked'))['reason'], 'attack');
  // Who did it, to what, why.
  const audit = daemon.lines().findLast((line) => line['event'] === 'admin_action');
  assert.deepEqual(
    [audit?.['action'], audit?.['address'], audit?.['expires_at'], audit?.['reason'], audit?.['result']],
    ['block-add', '203.0.113.7', null, 'attack', 'done'],
  );
});

async function withFile(t: TestContext, text: string): Promise<{ daemon: DaemonProcess; file: string }> {
  const folder = testFolder(t);
  const file = join(folder, 'block.txt');
  writeFileSync(file, text);
  return { file, daemon: await startDaemonProcess(t, { folder, config: configWith(`block-file "${file}"`) }) };
}

test('a block file takes effect by itself when it changes, however it was written', async (t) => {
  const { daemon, file } = await withFile(t, '# nobody yet\n\n203.0.113.0/24 # a note\r\n2001:db8::/32\n');
  assert.deepEqual([await statusOf(daemon, '203.0.113.7'), await statusOf(daemon, '198.51.100.7')], [403, 200]);
  assert.equal(await statusOf(daemon, '2001:db8::7'), 403);
  writeFileSync(file, '198.51.100.7\n');
  await becomes(daemon, '198.51.100.7', 403);
  assert.equal(await statusOf(daemon, '203.0.113.7'), 200);
  writeFileSync(`${file}.new`, '192.0.2.0/24\n');
  renameSync(`${file}.new`, file);
  await becomes(daemon, '192.0.2.7', 403);
  assert.deepEqual((await daemon.client.call('blocks')).data.file, { path: file, networks: 1, problems: [] });
});

test('a broken block file leaves the old list, is said with its line, and is right again when it is', async (t) => {
  const { daemon, file } = await withFile(t, '203.0.113.0/24\n');
  writeFileSync(file, '198.51.100.0/24\nnonsense-7\n');
  const line = await daemon.line('Block file not usable');
  assert.deepEqual([line.level, line['code']], ['ERROR', 'SNT-P016']);
  assert.deepEqual(line['problems'], [`${file}:2: neither an IP address nor a network`]);
  assert.deepEqual([await statusOf(daemon, '203.0.113.7'), await statusOf(daemon, '198.51.100.7')], [403, 200]);
  const warnings = async () => (await daemon.client.call('status')).data.warnings.join('\n');
  assert.match(await warnings(), /\[SNT-P016\].*block\.txt:2/);
  // By HUP it is a configuration with a mistake: nothing changes either.
  await assert.rejects(daemon.client.call('config-reload'), refusal('SNT-P013'));
  assert.equal(await statusOf(daemon, '203.0.113.7'), 403);
  writeFileSync(file, '198.51.100.0/24\n');
  await becomes(daemon, '198.51.100.7', 403);
  assert.doesNotMatch(await warnings(), /SNT-P016/);
  renameSync(file, `${file}.gone`);
  await daemon.line('Block file not usable', 2);
  assert.equal(await statusOf(daemon, '198.51.100.7'), 403);
});

test('a changed block file is in force when a reload has ended', async (t) => {
  const { daemon, file } = await withFile(t, '203.0.113.0/24\n');
  writeFileSync(file, '198.51.100.7\n');
  await daemon.client.call('config-reload');
  assert.deepEqual([await statusOf(daemon, '203.0.113.7'), await statusOf(daemon, '198.51.100.7')], [200, 403]);
});

test('a hundred thousand networks are read, and found', async (t) => {
  const lines = Array.from({ length: 100_000 }, (_, i) => `${11 + (i >> 15)}.${(i >> 7) & 255}.${(i & 127) * 2}.0/24`);
  const { daemon } = await withFile(t, lines.join('\n'));
  assert.equal((await daemon.client.call('blocks')).data.file?.networks, 100_000);
  assert.deepEqual([await statusOf(daemon, '11.0.2.255'), await statusOf(daemon, '11.0.3.0')], [403, 200]);
});

test('a key that cannot be read leaves challenges to the failure mode, with a standing warning, until it can', async (t) => {
  const folder = testFolder(t);
  const state = join(folder, 'state');
  const config = configWith('challenge-mode "always"; challenge-difficulty 1', `state-dir "${state}"`);
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(join(state, 'secret.key'), 'no key', { mode: 0o600 });
  const daemon = await startDaemonProcess(t, { config, folder });
  const html = { accept: 'text/html' };
  assert.equal(await statusOf(daemon, '203.0.113.7', html), 503);
  assert.match((await daemon.client.call('status')).data.warnings.join('\n'), /\[SNT-P015\].*secret\.key/);
  writeFileSync(join(state, 'secret.key'), `${'5a'.repeat(32)}\n`);
  chmodSync(join(state, 'secret.key'), 0o600);
  await daemon.client.call('config-reload');
  assert.equal(await statusOf(daemon, '203.0.113.7', html), 403);
  assert.doesNotMatch((await daemon.client.call('status')).data.warnings.join('\n'), /SNT-P015/);
  const page = await (await fetch(daemon.url(), { headers: html })).text();
  const puzzle = /data-puzzle="([^"]+)"/.exec(page)?.[1];
  const hand = async (counter: number) =>
    (await fetch(`${daemon.url()}/.well-known/sentinel-challenge?puzzle=${puzzle}&counter=${counter}`)).status;
  assert.equal(await hand(-1), 403);
  let counter = 0;
  while ((await hand(counter)) !== 204) counter++;
  await fetch(daemon.url(), { method: 'POST' });
  for (const [outcome, count] of [
    ['issued', 2],
    ['failed', counter + 1],
    ['passed', 1],
    ['refused', 1],
  ] as const) {
    assert.equal(await metric(daemon, `sentinel_challenges_total{outcome="${outcome}"}`), count);
  }
  // Nothing of it is shown anywhere.
  const shown = daemon.output() + (await daemon.client.call('config')).data.text;
  assert.ok(!shown.includes('5a5a5a'));
});

test('a key is made when something first needs it', async (t) => {
  const folder = testFolder(t);
  const key = join(folder, 'state', 'secret.key');
  const config = (security: string) => configWith(security, `state-dir "${join(folder, 'state')}"`);
  const daemon = await startDaemonProcess(t, { config: config(''), folder });
  assert.ok(!existsSync(key));
  daemon.writeConfig(config('challenge-mode "always"'));
  await daemon.client.call('config-reload');
  assert.match(readFileSync(key, 'utf8'), /^[0-9a-f]{64}\n$/);
  assert.equal(statSync(key).mode & 0o777, 0o600);
});
