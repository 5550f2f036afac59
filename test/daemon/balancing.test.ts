/** Balancing over the worker threads of a real daemon. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ok, type OriginRequest, startOrigin } from '../helpers/origin.ts';
import { get, RawClient } from '../helpers/raw-http.ts';

test('least_connections keeps targets within the number of workers of each other', async (t) => {
  const workers = 2;
  const held: OriginRequest[][] = [[], [], []];
  const origins = await Promise.all(
    held.map((mine) => startOrigin(t, { request: (request) => void mine.push(request) })),
  );
  const daemon = await startDaemonProcess(t, {
    workers,
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "held" }
upstream "held" {
  load-balancing "least_connections"
  targets { ${origins.map(({ port }) => `target "127.0.0.1:${port}"`).join('; ')} }
}`,
  });
  const port = Number(new URL(daemon.url()).port);
  const total = () => held.reduce((sum, mine) => sum + mine.length, 0);
  const spread = () => {
    const loads = held.map(({ length }) => length);
    const apart = Math.max(...loads) - Math.min(...loads);
    assert.ok(apart <= workers, `requests in flight: ${loads.join()}`);
  };
  const clients = await Promise.all(Array.from({ length: 60 }, () => RawClient.connect(t, port)));
  for (const client of clients.slice(0, 40)) client.send(get());
  await eventually(() => total() === 40);
  spread();
  // One target gets through with its work: what comes now goes there until it has as much as the others.
  for (const { connection } of (held[1] as OriginRequest[]).splice(0)) connection.send(ok());
  const rest = total();
  for (const client of clients.slice(40)) client.send(get());
  await eventually(() => total() === rest + 20);
  assert.ok((held[1]?.length ?? 0) >= 10, `the idle target took ${held[1]?.length} of 20`);
  spread();
});

test('sticky holds clients to their targets over workers, and over a restart of the daemon', async (t) => {
  const origins = await Promise.all(
    ['a', 'b', 'c'].map((name) => startOrigin(t, { request: ({ connection }) => connection.send(ok(name)) })),
  );
  const plan = {
    folder: testFolder(t),
    workers: 2,
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "homes" }
upstream "homes" {
  load-balancing "sticky" { cookie "home"; ttl-secs 60 }
  targets { ${origins.map(({ port }) => `target "127.0.0.1:${port}"`).join('; ')} }
}`,
  };
  const daemon = await startDaemonProcess(t, plan);
  const ask = async (url: string, cookie = '') => {
    const client = await RawClient.connect(t, Number(new URL(url).port));
    client.send(cookie === '' ? get() : get('/', `Cookie: ${cookie}`));
    const answer = await client.response();
    client.socket.destroy();
    return { home: answer.text, cookie: answer.header('set-cookie')?.split(';')[0] ?? '' };
  };
  const given = await ask(daemon.url());
  assert.match(given.cookie, /^home=/);
  const stays = async (url: string) => {
    for (let i = 0; i < 9; i++) assert.deepEqual(await ask(url, given.cookie), { home: given.home, cookie: '' });
  };
  await stays(daemon.url());
  daemon.child.kill('SIGTERM');
  await daemon.ended();
  await stays((await startDaemonProcess(t, plan)).url());
});

test('sticky without a key serves in turn, sets no cookie, and says so until the key is there', async (t) => {
  const origins = await Promise.all(
    ['a', 'b'].map((name) => startOrigin(t, { request: ({ connection }) => connection.send(ok(name)) })),
  );
  const folder = testFolder(t);
  const state = join(folder, 'state');
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(join(state, 'secret.key'), 'no key', { mode: 0o600 });
  const daemon = await startDaemonProcess(t, {
    folder,
    workers: 1,
    config: `
state-dir "${state}"
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "homes" }
upstream "homes" { load-balancing "sticky"; targets { ${origins.map(({ port }) => `target "127.0.0.1:${port}"`).join('; ')} } }`,
  });
  const client = await RawClient.connect(t, Number(new URL(daemon.url()).port));
  const homes = [];
  for (let i = 0; i < 4; i++) {
    client.send(get());
    const answer = await client.response();
    homes.push(answer.text);
    assert.equal(answer.header('set-cookie'), undefined);
  }
  assert.deepEqual(homes, ['a', 'b', 'a', 'b']);
  const warnings = async () => (await daemon.client.call('status')).data.warnings.join('\n');
  assert.match(await warnings(), /SNT-P015/);
  writeFileSync(join(state, 'secret.key'), `${'5a'.repeat(32)}\n`);
  await daemon.client.call('config-reload');
  client.send(get());
  assert.match((await client.response()).header('set-cookie') ?? '', /^sentinel-target=/);
  assert.doesNotMatch(await warnings(), /SNT-P015/);
});
