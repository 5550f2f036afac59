/** `sentinel requests`, `inflight`, `tap` and `trace` against a running daemon, and without one. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type {
  InflightReply,
  KillReply,
  RequestRecord,
  RequestsReply,
  TapNews,
} from '../../src/admin/contract/request-shapes.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { deadPort, ok, type Script, startOrigin } from '../helpers/origin.ts';
import { get, RawClient, type RawResponse } from '../helpers/raw-http.ts';
import { callSentinel, type Ended, type RunOptions } from './command-line.ts';

interface Scene {
  readonly daemon: DaemonProcess;
  readonly accessLog: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The data of an envelope. */
  json<T>(...args: string[]): Promise<T>;
  ask(path: string): Promise<RawResponse>;
  hang(path: string): Promise<RawClient>;
}

const script: Script = {
  request: ({ connection, target }) => {
    if (!target.startsWith('/hang')) connection.send(ok('good'));
  },
};

/** One target answers, one refuses; `/sick` is a static 503. */
async function scene(t: TestContext): Promise<Scene> {
  const origin = await startOrigin(t, script);
  const folder = testFolder(t);
  const accessLog = join(folder, 'access.log');
  const daemon = await startDaemonProcess(t, {
    folder,
    config: `
      listener "http" { address "127.0.0.1:0" }
      route "sick" { matches { path-prefix "/sick" }; upstream "sick" }
      route "dead" { matches { path-prefix "/dead" }; upstream "dead" }
      route "all" { upstream "origin" }
      upstream "origin" { target "127.0.0.1:${origin.port}" }
      upstream "sick" { static { status 503 } }
      upstream "dead" { target "127.0.0.1:${await deadPort()}"; target "127.0.0.1:${await deadPort()}" }
      observability { logging { access-log { enabled #true; file "${accessLog}" } } }
      server { graceful-shutdown-timeout-secs 1 }`,
  });
  const port = Number(new URL(daemon.url()).port);
  const run: Scene['run'] = (args, options) => callSentinel([...args, '--daemon', daemon.socket], options);
  const hang = async (path: string) => {
    const client = await RawClient.connect(t, port);
    client.send(get(path));
    return client;
  };
  return {
    daemon,
    accessLog,
    run,
    json: async <T>(...args: string[]) => (JSON.parse((await run([...args, '--json'])).stdout) as { data: T }).data,
    async ask(path) {
      const client = await hang(path);
      const response = await client.response();
      client.socket.destroy();
      return response;
    },
    hang,
  };
}

test('requests lists what was kept, newest first, with how far back it reaches and what to type next', async (t) => {
  const { run, json, ask } = await scene(t);
  for (const path of ['/good?token=abc', '/sick', '/dead']) await ask(path);
  const { code, stdout } = await run(['requests']);
  assert.equal(code, 0);
  const [titles, ...rows] = stdout.split('\n');
  assert.match(titles as string, /^TIME \(UTC\) +STATUS +TOOK +CAUSE +TRIES +ROUTE +TARGET +CLIENT +OUT +ID +REQUEST$/);
  assert.match(rows[0] as string, /^\S+ +✗ +502 +\S+ +connect_refused +2 +dead .* GET a\.test\/dead$/);
  assert.match(rows[1] as string, /✗ +503 .* upstream_status .* GET a\.test\/sick$/);
  assert.match(rows[2] as string, /✓ +200 .* –.* GET a\.test\/good\?token=\[redacted\]$/);
  assert.match(stdout, /^kept: 2 errors; 0 slower than 1000 ms; 1 a sample of the rest$/m);
  const { requests } = await json<RequestsReply>('requests', '--errors', '--filter', 'route=dead');
  assert.deepEqual(
    requests.map(({ path }) => path),
    ['/dead'],
  );
  assert.match(stdout, new RegExp(`^next: sentinel trace ${requests.find(({ status }) => status >= 500)?.id}$`, 'm'));
  assert.match((await run(['requests', '--slow'])).stdout, /^no such requests\nkept: 2 errors;/);
  assert.match((await run(['requests', '--limit', '1'])).stdout, /^older ones that match are left out/m);
});

test('a slip in a filter is one of usage, with its place, in every command that takes one', async () => {
  for (const command of ['requests', 'inflight', 'tap']) {
    const { code, stderr } = await callSentinel([command, '--filter', 'phsae=wait']);
    assert.equal(code, 2, command);
    assert.match(stderr, /\n {2}phsae=wait\n {2}\^{5} /);
  }
  assert.equal((await callSentinel(['requests', '--errors', '--slow'])).code, 2);
  assert.equal((await callSentinel(['inflight', 'stop', '0-1'])).code, 2);
  assert.equal((await callSentinel(['inflight', 'kill'])).code, 2);
});

test('inflight shows what hangs, and kill ends it once somebody has agreed', async (t) => {
  const { run, json, hang, daemon } = await scene(t);
  assert.equal((await run(['inflight'])).stdout, 'no requests under way\n');
  const client = await hang('/hang/here');
  const [request] = await eventually(async () => {
    const { requests } = await json<InflightReply>('inflight', '--filter', 'phase=wait');
    assert.equal(requests.length, 1);
    return requests;
  });
  const id = request?.id as string;
  const { stdout } = await run(['inflight']);
  assert.match(
    stdout,
    new RegExp(` wait +all .* ${id} +GET a\\.test/hang/here\\n1 request under way\\nnext: sentinel trace ${id}\\n$`),
  );
  assert.match((await run(['inflight', '--filter', 'age>1h'])).stdout, /^none of 1 requests under way match\n$/);
  const unasked = await run(['inflight', 'kill', id]);
  assert.deepEqual([unasked.code, /--yes/.test(unasked.stderr)], [2, true]);
  const refused = await run(['inflight', 'kill', id], { terminal: true, input: 'n' });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /waits for the target to answer at 127\.0\.0\.1:\d+, 0 B sent; of client 127\.0\.0\.1/);
  assert.equal(client.ending, null);
  const asked = await run(['inflight', 'kill', id, '--reason', 'stuck'], { terminal: true, input: 'y' });
  assert.equal(asked.code, 0);
  assert.match(asked.stdout, /ended \d+-\d+: GET a\.test\/hang\/here, after \S+ in phase wait\n$/);
  await client.closed();
  const audit = await daemon.line('Admin action');
  assert.deepEqual([audit['action'], audit['reason'], audit['path']], ['inflight-kill', 'stuck', '/hang/here']);
  assert.equal((await run(['inflight', 'kill', id, '--yes'])).code, 1, 'it is gone');
  await hang('/hang/again');
  const [again] = await eventually(async () => {
    const { requests } = await json<InflightReply>('inflight');
    assert.equal(requests.length, 1);
    return requests;
  });
  const { killed } = await json<KillReply>('inflight', 'kill', again?.correlation_id as string, '--yes');
  assert.equal(killed.path, '/hang/again');
});

test('tap shows those that match as they end, for people and for programs, and ends with --limit or Ctrl-C', async (t) => {
  const { run, ask } = await scene(t);
  const asking = async (tapped: Promise<Ended>): Promise<Ended> => {
    let ended: Ended | null = null;
    void tapped.then((one) => (ended = one));
    // A tap that has not begun yet misses what ends now.
    return eventually(async () => {
      await ask('/good/quick');
      await ask('/sick/1');
      assert.ok(ended !== null);
      return ended;
    });
  };
  const people = await asking(run(['tap', '--filter', 'status=5xx', '--limit', '2']));
  assert.equal(people.code, 0);
  const lines = people.stdout.trimEnd().split('\n');
  assert.equal(lines.length, 2);
  for (const line of lines) assert.match(line, / ✗ 503 +\S+ GET a\.test\/sick\/1 route=sick cause=upstream_status /);
  const programs = await asking(run(['tap', '--json', '--filter', 'path~quick$ duration<10s', '--limit', '1']));
  const [schema, ...news] = programs.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly schema?: string } & TapNews);
  assert.equal(schema?.schema, 'sentinel.requests.stream/1');
  // On a busy machine it may say first that there was no time to judge some.
  assert.deepEqual(
    news.flatMap((one) => (one.kind === 'request' ? [one.request.path] : [])),
    ['/good/quick'],
  );
  const ending = new AbortController();
  const endless = run(['tap'], { interrupt: ending.signal });
  ending.abort();
  assert.equal((await endless).code, 130);
});

test('trace shows one request through records, tries and the access log, and says where it looked', async (t) => {
  const { run, ask, json, accessLog, hang } = await scene(t);
  const response = await ask('/dead/end');
  const id = response.header('x-correlation-id') as string;
  const { code, stdout } = await eventually(async () => {
    const ended = await run(['trace', id]);
    assert.match(ended.stdout, /the access log .*: 1 found/);
    return ended;
  });
  assert.equal(code, 0);
  assert.match(stdout, /^✗ GET a\.test\/dead\/end {2}502 connect_refused /);
  assert.match(stdout, / first {2}dead 127\.0\.0\.1:\d+ {2}connect_refused$/m);
  assert.match(stdout, / failover {2}dead 127\.0\.0\.1:\d+ {2}connect_refused$/m);
  assert.match(stdout, /✓ the records of the daemon \(every error since its start/);
  const traced = await json<{ requests: RequestRecord[]; access_lines: { correlation_id: string }[] }>('trace', id);
  assert.deepEqual([traced.requests.length, traced.access_lines[0]?.correlation_id], [1, id]);
  const short = traced.requests[0]?.id as string;
  assert.match((await run(['trace', short])).stdout, new RegExp(`correlation ${id} `));
  assert.match((await run(['trace', traced.requests[0]?.trace_id as string])).stdout, new RegExp(`correlation ${id} `));
  await hang('/hang/on');
  const [under] = await eventually(async () => {
    const { requests } = await json<InflightReply>('inflight');
    assert.equal(requests.length, 1);
    return requests;
  });
  assert.match(
    (await run(['trace', under?.id as string])).stdout,
    /under way for \S+: waits for the target to answer\n/,
  );
  const none = await run(['trace', 'no-such-id']);
  assert.equal(none.code, 1);
  assert.match(none.stdout, /^nothing is known of no-such-id\n/);
  assert.match((await run(['trace', 'no-such-id', '--json'])).stdout, /"SNT-P050"/);
  rmSync(accessLog);
  const blind = await run(['trace', id]);
  assert.equal(blind.code, 3, 'a source could not be looked at');
  assert.match(blind.stdout, /\? the access log: cannot read .*access\.log/);
  assert.match(blind.stdout, /✓ the records of the daemon/);
});

test('without a daemon trace reads the access log that the configuration names, and does not say that it knows all', async (t) => {
  const { daemon, run, ask, accessLog } = await scene(t);
  const id = (await ask('/dead/end')).header('x-correlation-id') as string;
  daemon.child.kill('SIGTERM');
  await daemon.ended();
  const { code, stdout } = await run(['trace', id, '-c', daemon.configFile]);
  assert.equal(code, 3);
  assert.match(stdout, /\? the records of the daemon: no daemon answers/);
  assert.ok(stdout.includes(`✓ the access log ${accessLog}: 1 found`));
  for (const command of ['requests', 'inflight', 'tap']) assert.equal((await run([command])).code, 3, command);
});
