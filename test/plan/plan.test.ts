/** What a change would do, asked before it is made: `config plan`, `config diff` and the endpoints behind them, over a whole daemon. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { PlanReply } from '../../src/admin/contract/plan-shapes.ts';
import { callSentinel, type Ended } from '../cli/command-line.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { startOrigin } from '../helpers/origin.ts';

const configOf = (port: number, { timeout = 30, more = '', listener = 'address "127.0.0.1:0"' } = {}): string => `
listener "http" { ${listener} }
route "api" { matches { path-prefix "/api" }; upstream "app"; policies { timeout-secs ${timeout} } }
upstream "app" { target "127.0.0.1:${port}" }
${more}`;

/** In this process: with the socket of the daemon, and nothing else of the environment. */
function ask(daemon: DaemonProcess, args: readonly string[], input = ''): Promise<Ended> {
  const environment = { SENTINEL_DAEMON: daemon.socket, SENTINEL_CONFIG: daemon.configFile };
  return callSentinel(args, { environment, input });
}

async function planned(daemon: DaemonProcess, text: string): Promise<PlanReply> {
  const { data } = await daemon.client.call('config-plan', { body: { to: { kind: 'text', text } } });
  return data;
}

test('a plan tells what differs, what goes through it now, and changes nothing', async (t) => {
  const origin = await startOrigin(t, { request: () => {} });
  const before = configOf(origin.port);
  const daemon = await startDaemonProcess(t, { config: before });
  const url = new URL(daemon.url());
  const waiting = connect(Number(url.port), url.hostname);
  t.after(() => waiting.destroy());
  waiting.write('GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => origin.requests.length === 1);

  const after = configOf(origin.port + 1, { timeout: 60, more: 'listener "two" { address "127.0.0.1:0" }' });
  // Rates are known from the first second on.
  const reply = await eventually(async () => {
    const found = await planned(daemon, after);
    assert.equal(typeof found.changes[1]?.impact?.requests_per_s, 'number');
    return found;
  });
  assert.deepEqual(
    reply.changes.map(({ words }) => words),
    [
      '+ listener two (address 127.0.0.1:0)',
      '~ route api timeout 30s→60s',
      `+ target 127.0.0.1:${origin.port + 1} of app`,
      `- target 127.0.0.1:${origin.port} of app`,
    ],
  );
  const impact = (words: RegExp) => reply.changes.find((change) => words.test(change.words))?.impact;
  assert.equal(impact(/^- target/)?.in_flight, 1);
  assert.equal(impact(/^\+ target/), null);
  assert.deepEqual(reply.generation, { from: 1, to: 2 });
  assert.deepEqual(
    reply.listeners.opened.map(({ id }) => id),
    ['two'],
  );
  assert.deepEqual(reply.listeners.closed, []);
  assert.deepEqual(reply.refusals, []);
  const status = await daemon.client.call('status');
  assert.equal(status.data.generation, 1);
  assert.equal(status.data.config.digest_disk, status.data.config.digest_running);

  writeFileSync(join(daemon.folder, 'new.kdl'), after);
  const shown = await ask(daemon, ['config', 'plan', join(daemon.folder, 'new.kdl'), '--exit-code']);
  assert.equal(shown.code, 5, shown.stderr);
  assert.match(shown.stdout, /^- target 127\.0\.0\.1:\d+ of app \([\d.]+ rps, 1 in-flight\)$/m);
  assert.match(shown.stdout, /^4 changes, generation 1→2$/m);
});

test('a listener that goes is told with the connections that it has', async (t) => {
  const two = 'listener "two" { address "127.0.0.1:0" }';
  const daemon = await startDaemonProcess(t, { config: configOf(9, { more: two }) });
  const url = new URL(daemon.url('two'));
  const client = connect(Number(url.port), url.hostname);
  t.after(() => client.destroy());
  await eventually(async () => {
    const { listeners } = await planned(daemon, configOf(9));
    assert.deepEqual(listeners.opened, []);
    assert.deepEqual(
      listeners.closed.map(({ id, open_connections: open }) => [id, open]),
      [['two', 1]],
    );
  });
});

test('what cannot change while the daemon runs is told, and is a problem', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configOf(9) });
  const moved = configOf(9, { more: `state-dir "${join(daemon.folder, 'elsewhere')}"` });
  const file = join(daemon.folder, 'moved.kdl');
  writeFileSync(file, moved);
  const plan = await ask(daemon, ['config', 'plan', file, '--json']);
  assert.equal(plan.code, 1);
  assert.match(JSON.parse(plan.stdout).data.refusals[0], /^state-dir cannot change while the process runs/);
});

test('what a file gets wrong is told in the name of that file, and apply asks nobody about it', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configOf(9) });
  const file = join(daemon.folder, 'new.kdl');
  writeFileSync(file, `${configOf(9)}route "b" { upstream "app"; expect { request "GET" "/api/x" } }`);
  const plan = await ask(daemon, ['config', 'plan', file]);
  assert.equal(plan.code, 1, plan.stderr);
  assert.ok(plan.stdout.includes(`✗ would be refused now: ${file}:5:`), plan.stdout);
  assert.ok(plan.stdout.endsWith(`  next: sentinel validate --live ${file}\n`), plan.stdout);
  const applied = await ask(daemon, ['config', 'apply', file]);
  assert.equal(applied.code, 1, applied.stderr);
  assert.ok(applied.stdout.includes(`✗ ${file}:5:`), applied.stdout);
  assert.match(applied.stdout, /\nnothing was applied; generation 1 runs on\n {2}next: sentinel validate --live /);
});

test('validate --live without a name asks about the file of the daemon', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configOf(9) });
  const environment = { SENTINEL_DAEMON: daemon.socket };
  const well = await callSentinel(['validate', '--live'], { environment });
  assert.deepEqual([well.code, well.stderr], [0, '']);
  assert.match(well.stdout, /^✓ the daemon at .* \(generation 1\) would put it in force$/m);
  daemon.writeConfig('route "a" { upstream "nobody" }');
  const wrong = await callSentinel(['validate', '--live'], { environment });
  assert.equal(wrong.code, 1, wrong.stderr);
  assert.match(wrong.stdout + wrong.stderr, /SNT-C140/);
});

test('what differs on disk is what a reload would change', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configOf(9) });
  const same = await ask(daemon, ['config', 'plan', '--exit-code']);
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stdout, /^✓ the file on disk says what runs \(generation 1\)$/m);
  daemon.writeConfig(configOf(9, { timeout: 45 }));
  for (const args of [
    ['config', 'plan'],
    ['config', 'diff'],
  ]) {
    const differs = await ask(daemon, [...args, '--exit-code']);
    assert.equal(differs.code, 5, differs.stderr);
    assert.match(differs.stdout, /^~ route api timeout 30s→45s/m);
  }
  await daemon.client.call('config-reload');
  assert.equal((await ask(daemon, ['config', 'diff', '--exit-code'])).code, 0);
  const since = await ask(daemon, ['config', 'diff', '1', '--json']);
  assert.equal(since.code, 0, since.stderr);
  const { data } = JSON.parse(since.stdout);
  assert.deepEqual([data.from.generation, data.to.generation], [1, 2]);
  assert.deepEqual(
    data.changes.map(({ words }: { words: string }) => words),
    ['~ route api timeout 30s→45s'],
  );
});

test('a candidate with mistakes is refused with each of them, and says nothing of a plan', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configOf(9) });
  const wrong = 'route "a" { upstream "nobody" }\nroute "b" { upstream "no-one" }';
  for (const args of [
    ['config', 'plan', '-'],
    ['config', 'plan', '-', '--json'],
    ['config', 'diff', '-'],
  ]) {
    const refused = await ask(daemon, args, wrong);
    assert.equal(refused.code, 1, args.join(' '));
    assert.match(refused.stdout, /nobody/);
    assert.match(refused.stdout, /no-one/);
  }
  const { data } = await daemon.client.call('config-validate', { body: { of: { kind: 'text', text: wrong } } });
  assert.deepEqual([data.accepted, data.valid, data.problems.length], [false, false, 2]);
  assert.match(
    data.problems[0] ?? '',
    /^<candidate>:1:22: error\[SNT-C140\]/,
    'it is not the file on disk that is wrong',
  );
  const { data: disk } = await daemon.client.call('config-validate');
  assert.deepEqual([disk.accepted, disk.valid, disk.problems], [true, true, []]);
});

test('a candidate is read as if it stood in the file of the daemon', async (t) => {
  const folder = testFolder(t);
  writeFileSync(join(folder, 'upstreams.kdl'), 'upstream "included" { static { status 204 } }');
  const daemon = await startDaemonProcess(t, { folder, config: configOf(9) });
  const text = configOf(9, {
    more: 'include "upstreams.kdl"\nroute "more" { upstream "included"; matches { path "/more" } }',
  });
  const reply = await planned(daemon, text);
  assert.deepEqual(
    reply.changes.map(({ words }) => words),
    ['+ route more (path /more, upstream included)', '+ upstream included (static status 204)'],
  );
});

test('a configuration of several megabytes can be planned', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configOf(9) });
  const reply = await planned(daemon, `${configOf(9)}\n${`// "${'x'.repeat(98)}\n`.repeat(40_000)}`);
  assert.deepEqual(reply.changes, []);
});

test('two files are compared without a daemon', async (t) => {
  const folder = testFolder(t);
  const [one, other] = [join(folder, 'a.kdl'), join(folder, 'b.kdl')];
  writeFileSync(one, configOf(9));
  writeFileSync(other, configOf(9, { timeout: 31 }));
  const options = { environment: { SENTINEL_DAEMON: join(folder, 'no.sock') } };
  const files = await callSentinel(['config', 'diff', one, other, '--exit-code'], options);
  const expected = `~ route api timeout 30s→31s\n1 change from ${one} to ${other}\n`;
  assert.deepEqual([files.code, files.stdout], [5, expected], files.stderr);
  const same = await callSentinel(['config', 'diff', one, one, '--exit-code'], options);
  assert.equal(same.code, 0);
  const running = await callSentinel(['config', 'diff', 'running', other], options);
  assert.equal(running.code, 3);
});

test('generations are compared after the daemon has gone', async (t: TestContext) => {
  const state = testFolder(t);
  const daemon = await startDaemonProcess(t, {
    config: configOf(9, { more: `state-dir "${state}"` }),
  });
  daemon.writeConfig(configOf(9, { timeout: 32, more: `state-dir "${state}"` }));
  await daemon.client.call('config-reload');
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  const { code, stdout, stderr } = await ask(daemon, ['config', 'diff', '1', '2', '--exit-code']);
  assert.equal(code, 5, stderr);
  assert.match(stdout, /^~ route api timeout 30s→32s$/m);
  const gone = await ask(daemon, ['config', 'diff', '1', '9']);
  assert.match(gone.stderr, /SNT-P018/);
  assert.notEqual(gone.code, 0);
});
