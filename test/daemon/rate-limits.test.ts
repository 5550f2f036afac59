/** Rate limits in a real daemon: exact over its workers, kept by a reload, and told by `/metrics`. Quotas come back in no test's time. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { get, RawClient, type RawResponse } from '../helpers/raw-http.ts';

const fixed = 'upstream "fixed" { static { status 200; body "ok" } }';

async function client(t: TestContext, daemon: DaemonProcess): Promise<RawClient> {
  return RawClient.connect(t, Number(new URL(daemon.url()).port));
}

async function ask(
  t: TestContext,
  daemon: DaemonProcess,
  path = '/',
  ...lines: readonly string[]
): Promise<RawResponse> {
  const asking = await client(t, daemon);
  asking.send(get(path, ...lines));
  const response = await asking.response();
  asking.socket.destroy();
  return response;
}

async function statuses(t: TestContext, daemon: DaemonProcess, path: string, times: number): Promise<number[]> {
  const all: number[] = [];
  for (let time = 0; time < times; time++) all.push((await ask(t, daemon, path)).status);
  return all;
}

test('many connections to two workers are admitted exactly the burst', async (t) => {
  const daemon = await startDaemonProcess(t, {
    workers: 2,
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed"; policies { rate-limit { requests-per-second 0.001; burst 200 } } }
${fixed}`,
  });
  const clients = await Promise.all(Array.from({ length: 16 }, () => client(t, daemon)));
  for (const one of clients) one.send(get().repeat(25));
  let admitted = 0;
  for (const one of clients) {
    for (let number = 0; number < 25; number++) if ((await one.response()).status === 200) admitted++;
  }
  assert.equal(admitted, 200);
});

test('limits at the top level hold every route by itself, and a route says its own key by key', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
rate-limit { requests-per-second 0.001; burst 1 }
policies { rate-limit { requests-per-second 0.001; status-code 503 } }
route "plain" { matches { path-prefix "/plain" }; upstream "fixed" }
route "other" { matches { path-prefix "/other" }; upstream "fixed"; policies { rate-limit { burst 2 } } }
route "free" { matches { path-prefix "/free" }; upstream "fixed"; policies { rate-limit { enabled #false } } }
${fixed}`,
  });
  assert.deepEqual(await statuses(t, daemon, '/plain', 2), [200, 503]);
  assert.deepEqual(await statuses(t, daemon, '/other', 3), [200, 200, 503]);
  assert.deepEqual(await statuses(t, daemon, '/free', 3), [200, 200, 200]);
});

test('a reload keeps what a limit has counted, unless it changes the limit', async (t) => {
  const text = (burst: number, more = '') => `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed"; policies { rate-limit { requests-per-second 0.001; burst ${burst} } } }
${fixed}
${more}`;
  const daemon = await startDaemonProcess(t, { workers: 2, config: text(1) });
  assert.deepEqual(await statuses(t, daemon, '/', 2), [200, 429]);
  const reload = async (next: string) => {
    daemon.writeConfig(next);
    daemon.child.kill('SIGHUP');
    reloads++;
    await daemon.line('Configuration reload completed', reloads);
  };
  let reloads = 0;
  await reload(text(1, 'upstream "another" { static { status 200 } }'));
  assert.deepEqual(await statuses(t, daemon, '/', 2), [429, 429]);
  await reload(text(2));
  assert.deepEqual(await statuses(t, daemon, '/', 3), [200, 200, 429]);
});

test('what a limit has counted outlives all workers', async (t) => {
  const folder = testFolder(t);
  const order = join(folder, 'fault');
  const daemon = await startDaemonProcess(t, {
    folder,
    workerEntry: new URL('./workers/faulty.ts', import.meta.url),
    environment: { SENTINEL_TEST_FAULT: order },
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed"; policies { rate-limit { requests-per-second 0.001; burst 2 } } }
${fixed}`,
  });
  assert.deepEqual(await statuses(t, daemon, '/', 3), [200, 200, 429]);
  for (const worker of [0, 1]) {
    writeFileSync(`${order}.draft`, 'exit');
    renameSync(`${order}.draft`, `${order}.${worker}`);
  }
  await daemon.line('Worker replaced', 2);
  assert.deepEqual(await statuses(t, daemon, '/', 2), [429, 429]);
});

test('what limits and failure modes do is counted in the metrics', async (t) => {
  const limit = 'requests-per-second 0.001; burst 1';
  const daemon = await startDaemonProcess(t, {
    workers: 2,
    config: `
listener "http" { address "127.0.0.1:0"; trusted-proxies "127.0.0.1" }
limits { max-requests-per-second-global 100000; max-requests-per-second-per-client 50000 }
route "block" { matches { path-prefix "/block" }; upstream "fixed"; policies { rate-limit { ${limit} } } }
route "log" { matches { path-prefix "/log" }; upstream "fixed"; policies { rate-limit { ${limit}; action "log" } } }
route "delay" {
  matches { path-prefix "/delay" }
  upstream "fixed"
  policies { rate-limit { requests-per-second 5; burst 1; key "route"; action "delay" } }
}
route "closed" {
  matches { path-prefix "/closed" }
  upstream "fixed"
  policies { rate-limit { ${limit}; key "header:X-Tenant"; max-keys 1 } }
}
route "open" {
  matches { path-prefix "/open" }
  upstream "fixed"
  policies { failure-mode "open"; rate-limit { ${limit}; key "header:X-Tenant"; max-keys 1 } }
}
${fixed}`,
  });
  assert.deepEqual(await statuses(t, daemon, '/block', 3), [200, 429, 429]);
  assert.deepEqual(await statuses(t, daemon, '/log', 2), [200, 200]);
  const delayed = await client(t, daemon);
  delayed.send(get('/delay').repeat(3));
  for (let number = 0; number < 3; number++) assert.equal((await delayed.response()).status, 200);
  for (const [path, second] of [
    ['/closed', 503],
    ['/open', 200],
  ] as const) {
    assert.equal((await ask(t, daemon, path, 'X-Tenant: one')).status, 200);
    assert.equal((await ask(t, daemon, path, 'X-Tenant: two')).status, second);
  }
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const value = (series: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1],
    );
  const limited = (route: string, action: string, scope: string) =>
    value(`sentinel_rate_limited_total{route="${route}",action="${action}",scope="${scope}"}`);
  assert.equal(limited('block', 'block', 'route'), 2);
  assert.equal(limited('log', 'log', 'route'), 1);
  assert.ok(limited('delay', 'delay', 'route') >= 1);
  assert.equal(limited('-', 'block', 'client'), 0);
  assert.equal(value('sentinel_guard_failures_total{mode="closed"}'), 1);
  assert.equal(value('sentinel_guard_failures_total{mode="open"}'), 1);
});

test('requests above the limits for all and for each client are counted in the metrics', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0"; trusted-proxies "127.0.0.1" }
limits { max-requests-per-second-global 40; max-requests-per-second-per-client 1 }
route "all" { upstream "fixed" }
${fixed}`,
  });
  const asking = await client(t, daemon);
  // One client sends more than its share, then many send more than the share of all, in less than the time of one quota each.
  asking.send(get('/', 'X-Forwarded-For: 192.0.2.1').repeat(20));
  asking.send(
    Array.from({ length: 400 }, (_, one) => get('/', `X-Forwarded-For: 10.0.${one >> 8}.${one & 255}`)).join(''),
  );
  const counts = new Map<number, number>();
  for (let number = 0; number < 420; number++) {
    const { status } = await asking.response();
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const limited = (scope: string) =>
    Number(
      new RegExp(`^sentinel_rate_limited_total\\{route="-",action="block",scope="${scope}"\\} (\\d+)`, 'm').exec(
        text,
      )?.[1],
    );
  assert.ok(limited('client') > 0);
  assert.ok(limited('proxy') > 0);
  assert.equal(limited('client'), counts.get(429));
  assert.equal(limited('proxy'), counts.get(503));
});

test('clients on the allow list are never limited', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0"; trusted-proxies "127.0.0.1" }
limits { max-requests-per-second-global 1; max-requests-per-second-per-client 1 }
security { allow "192.0.2.0/24" }
route "all" { upstream "fixed"; policies { rate-limit { requests-per-second 0.001; burst 1; key "route" } } }
${fixed}`,
  });
  for (let number = 0; number < 5; number++) {
    assert.equal((await ask(t, daemon, '/', 'X-Forwarded-For: 192.0.2.7')).status, 200);
  }
  assert.equal((await ask(t, daemon, '/', 'X-Forwarded-For: 198.51.100.1')).status, 200, 'they use up no quota');
  assert.equal((await ask(t, daemon, '/', 'X-Forwarded-For: 192.0.2.7')).status, 200);
});
