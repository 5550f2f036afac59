/** Health of a whole daemon with targets that are processes: total failure and recovery, the runbooks' curls, logs, metrics. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CheckReply, HealthReply, UpstreamState } from '../../src/admin/contract/upstream-shapes.ts';
import { OriginProcess } from '../faults/origin-process.ts';
import { requireComponent } from '../helpers/components.ts';
import { type DaemonProcess, type LogLine, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

const healthCheck = `health-check {
    type "http" { path "/health"; expected-status 200 }
    interval-secs 1; timeout-secs 1; healthy-threshold 2; unhealthy-threshold 2
  }`;

function settings(origins: readonly OriginProcess[], more = '', rest = ''): string {
  return `
listener "http" { address "127.0.0.1:0" }
route "api" { matches { path-prefix "/" }; upstream "api-backend" }
upstream "api-backend" {
  targets { ${origins.map(({ address }) => `target { address "${address}" }`).join('\n')} }
  ${more}
}
server { graceful-shutdown-timeout-secs 2 }
${rest}
`;
}

async function origins(t: TestContext, count: number): Promise<OriginProcess[]> {
  return Promise.all(Array.from({ length: count }, () => OriginProcess.start(t)));
}

async function verdicts(daemon: DaemonProcess): Promise<readonly string[]> {
  const { data } = await daemon.client.call('upstream', { params: { name: 'api-backend' } });
  return data.targets.map(({ verdict }) => verdict);
}

function becomes(daemon: DaemonProcess, wanted: readonly string[]): Promise<void> {
  return eventually(async () => assert.deepEqual(await verdicts(daemon), wanted));
}

async function series(daemon: DaemonProcess, name: string): Promise<readonly string[]> {
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`));
}

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  return (await (await fetch(url, init)).json()) as T;
}

const events = (daemon: DaemonProcess, event: string): readonly LogLine[] =>
  daemon.lines().filter((line) => line['event'] === event);

test('when all targets are down clients get 503 at once, /ready says so, and recovery needs no restart', async (t) => {
  const targets = await origins(t, 3);
  const daemon = await startDaemonProcess(t, { config: settings(targets, healthCheck) });
  await becomes(daemon, ['healthy', 'healthy', 'healthy']);
  assert.equal((await fetch(daemon.url())).status, 200);
  assert.deepEqual(await json(`${daemon.url()}/ready`), { ready: true });

  await Promise.all(targets.map((target) => target.kill()));
  await becomes(daemon, ['unhealthy', 'unhealthy', 'unhealthy']);
  const acquired = (await series(daemon, 'sentinel_connection_pool_acquired_total')).join();
  const answer = await fetch(`${daemon.url()}/x`);
  assert.equal(answer.status, 503);
  assert.match(String(answer.headers.get('proxy-status')), /error=destination_unavailable$/);
  assert.equal((await series(daemon, 'sentinel_connection_pool_acquired_total')).join(), acquired);
  assert.ok(
    (await series(daemon, 'sentinel_errors_total')).includes(
      'sentinel_errors_total{cause="no_healthy_target",source="proxy"} 1',
    ),
  );
  // One dead upstream must not pull every node out of the balancer.
  for (const url of [daemon.url(), daemon.adminUrl()]) {
    await eventually(async () => {
      const ready = await fetch(`${url}/ready`);
      assert.equal(ready.status, 200);
      assert.deepEqual(await ready.json(), { ready: true, degraded: ['upstream api-backend: 0 of 3 targets healthy'] });
    });
  }
  const status = (await daemon.client.call('status')).data;
  assert.deepEqual(
    [status.state, status.upstreams],
    [
      'ready',
      {
        total: 1,
        up: 0,
        targets: 3,
        targets_down: 3,
        targets_unknown: 0,
        problems: [{ code: 'SNT-U002', words: 'upstream api-backend: 0 of 3 targets healthy' }],
      },
    ],
  );
  assert.deepEqual(status.degraded, ['upstream api-backend: 0 of 3 targets healthy']);

  await Promise.all(targets.map((target) => target.restart()));
  await becomes(daemon, ['healthy', 'healthy', 'healthy']);
  assert.equal((await fetch(daemon.url())).status, 200);
  await eventually(async () => assert.deepEqual(await json(`${daemon.url()}/ready`), { ready: true }));
  assert.deepEqual(
    (await daemon.client.call('status')).data.workers.map(({ restarts }) => restarts),
    [0, 0],
  );
  const said = daemon.lines().map(({ level, message }) => `${level} ${message}`);
  for (const line of ['WARN Target unhealthy', 'ERROR Upstream down', 'INFO Target healthy', 'INFO Upstream up']) {
    assert.ok(said.includes(line), `${line} in ${said.join('\n')}`);
  }
  const flip = events(daemon, 'health').find(({ message }) => message === 'Target unhealthy');
  assert.deepEqual(
    [flip?.['upstream'], flip?.['from'], flip?.['to'], flip?.['code'], flip?.['why']],
    ['api-backend', 'healthy', 'unhealthy', 'L4CON', 'connection refused (ECONNREFUSED)'],
  );
});

test("the runbooks' curls for health answer as written", async (t) => {
  const curl = requireComponent(t, 'curl');
  if (curl === undefined) return;
  const [alive, dead] = (await origins(t, 2)) as [OriginProcess, OriginProcess];
  await dead.kill();
  const config = settings([alive, dead], healthCheck, 'upstream "spare" { target "127.0.0.1:1" }');
  const daemon = await startDaemonProcess(t, { config });
  await becomes(daemon, ['healthy', 'unhealthy']);
  // As in a shell, in a folder where the star matches nothing.
  const shell = (command: string): string =>
    execFileSync('sh', ['-c', command.replaceAll('localhost:9090', new URL(daemon.adminUrl()).host)], {
      encoding: 'utf8',
      cwd: daemon.folder,
    });
  const one = JSON.parse(shell('curl -s localhost:9090/admin/upstreams/api-backend/health')) as HealthReply;
  assert.deepEqual(
    one.upstreams.map(({ name, state, available, check }) => [name, state, available, check]),
    [['api-backend', 'up', 1, 'http /health every 1 s']],
  );
  const [well, ill] = one.upstreams[0]?.targets ?? [];
  assert.deepEqual([well?.verdict, well?.last_check?.code, well?.last_check?.status], ['healthy', 'L7OK', 200]);
  assert.deepEqual([ill?.verdict, ill?.last_check?.code], ['unhealthy', 'L4CON']);
  assert.match(String(ill?.why), /^connection refused \(ECONNREFUSED\) ×\d+$/);
  for (const star of ['*', '%2A']) {
    const all = JSON.parse(shell(`curl -s localhost:9090/admin/upstreams/${star}/health`)) as HealthReply;
    assert.deepEqual(
      all.upstreams.map(({ name }) => name),
      ['api-backend', 'spare', 'emergency-static', 'maintenance-page'],
    );
  }
  const checked = JSON.parse(shell('curl -s -X POST localhost:9090/admin/upstreams/api-backend/check')) as CheckReply;
  assert.deepEqual(
    checked.results.map(({ ok, code, check }) => [ok, code, check]),
    [
      [true, 'L7OK', 'http'],
      [false, 'L4CON', 'http'],
    ],
  );
  const everything = JSON.parse(shell('curl -s -X POST localhost:9090/admin/health-check')) as CheckReply;
  assert.deepEqual(
    everything.results.map(({ upstream, code, check, verdict }) => [upstream, code, check, verdict]),
    [
      ['api-backend', 'L7OK', 'http', 'healthy'],
      ['api-backend', 'L4CON', 'http', 'unhealthy'],
      ['spare', 'L4CON', 'none', 'unchecked'],
    ],
  );
  assert.match(shell('curl -s localhost:9090/metrics | grep upstream_health'), /upstream_health_checks_total/);
  assert.equal(
    shell(`curl -s localhost:9090/metrics | grep 'upstream_health{' | grep ' 0'`),
    `sentinel_upstream_health{upstream="api-backend",target="${dead.address}"} 0\n`,
  );
  assert.match(
    shell('curl -s localhost:9090/metrics | grep circuit_breaker_state'),
    new RegExp(
      `sentinel_circuit_breaker_state\\{component="api-backend/${alive.address}",upstream="api-backend",target="${alive.address}"\\} 0`,
    ),
  );
  assert.match(shell('curl -s localhost:9090/metrics | grep circuit_breaker_trips_total'), /\} 0\n/);
});

test('names that do not exist are told apart from paths that do not, and ids of breakers come plain and encoded', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: settings(await origins(t, 1), '', 'upstream "a/b c" { target "127.0.0.1:1" }'),
  });
  const refusal = async (path: string, method = 'GET') => {
    const answer = await fetch(`${daemon.adminUrl()}${path}`, { method });
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    return [answer.status, code, detail];
  };
  assert.deepEqual(await refusal('/admin/upstreams/nope/health'), [
    404,
    'SNT-A014',
    'there is no upstream "nope"; there are api-backend, a/b c, emergency-static, maintenance-page',
  ]);
  assert.deepEqual((await refusal('/admin/upstreams/nope/check', 'POST')).slice(0, 2), [404, 'SNT-A014']);
  assert.deepEqual((await refusal('/admin/upstreams/api-backend/wealth')).slice(0, 2), [404, 'SNT-A005']);
  assert.deepEqual((await refusal('/admin/upstreams/%zz/health')).slice(0, 2), [404, 'SNT-A005']);
  assert.deepEqual((await refusal('/admin/upstreams/api-backend/check')).slice(0, 2), [405, 'SNT-A006']);
  const odd = await json<UpstreamState>(`${daemon.adminUrl()}/admin/upstreams/${encodeURIComponent('a/b c')}`);
  assert.equal(odd.name, 'a/b c');
  // Breakers are changed through the socket alone.
  assert.deepEqual((await refusal('/admin/breakers/a/b/reset', 'POST')).slice(0, 2), [403, 'SNT-A002']);
  await assert.rejects(daemon.client.call('breaker-open', { params: { id: 'nope' } }), { code: 'SNT-A014' });
  const {
    data: { breaker },
  } = await daemon.client.call('breaker-open', { params: { id: 'a/b c/127.0.0.1:1' }, reason: 'test' });
  assert.equal(breaker.state, 'forced_open');
});

test('a breaker that is held open refuses at once, shows everywhere, and flows again after its reset', async (t) => {
  const [origin] = (await origins(t, 1)) as [OriginProcess];
  const daemon = await startDaemonProcess(t, { config: settings([origin]) });
  const id = `api-backend/${origin.address}`;
  const state = async () =>
    (await series(daemon, 'sentinel_circuit_breaker_state')).find((line) => line.includes(`component="${id}"`))?.at(-1);
  assert.equal(await state(), '0');
  const before = (await daemon.client.call('breakers')).data.breakers;
  assert.deepEqual(
    before.map((one) => [one.id, one.kind, one.state, one.open_for_ms]),
    [[id, 'target', 'closed', null]],
  );
  const revision = (await daemon.client.call('status')).data.revision;
  await daemon.client.call('breaker-open', { params: { id }, reason: 'deploy' });
  assert.equal(await state(), '1');
  assert.ok((await daemon.client.call('status')).data.revision > revision);
  assert.equal((await fetch(daemon.url())).status, 503);
  const [open] = (await daemon.client.call('breakers')).data.breakers;
  assert.equal(open?.state, 'forced_open');
  assert.match(String(open?.why), /^held open by user .+: deploy$/);
  await daemon.client.call('breaker-reset', { params: { id } });
  assert.equal((await fetch(daemon.url())).status, 200);
  assert.equal(await state(), '0');
  assert.deepEqual(
    events(daemon, 'breaker').map(({ level, message, from, to, breaker }) => [level, message, from, to, breaker]),
    [
      ['WARN', 'Circuit breaker opened', 'closed', 'forced_open', id],
      ['INFO', 'Circuit breaker closed', 'forced_open', 'closed', id],
    ],
  );
});

test('an upstream whose breakers are all open is down wherever somebody looks, checked or not, until one is closed', async (t) => {
  const [origin] = (await origins(t, 1)) as [OriginProcess];
  const spare = `upstream "spare" { target "127.0.0.1:1"; circuit-breaker { failure-threshold 2; timeout-secs 3600 } }
     route "spare" { matches { path-prefix "/spare" }; upstream "spare" }`;
  const daemon = await startDaemonProcess(t, { config: settings([origin], '', spare) });
  assert.equal((await daemon.client.call('status')).data.upstreams.up, 2);
  for (let request = 0; request < 2; request++) await (await fetch(`${daemon.url()}/spare`)).text();
  const words = 'upstream spare: 0 of 1 targets take requests, 1 with an open circuit breaker';
  await eventually(async () => {
    for (const url of [daemon.url(), daemon.adminUrl()]) {
      assert.deepEqual(await json(`${url}/ready`), { ready: true, degraded: [words] });
    }
  });
  const down = await daemon.line('Upstream down');
  assert.deepEqual([down.level, down['upstream'], down['why']], ['ERROR', 'spare', words]);
  assert.equal((await daemon.client.call('status')).data.upstreams.up, 1);
  const { state, available, targets } = (await daemon.client.call('upstream', { params: { name: 'spare' } })).data;
  assert.deepEqual([state, available, targets[0]?.breaker], ['down', 0, 'open']);
  assert.match(
    String(targets[0]?.why),
    /^circuit breaker open: 2 failures in a row: connect_refused; tries again in 3[56]\d\d s$/,
  );
  await daemon.client.call('breaker-reset', { params: { id: 'spare/127.0.0.1:1' } });
  await daemon.line('Upstream up');
  await eventually(async () => assert.deepEqual(await json(`${daemon.url()}/ready`), { ready: true }));
});

test('a target that is this proxy itself is not taken for healthy because the proxy is', async (t) => {
  const socket = `unix:${join(testFolder(t), 'self.sock')}`;
  const daemon = await startDaemonProcess(t, {
    config: `listener "http" { address "${socket}" }
route "all" { upstream "self" }
upstream "self" { target "${socket}"; health-check { interval-secs 1; timeout-secs 1 } }`,
  });
  await daemon.line('Target unhealthy');
  const [target] = (await daemon.client.call('upstream', { params: { name: 'self' } })).data.targets;
  assert.deepEqual([target?.verdict, target?.last_check?.code], ['unhealthy', 'L7STS']);
  assert.match(String(target?.why), /^answered 508, expected 200: it may lead back to this proxy ×\d+$/);
});

test('a route whose breaker is held open is named by /ready and status', async (t) => {
  const route = 'route "shut" { matches { path "/shut" }; upstream "api-backend"; circuit-breaker {} }';
  const daemon = await startDaemonProcess(t, { config: settings(await origins(t, 1), '', route) });
  await daemon.client.call('breaker-open', { params: { id: 'route/shut' } });
  const words = 'route shut: its circuit breaker is held open';
  await eventually(async () =>
    assert.deepEqual(await json(`${daemon.url()}/ready`), { ready: true, degraded: [words] }),
  );
  const { upstreams, degraded } = (await daemon.client.call('status')).data;
  assert.deepEqual([upstreams.up, upstreams.problems, degraded], [1, [{ code: 'SNT-U003', words }], [words]]);
  await daemon.client.call('breaker-reset', { params: { id: 'route/shut' } });
  await eventually(async () => assert.deepEqual(await json(`${daemon.url()}/ready`), { ready: true }));
});

test('failures of requests open a breaker and eject a target, and both are logged and counted', async (t) => {
  const [good, bad] = (await origins(t, 2)) as [OriginProcess, OriginProcess];
  await bad.become({ kind: 'errors', percent: 100 });
  // Its breaker would open sooner than a window fills.
  const passive = `passive-health { failure-rate 50; window-requests 10; eject-secs 3600 }
  circuit-breaker { failure-threshold 1000 }`;
  const config = settings(
    [good, bad],
    passive,
    `upstream "broken" { target "127.0.0.1:1"; circuit-breaker { failure-threshold 3; timeout-secs 3600 } }
     route "broken" { matches { path-prefix "/broken" }; upstream "broken" }`,
  );
  const daemon = await startDaemonProcess(t, { config, workers: 1 });
  for (let request = 0; request < 3; request++) await (await fetch(`${daemon.url()}/broken`)).text();
  const opened = await daemon.line('Circuit breaker opened');
  assert.deepEqual([opened.level, opened['breaker'], opened['to']], ['WARN', 'broken/127.0.0.1:1', 'open']);
  assert.match(String(opened['why']), /^3 failures in a row/);
  assert.ok(
    (await series(daemon, 'sentinel_circuit_breaker_trips_total')).includes(
      'sentinel_circuit_breaker_trips_total{component="broken/127.0.0.1:1",upstream="broken",target="127.0.0.1:1"} 1',
    ),
  );
  const [shown] = (await daemon.client.call('breakers')).data.breakers.filter(({ upstream }) => upstream === 'broken');
  assert.ok(shown?.state === 'open' && (shown.retry_in_ms ?? 0) > 3_000_000, JSON.stringify(shown));

  await eventually(async () => {
    await (await fetch(daemon.url())).text();
    assert.deepEqual(await verdicts(daemon), ['unchecked', 'ejected']);
  });
  const ejected = await daemon.line('Target ejected');
  assert.deepEqual([ejected.level, ejected['target'], ejected['for_ms']], ['WARN', bad.address, 3_600_000]);
  assert.ok(
    (await series(daemon, 'sentinel_upstream_health')).includes(
      `sentinel_upstream_health{upstream="api-backend",target="${bad.address}"} 0`,
    ),
  );
  for (let request = 0; request < 10; request++) assert.equal((await fetch(daemon.url())).status, 200);
});

test('a breaker goes from closed over open and half-open back to closed, and each step is a line and a number', async (t) => {
  const [origin] = (await origins(t, 1)) as [OriginProcess];
  const breaker = 'circuit-breaker { failure-threshold 2; success-threshold 2; timeout-secs 1 }';
  const daemon = await startDaemonProcess(t, { config: settings([origin], breaker) });
  const state = async () => (await series(daemon, 'sentinel_circuit_breaker_state'))[0]?.at(-1);
  const status = async () => {
    const answer = await fetch(daemon.url());
    await answer.text();
    return answer.status;
  };
  assert.equal(await status(), 200);
  await origin.kill();
  await eventually(async () => assert.equal(await status(), 503));
  assert.equal(await state(), '1');
  await origin.restart();
  await eventually(async () => assert.equal(await status(), 200));
  assert.equal(await state(), '2');
  assert.equal(await status(), 200);
  assert.equal(await state(), '0');
  await daemon.line('Circuit breaker closed');
  const steps = events(daemon, 'breaker').map(({ level, message, from, to }) => [level, message, from, to]);
  assert.deepEqual(steps.slice(0, 2), [
    ['WARN', 'Circuit breaker opened', 'closed', 'open'],
    ['INFO', 'Circuit breaker half-open', 'open', 'half_open'],
  ]);
  assert.deepEqual(steps.at(-1), ['INFO', 'Circuit breaker closed', 'half_open', 'closed']);
});

test('series of health and breakers move, and promtool has nothing to say about them', async (t) => {
  const [origin] = (await origins(t, 1)) as [OriginProcess];
  const late = settings(
    [origin],
    healthCheck,
    `upstream "slow" { target "127.0.0.1:1"; health-check { type "tcp"; interval-secs 3600; timeout-secs 1 } }`,
  );
  const daemon = await startDaemonProcess(t, { config: late });
  const passed = async () =>
    Number(
      (await series(daemon, 'sentinel_upstream_health_checks_total'))
        .find((line) => line.includes('result="passed"') && line.includes('api-backend'))
        ?.split(' ')
        .at(-1),
    );
  await eventually(async () => assert.ok((await passed()) >= 2));
  await eventually(async () =>
    assert.ok(
      (await series(daemon, 'sentinel_upstream_health_checks_total')).includes(
        'sentinel_upstream_health_checks_total{upstream="slow",target="127.0.0.1:1",result="failed"} 1',
      ),
    ),
  );
  const promtool = requireComponent(t, 'promtool');
  if (promtool === undefined) return;
  const input = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const found = spawnSync(promtool, ['check', 'metrics'], { input, encoding: 'utf8' });
  assert.deepEqual([found.status, found.stdout, found.stderr], [0, '', '']);
});

test('a reload keeps the verdicts of targets that stay, and probes what is added', async (t) => {
  const [alive, dead, added] = (await origins(t, 3)) as [OriginProcess, OriginProcess, OriginProcess];
  await dead.kill();
  const daemon = await startDaemonProcess(t, { config: settings([alive, dead], healthCheck) });
  await becomes(daemon, ['healthy', 'unhealthy']);
  daemon.writeConfig(settings([dead, added, alive], healthCheck));
  await daemon.client.call('config-reload');
  const [first, , third] = await verdicts(daemon);
  assert.deepEqual([first, third], ['unhealthy', 'healthy']);
  await becomes(daemon, ['unhealthy', 'healthy', 'healthy']);
  for (let request = 0; request < 6; request++) assert.equal((await fetch(daemon.url())).status, 200);
});
