/** `sentinel override`, `maintenance` and `target` against a running daemon: what they say, ask and end with. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startDaemonProcess } from '../helpers/daemon.ts';
import { callSentinel, type RunOptions } from './command-line.ts';

const config = `listener "http" { address "127.0.0.1:0" }
route "api" { upstream "app"; fallback-upstream "sorry" }
upstream "app" {
    target "127.0.0.1:1" weight=2
    target "127.0.0.1:2"
}
upstream "sorry" { static { status 200; body "sorry" } }
limits { max-connections-per-client 50 }
`;

async function scene(t: TestContext) {
  const daemon = await startDaemonProcess(t, { workers: 1, config });
  const sentinel = (line: string, options: RunOptions = {}) =>
    callSentinel([...line.split(' '), '--daemon', daemon.socket], options);
  return { daemon, sentinel };
}

test('an override says what it replaces, until when, and what undoes it; the list and the way back are what it says', async (t) => {
  const { sentinel } = await scene(t);
  const set = await sentinel(
    'override limits max-connections-per-client=20 max-body-size-bytes=20MB --for 30m --reason flood --yes',
  );
  assert.equal(set.code, 0, set.stderr);
  const lines = set.stdout.split('\n');
  assert.match(
    lines[0] ?? '',
    /^✓ limits max-connections-per-client: 20 \(the file says 50\) for 30m 00s, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/,
  );
  assert.equal(lines[1], '  undo: sentinel override clear limits max-connections-per-client');
  assert.match(set.stdout, /▲ limits max-body-size-bytes allows more than the file: 20000000 in place of 10485760\n/);
  for (const line of [
    'override rate-limit api 10 burst=20 --yes',
    'override rate-limit --all-routes requests-per-second=5 --yes',
    'override timeout api 1m --yes',
    'override timeout app connect-secs=1 --yes',
    'override fallback api --yes',
    'override weight app/127.0.0.1:1 5 --for ever --yes',
  ]) {
    const { code, stderr } = await sentinel(line);
    assert.equal(code, 0, `${line}: ${stderr}`);
  }
  const { stdout } = await sentinel('override list');
  assert.match(stdout.split('\n')[0] ?? '', /^KIND +SUBJECT +VALUE +FILE SAYS +LEFT +BY +REASON$/);
  assert.match(stdout, /^fallback +api +sorry +app +\S+ \S+ +user \S+ +–$/m);
  assert.match(stdout, /^timeout +api timeout-secs +60 +0 \(off\) /m);
  assert.match(stdout, /^timeout +app connect-secs +1 +5 /m);
  assert.match(stdout, /^weight +app\/127\.0\.0\.1:1 +5 +2 +– /m);
  assert.match(
    (await sentinel('status')).stdout,
    /^overrides +1 fallback, 2 limits, 2 rate-limit, 2 timeout, 1 weight set/m,
  );
  const undo = await sentinel('override clear limits max-connections-per-client --yes');
  assert.match(undo.stdout, /^✓ limits max-connections-per-client: 50 again, as the file says\n$/);
  const again = await sentinel('override clear limits max-connections-per-client --yes');
  assert.deepEqual([again.code, again.stdout], [1, '']);
  assert.match(again.stderr, /^error\[SNT-A013\]: nothing is set for limits max-connections-per-client\n/);
  assert.equal((await sentinel('override clear --all --yes')).code, 0);
  assert.match((await sentinel('override list')).stdout, /^nothing is set at run time/);
});

test('without a terminal a change needs --yes, and what hits everybody its name; on one it asks', async (t) => {
  const { daemon, sentinel } = await scene(t);
  const alone = await sentinel('override fallback api');
  assert.equal(alone.code, 2);
  assert.match(alone.stderr, /SNT-P047.*nothing was done\n {2}next: give --yes/);
  const unsaid = await sentinel('override limits --yes');
  assert.deepEqual([unsaid.code, unsaid.stdout], [2, '']);
  assert.match(unsaid.stderr, /no limit is named.*\n {2}next: sentinel override limits --help\n/);
  const over = await sentinel('maintenance off --all');
  assert.equal(over.code, 1);
  assert.match(
    over.stderr,
    /SNT-A013.*no order puts all routes under maintenance; nothing was taken back\n {2}next: sentinel maintenance\n/,
  );
  const all = await sentinel('maintenance on --all --yes');
  assert.equal(all.code, 2);
  assert.match(all.stderr, /next: give --confirm=all if/);
  const no = await sentinel('override fallback api', { terminal: true, input: 'n' });
  assert.equal(no.code, 1);
  assert.match(no.stderr, /override fallback api: sorry/);
  assert.match(no.stderr, /undo .* sentinel override clear fallback api\n/);
  assert.deepEqual((await daemon.client.call('overrides')).data.overrides, []);
  assert.equal((await sentinel('override fallback api', { terminal: true, input: 'y' })).code, 0);
  assert.equal((await sentinel('maintenance on --all', { terminal: true, input: 'all\n' })).code, 0);
  assert.equal((await fetch(daemon.url())).status, 503);
});

test('maintenance begins with a page from a file, says that it is on, and ends', async (t) => {
  const { daemon, sentinel } = await scene(t);
  const page = join(daemon.folder, 'down.html');
  writeFileSync(page, '<h1>ours</h1>');
  const begun = await sentinel(
    `maintenance on --route api --page ${page} --retry-after 15m --allow 10.0.0.0/8 --for 1h --reason schema --yes`,
  );
  assert.equal(begun.code, 0, begun.stderr);
  assert.match(begun.stdout, /\n {2}undo: sentinel maintenance off --route api\n$/);
  const reply = await fetch(daemon.url());
  assert.deepEqual([reply.status, reply.headers.get('retry-after'), await reply.text()], [503, '900', '<h1>ours</h1>']);
  const state = await sentinel('maintenance');
  assert.match(state.stdout, /^⏸ maintenance api for (?:1h 00m|59m \d\ds), until .*, by user \S+: schema\n/);
  assert.match((await sentinel('status')).stdout, /^maintain +⏸ api for /m);
  const json = JSON.parse((await sentinel('maintenance --json')).stdout) as { data: { overrides: unknown[] } };
  assert.equal(json.data.overrides.length, 1);
  assert.equal((await sentinel('maintenance off')).stdout, '✓ maintenance api: over, served again\n');
  assert.match((await sentinel('maintenance')).stdout, /^✓ no route is under maintenance\n$/);
  writeFileSync(page, 'x'.repeat(65_537));
  assert.equal((await sentinel(`maintenance on --route api --page ${page} --yes`)).code, 2);
  assert.equal((await sentinel('maintenance on --route api --page /nowhere.html --yes')).code, 2);
  assert.equal((await sentinel('maintenance on --yes')).code, 2);
});

test('targets change while the daemon runs, or in the file with the line that differs', async (t) => {
  const { daemon, sentinel } = await scene(t);
  const added = await sentinel('target add app 127.0.0.1:3 4 --yes');
  assert.match(
    added.stdout,
    /^✓ target app\/127\.0\.0\.1:3: added, weight 4 .* until it is taken back\n {2}undo: sentinel target remove app 127\.0\.0\.1:3\n$/,
  );
  assert.equal(
    (await sentinel('target remove app 127.0.0.1:3 --yes')).stdout,
    '✓ target app/127.0.0.1:3: taken back, the file says nothing of it\n',
  );
  assert.equal((await sentinel('target remove app 127.0.0.1:1 --yes')).code, 0);
  const back = await sentinel('target add app 127.0.0.1:1 --yes');
  assert.match(back.stdout, /^✓ target app\/127\.0\.0\.1:1: weight 2 again, as the file says\n/);
  assert.match((await sentinel('override list')).stdout, /^nothing is set at run time/);
  const persisted = await sentinel('target weight app 127.0.0.1:1 0 --persist --yes');
  assert.equal(persisted.code, 0, persisted.stderr);
  assert.match(
    persisted.stdout,
    /in force as generation 2\n {2}-.*weight=2\n {2}\+.*weight=0\n {2}undo: sentinel target weight app 127\.0\.0\.1:1 2 --persist\n$/,
  );
  assert.equal(readFileSync(daemon.configFile, 'utf8'), config.replace('weight=2', 'weight=0'));
  const last = await sentinel('target remove app 127.0.0.1:2 --yes');
  assert.deepEqual([last.code, last.stdout], [1, '']);
  assert.match(
    last.stderr,
    /SNT-A036.*\n {2}next: sentinel target remove app 127\.0\.0\.1:2 --confirm=127\.0\.0\.1:2\n/,
  );
  assert.equal((await sentinel('target remove app 127.0.0.1:2 --confirm=127.0.0.1:2')).code, 0);
});

test('a command line that makes no sense is a usage error with the next command to type', async (t) => {
  const { sentinel } = await scene(t);
  for (const line of [
    'override limits nonsense --yes',
    'override limits max-uri-bytes=1 max-uri-bytes=2 --yes',
    'override limits max-uri-bytes=1 --for 8d --yes',
    'override rate-limit requests-per-second=5 --yes',
    'override clear --yes',
    'override clear block 10.0.0.1 --yes',
    'maintenance begin',
    'target weight app 127.0.0.1:1 heavy --yes',
    'target add app 127.0.0.1:9 --persist --for 1h --yes',
  ]) {
    const { code, stderr } = await sentinel(line);
    assert.equal(code, 2, line);
    assert.match(stderr, /^error\[SNT-P040\]: .*\n {2}next: sentinel /, line);
  }
});
