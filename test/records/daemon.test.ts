/** Single requests of a whole daemon, through its admin API: finished ones, those under way, the end of one, and a tap. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TapNews } from '../../src/admin/contract/request-shapes.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ok, type Script, startOrigin } from '../helpers/origin.ts';
import { get, RawClient } from '../helpers/raw-http.ts';

const script: Script = {
  request: ({ connection, target }) => {
    if (target.startsWith('/hang')) return;
    connection.send(ok('good'));
  },
};

interface Started {
  readonly daemon: DaemonProcess;
  fault(worker: number, word: string): void;
  /** One request on a connection of its own. */
  ask(path: string, ...lines: readonly string[]): Promise<number>;
  /** A request that is not answered. */
  hang(path?: string, ...lines: readonly string[]): Promise<RawClient>;
}

async function started(t: TestContext): Promise<Started> {
  const origin = await startOrigin(t, script);
  const folder = testFolder(t);
  const order = join(folder, 'fault');
  const daemon = await startDaemonProcess(t, {
    folder,
    workerEntry: new URL('../daemon/workers/faulty.ts', import.meta.url),
    environment: { SENTINEL_TEST_FAULT: order },
    config: `
      listener "http" { address "127.0.0.1:0" }
      route "bad" { matches { path-prefix "/bad" }; upstream "sick" }
      route "all" { upstream "origin" }
      upstream "origin" { target "127.0.0.1:${origin.port}" }
      upstream "sick" { static { status 503 } }
      observability { logging { audit-log { file "${join(folder, 'audit.log')}" } } }
      server { graceful-shutdown-timeout-secs 1 }`,
  });
  const port = Number(new URL(daemon.url()).port);
  return {
    daemon,
    fault(worker, word) {
      writeFileSync(`${order}.draft`, word);
      renameSync(`${order}.draft`, `${order}.${worker}`);
    },
    async ask(path, ...lines) {
      const client = await RawClient.connect(t, port);
      client.send(get(path, ...lines));
      const { status } = await client.response();
      client.socket.destroy();
      return status;
    },
    async hang(path = '/hang', ...lines) {
      const client = await RawClient.connect(t, port);
      client.send(get(path, ...lines));
      return client;
    },
  };
}

test('finished requests of all workers are found by filter, newest first, also those of workers that have died', async (t) => {
  const { daemon, ask, fault } = await started(t);
  for (let at = 0; at < 12; at++) assert.equal(await ask(`/bad/${at}`), 503);
  for (let at = 0; at < 4; at++) assert.equal(await ask(`/good/${at}`), 200);
  const { client } = daemon;
  const errors = async () => (await client.call('requests', { query: { kind: 'errors' } })).data;
  const before = await errors();
  const order = before.requests.map(({ path }) => Number(path.slice('/bad/'.length)));
  assert.deepEqual(
    order.toSorted((a, b) => b - a),
    Array.from({ length: 12 }, (_, at) => 11 - at),
  );
  // Workers tell the time to the millisecond: of two requests in one, either may come first.
  for (const [at, number] of order.entries())
    assert.ok(Math.abs(number - (11 - at)) <= 3, `${order} is not newest first`);
  assert.deepEqual([before.more, before.kept.errors.records, before.kept.errors.complete_since], [false, 12, null]);
  assert.equal(before.slow_ms, 1000);
  const all = (await client.call('requests', { query: { filter: 'status=5xx or path=/good/2' } })).data;
  assert.equal(all.requests.length, 13);
  const few = (await client.call('requests', { query: { filter: 'path~^/bad', limit: '5' } })).data;
  assert.deepEqual([few.requests.length, few.more], [5, true]);
  const old = (
    await client.call('requests', { query: { since: new Date(Date.parse(before.at) + 60_000).toISOString() } })
  ).data;
  assert.deepEqual(old.requests, []);
  for (const worker of [0, 1]) fault(worker, 'throw');
  for (const count of [1, 2]) await daemon.line('Worker replaced', count);
  assert.deepEqual((await errors()).requests, before.requests);
  assert.equal(await ask('/bad/later'), 503);
  assert.equal((await errors()).requests[0]?.path, '/bad/later');
  const ids = (await errors()).requests.map(({ id }) => id);
  assert.equal(new Set(ids).size, 13, 'no id is given twice');
});

test('what cannot be asked is refused with the place of the mistake', async (t) => {
  const { daemon } = await started(t);
  const wrong = async (path: string) => {
    const response = await fetch(`${daemon.adminUrl()}${path}`);
    return { status: response.status, problem: (await response.json()) as { code: string; problems?: string[] } };
  };
  const { status, problem } = await wrong('/admin/requests?filter=statsu%3D500');
  assert.deepEqual([status, problem.code], [400, 'SNT-A008']);
  assert.deepEqual(problem.problems, ['  statsu=500', '  ^^^^^^ there is no field "statsu"; did you mean status?']);
  for (const path of [
    'requests?kind=fast',
    'requests?limit=0',
    'requests?filter=path~x?&limit=0',
    'requests?since=noon',
    'inflight?filter=status=5xx',
  ]) {
    assert.equal((await wrong(`/admin/${path}`)).status, 400, path);
  }
});

test('requests under way are listed over all workers and ended by either id, and the audit log says by whom', async (t) => {
  const { daemon, hang, ask } = await started(t);
  const clients = await Promise.all(Array.from({ length: 6 }, (_, at) => hang(`/hang/${at}`)));
  const { client } = daemon;
  const list = async () => (await client.call('inflight')).data;
  await eventually(async () => assert.equal((await list()).total, 6));
  const { requests, unanswered } = await list();
  assert.deepEqual(unanswered, []);
  assert.deepEqual(
    requests.map(({ age_ms }) => age_ms),
    requests.map(({ age_ms }) => age_ms).sort((a, b) => b - a),
  );
  const [first, second] = requests;
  assert.ok(first !== undefined && second !== undefined);
  const { data } = await client.call('inflight-kill', { params: { id: first.id }, reason: 'holds a lock' });
  assert.equal(data.killed.path, first.path);
  await client.call('inflight-kill', { params: { id: second.correlation_id } });
  for (const { path } of [first, second]) await clients[Number(path.slice(6))]?.closed();
  await eventually(async () => assert.equal((await list()).total, 4));
  const audit = readFileSync(join(daemon.folder, 'audit.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(audit.length, 2);
  assert.deepEqual(
    ['action', 'result', 'reason', 'request', 'path'].map((field) => audit[0]?.[field]),
    ['inflight-kill', 'done', 'holds a lock', first.id, first.path],
  );
  assert.match(String(audit[0]?.['actor']), /^user /);
  await assert.rejects(client.call('inflight-kill', { params: { id: first.id } }), { code: 'SNT-A018' });
  await assert.rejects(client.call('inflight-kill', { params: { id: 'no-such-id' } }), { code: 'SNT-A018' });
  assert.equal(await ask('/good'), 200);
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.match(metrics, /^sentinel_errors_total\{cause="killed",source="proxy"\} 2$/m);
  assert.doesNotMatch(metrics, /^sentinel_errors_total\{.*source="upstream"\} [1-9]/m);
});

test('a worker that does not answer is named, and what it alone knows is not said to be known', async (t) => {
  const { daemon, fault } = await started(t);
  const { client } = daemon;
  assert.deepEqual((await client.call('inflight')).data.unanswered, []);
  fault(1, 'spin');
  await eventually(async () => assert.deepEqual((await client.call('inflight')).data.unanswered, [1]));
  await assert.rejects(client.call('inflight-kill', { params: { id: '1-1' } }), { code: 'SNT-A019' });
  await assert.rejects(client.call('inflight-kill', { params: { id: 'some-correlation-id' } }), { code: 'SNT-A019' });
  await assert.rejects(client.call('inflight-kill', { params: { id: '0-99' } }), { code: 'SNT-A018' });
});

test('a tap shows what matches as it ends, goes on when workers die, and each who taps has a filter of his own', async (t) => {
  const { daemon, ask, fault } = await started(t);
  const ending = new AbortController();
  t.after(() => ending.abort());
  const follow = (filter: string) => {
    const seen: string[] = [];
    const done = (async () => {
      for await (const { data } of daemon.client.stream(['requests'], { filter }, { signal: ending.signal })) {
        const news = data as TapNews;
        if (news.kind === 'request') seen.push(news.request.path);
      }
    })();
    return { seen, done };
  };
  const bad = follow('status=5xx');
  const good = follow('path=/good/a or path=/bad/a');
  // Whoever watches is there once he sees something.
  const until = async (tap: { readonly seen: string[] }, path: string) =>
    eventually(async () => {
      await ask(path);
      assert.ok(tap.seen.includes(path));
    });
  await until(bad, '/bad/first');
  await until(good, '/good/a');
  assert.equal(bad.seen.includes('/good/a'), false);
  for (const worker of [0, 1]) fault(worker, 'throw');
  for (const count of [1, 2]) await daemon.line('Worker replaced', count);
  await until(bad, '/bad/a');
  await eventually(() => assert.ok(good.seen.includes('/bad/a')));
  assert.deepEqual(
    bad.seen.filter((path) => !path.startsWith('/bad')),
    [],
  );
  ending.abort();
  await Promise.all([bad.done, good.done]);
});

test('of more matching requests than anybody reads the rest is counted', async (t) => {
  const { daemon } = await started(t);
  const port = Number(new URL(daemon.url()).port);
  const ending = new AbortController();
  let shown = 0;
  let skipped = 0;
  const tapped = (async () => {
    for await (const { data } of daemon.client.stream(
      ['requests'],
      { filter: 'path=/health' },
      { signal: ending.signal },
    )) {
      const news = data as TapNews;
      if (news.kind === 'request') shown++;
      else skipped += news.count;
    }
  })();
  const client = await RawClient.connect(t, port);
  let sent = 0;
  // Until the tap is there nothing of it is counted: what is sent is what is seen from some request on.
  await eventually(async () => {
    client.send(get('/health'));
    await client.response();
    sent++;
    assert.ok(shown > 0);
  });
  const before = sent;
  client.send(get('/health').repeat(2000));
  for (let at = 0; at < 2000; at++) await client.response();
  await eventually(() => {
    const all = shown + skipped;
    assert.ok(all >= 2000 && all <= before + 2000, `${shown} shown, ${skipped} skipped`);
    assert.ok(skipped > 0);
  });
  ending.abort();
  await tapped;
});
