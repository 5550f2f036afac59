/** What the admin API and the commands show of traffic, asked of a real daemon that has had some. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RoutesReply } from '../../src/admin/contract/shapes.ts';
import { callSentinel, type Ended, type RunOptions } from '../cli/command-line.ts';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { startOrigin } from '../helpers/origin.ts';

interface Busy {
  readonly daemon: DaemonProcess;
  readonly target: string;
  run(command: string, options?: RunOptions): Promise<Ended>;
}

/** 30 good requests of one route, 10 bad ones of another, and one that no route takes. */
async function busy(t: TestContext): Promise<Busy> {
  const origin = await startOrigin(t);
  const target = `127.0.0.1:${origin.port}`;
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "good" { matches { path-prefix "/good"; path "/also" }; upstream "origin" }
route "bad" { matches { method "GET"; path-prefix "/bad" }; upstream "sick" }
route "idle" { matches { path-prefix "/idle" }; upstream "sick" }
upstream "origin" { target "${target}" }
upstream "sick" { static { status 503; body "x" } }`,
  });
  const ask = async (path: string) => (await fetch(`${daemon.url()}${path}`)).status;
  for (let number = 0; number < 30; number++) assert.equal(await ask('/good'), 200);
  for (let number = 0; number < 10; number++) assert.equal(await ask('/bad'), 503);
  assert.equal(await ask('/nowhere'), 404);
  await eventually(async () => {
    const { data } = await daemon.client.call('traffic');
    assert.equal(data.total.windows['1m']?.requests, 41);
  });
  const run: Busy['run'] = (command, options) =>
    callSentinel(command.split(' '), { ...options, environment: { SENTINEL_ADMIN_SOCKET: daemon.socket } });
  return { daemon, target, run };
}

test('a daemon that has had traffic shows it', async (t) => {
  const scene = await busy(t);

  await t.test(
    'GET /admin/traffic says what each route, upstream and target did, why it failed, and nothing that was not asked for',
    async () => {
      const { daemon, target } = scene;
      const { data } = await daemon.client.call('traffic');
      const { data: short } = await daemon.client.call('traffic', { query: { targets: '0' } });
      assert.deepEqual(
        short.upstreams.map(({ targets }) => targets),
        data.upstreams.map(() => []),
        'targets are left out where nobody wants them',
      );
      const { total, unrouted, routes, upstreams } = data;
      assert.deepEqual(Object.keys(total.windows), ['10s', '1m', '5m']);
      const all = total.windows['1m'];
      assert.equal(all?.errors, 10);
      assert.equal(all?.error_ratio, 0.243902);
      assert.deepEqual(
        all?.causes.map(({ cause, source, count }) => [cause, source, count]),
        [
          ['upstream_status', 'upstream', 10],
          ['no_route', 'proxy', 1],
        ],
      );
      assert.deepEqual(all?.sources, { client: 0, proxy: 0.02439, upstream: 0.243902 });
      assert.equal(unrouted.windows['1m']?.requests, 1);
      const good = routes.find(({ id }) => id === 'good')?.windows['1m'];
      assert.deepEqual([good?.requests, good?.errors, good?.error_ratio], [30, 0, 0]);
      const [p50, p99] = [good?.p50_ms ?? 0, good?.p99_ms ?? 0];
      assert.ok(p50 > 0 && p99 >= p50, `${p50} ms and ${p99} ms`);
      assert.equal(routes.find(({ id }) => id === 'idle')?.windows['1m']?.error_ratio, null);
      const origin = upstreams.find(({ name }) => name === 'origin');
      assert.equal(origin?.windows['1m']?.requests, 30);
      assert.deepEqual(
        origin?.targets.map(({ address, windows }) => [address, windows['1m']?.requests, windows['1m']?.errors]),
        [[target, 30, 0]],
      );
      assert.equal(data.points, undefined);

      const { data: one } = await daemon.client.call('traffic', {
        query: { window: '10s', route: 'bad', series: '1' },
      });
      assert.deepEqual(
        one.routes.map(({ id, windows }) => [id, Object.keys(windows)]),
        [['bad', ['10s']]],
      );
      assert.deepEqual(one.upstreams, []);
      const series = one.routes[0]?.series;
      assert.equal(series?.requests.length, one.points?.at.length);
      assert.equal(
        series?.errors.reduce((sum, count) => sum + count, 0),
        10,
      );
      assert.ok(one.at !== null && Math.abs(Date.parse(one.at) - Date.now()) < 60_000);

      for (const [query, status, wanted] of [
        ['window=7s', 400, 'SNT-A008'],
        ['route=nobody', 404, 'SNT-A017'],
        ['upstream=nobody', 404, 'SNT-A014'],
      ] as const) {
        const reply = await fetch(`${daemon.adminUrl()}/admin/traffic?${query}`);
        const { code } = (await reply.json()) as { readonly code: string };
        assert.deepEqual([reply.status, code], [status, wanted], query);
      }
    },
  );

  await t.test('the stream tells each second what has gone through', async () => {
    const { daemon } = scene;
    const reply = await fetch(`${daemon.adminUrl()}/admin/stream?topics=traffic&route=bad`);
    const reader = (reply.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while ((text.match(/^event: traffic$/gm) ?? []).length < 2) {
      const { value, done } = await reader.read();
      assert.equal(done, false);
      text += value ?? '';
    }
    await reader.cancel();
    const told = [...text.matchAll(/^event: traffic\n(?:id: .*\n)?data: (.*)\n/gm)].map(([, data = '']) =>
      JSON.parse(data),
    );
    assert.deepEqual(
      told[0].routes.map(({ id, windows }: { id: string; windows: object }) => [id, Object.keys(windows)]),
      [['bad', ['10s']]],
    );
    assert.ok(Date.parse(told[1].at) - Date.parse(told[0].at) >= 900);
  });

  await t.test(
    'routes shows the match order with rates, errors and percentiles; narrow terminals lose what matters less',
    async () => {
      const { run } = scene;
      const { code, stdout } = await run('routes');
      assert.equal(code, 0);
      const [titles = '', ...rows] = stdout.split('\n').filter((line) => /^ *[#\d]/.test(line));
      assert.deepEqual(titles.trim().split(/ {2,}/), [
        '#',
        'ROUTE',
        'UPSTREAM',
        'RPS',
        'ERR%',
        'P50',
        'P95',
        'P99',
        'MOSTLY',
        'TAKES',
      ]);
      const cells = new Map(rows.map((row) => row.trim().split(/ {2,}/)).map((row) => [row[1], row]));
      assert.match(cells.get('good')?.[3] ?? '', /^\d/);
      assert.equal(cells.get('good')?.[4], '·');
      assert.match(cells.get('good')?.[7] ?? '', /^[\d.]+m?s$/);
      assert.equal(cells.get('bad')?.[4], '100');
      assert.deepEqual(cells.get('idle')?.slice(3, 9), ['·', '–', '–', '–', '–', '–']);
      assert.deepEqual(cells.get('bad')?.slice(8), ['upstream_status 100%', 'GET', 'path-prefix /bad']);
      assert.match(stdout, /\nnext: sentinel requests --errors --filter 'route=bad'\n$/);
      // Numbers stand to the right: under the end of their title.
      for (const row of rows) assert.match(row.slice(0, titles.indexOf('ERR%') + 4), /\S$/);
      const narrow = (await run('routes', { terminal: true, columns: 60 })).stdout.replaceAll(/\u001b\[\d+m/g, '');
      assert.match(narrow, /^ *# +ROUTE .*ERR%.*P99/);
      assert.doesNotMatch(narrow, /P50/);
      assert.ok(narrow.split('\n').every((line) => line.length <= 60));
      const json = JSON.parse((await run('routes --json')).stdout) as { data: RoutesReply };
      assert.equal(json.data.routes.find(({ id }) => id === 'good')?.windows['5m']?.requests, 30);
    },
  );

  await t.test('upstreams shows the rates of targets, and of what answers by itself', async () => {
    const { run, target } = scene;
    const rows = (await run('upstreams')).stdout.split('\n').map((row) => row.split(/ {2,}/));
    const at = (title: string) => rows[0]?.indexOf(title) as number;
    const of = (name: string) => rows.find((row) => row.includes(name));
    assert.match(of(target)?.[at('RPS')] ?? '', /^\d/);
    assert.equal(of(target)?.[at('ERR%')], '·');
    assert.match(of(target)?.[at('P99')] ?? '', /^[\d.]+m?s$/);
    assert.equal(of('sick')?.[at('ERR%')], '100');
    const narrow = (await run('upstreams', { terminal: true, columns: 44 })).stdout.replaceAll(/\u001b\[\d+m/g, '');
    assert.match(narrow, /^UPSTREAM +TARGET +STATE +INFL +ERR%\n/);
    assert.match(narrow, new RegExp(`^\\S+ +${target} .*·$`, 'm'));
  });

  await t.test('status says how much goes through, and which causes its errors have', async () => {
    const { run } = scene;
    const { stdout } = await run('status');
    assert.match(
      stdout,
      /^traffic {4}1m [\d.]+\/s, 5xx 24\.4%, p99 [\d.]+m?s; mostly upstream_status 24\.4% \(upstream\), no_route 2\.4% \(proxy\)\n {11}5m /m,
    );
  });

  await t.test('metrics shows series by name, beginning or expression, for people and as they are', async () => {
    const { run, daemon } = scene;
    const named = await run('metrics error_rate sentinel_config_gen');
    assert.equal(named.code, 0);
    assert.match(
      named.stdout,
      /^sentinel_error_rate {2}gauge: .*\n {2}window=10s {2}0\.243902\n {2}window=1m {3}0\.243902\n/,
    );
    assert.match(named.stdout, /^sentinel_config_generation .*\n +1$/m);
    assert.doesNotMatch(named.stdout, /requests_total/);
    const raw = await run('metrics ^sentinel_.*_quantile_ --raw');
    assert.match(raw.stdout, /^# TYPE sentinel_request_duration_quantile_seconds summary$/m);
    assert.match(raw.stdout, /^sentinel_upstream_request_duration_quantile_seconds_count\{upstream="origin"\} 30$/m);
    const all = await run('metrics --raw');
    const families = (text: string) => text.match(/^# TYPE .*$/gm);
    assert.deepEqual(families(all.stdout), families(await (await fetch(`${daemon.adminUrl()}/metrics`)).text()));
    const histogram = await run('metrics request_duration_seconds');
    assert.match(histogram.stdout, /^ {2}count route=good +30$/m);
    assert.doesNotMatch(histogram.stdout, /le=/);
    const json = JSON.parse((await run('metrics requests_total --json')).stdout);
    assert.equal(json.schema, 'sentinel.metrics/1');
    assert.deepEqual(
      json.data.series[0].samples.find(({ labels }: { labels: Record<string, string> }) => labels['route'] === 'good'),
      {
        name: 'sentinel_requests_total',
        labels: { route: 'good', upstream: 'origin', method: 'GET', status: '200' },
        value: 30,
      },
    );
    const none = await run('metrics no_such_series');
    assert.equal(none.code, 1);
    assert.match(none.stdout, /no series is called no_such_series/);
    assert.match((await run('metrics no_such_series --json')).stdout, /"SNT-P049"/);
    assert.equal((await run('metrics [')).code, 2);
  });
});
