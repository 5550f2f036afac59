/** What `drain`, `undrain` and `drains` say and exit with, and what survives of a drain. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.ts';
import { callSentinel } from '../cli/command-line.ts';
import { downloadBytes, DrainScene } from './drain-scene.ts';

const checked =
  'health-check { type "http" { path "/health"; expected-status 200 }; interval-secs 1; timeout-secs 1; healthy-threshold 1 }';

test('below min-healthy a drain is refused with 1, needs its name with 2, and then leaves no target', async (t) => {
  const scene = await DrainScene.start(t, { settings: 'min-healthy "50%"' });
  const [one, other] = scene.targets.map(({ address }) => address) as [string, string];
  assert.equal((await scene.run(['drain', one, '--yes'])).code, 0);
  const refused = await scene.run(['drain', other, '--yes']);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /SNT-U005.*would leave api with 0\/2 healthy \(min-healthy 1\), nobody is left/);
  assert.ok(refused.stderr.includes(`sentinel drain ${other} --allow-below-min --confirm=${other}`));
  for (const words of [[], ['--yes'], [`--confirm=${one}`]]) {
    const unconfirmed = await scene.run(['drain', other, '--allow-below-min', ...words]);
    assert.deepEqual([unconfirmed.code, unconfirmed.stdout], [2, '']);
    assert.ok(unconfirmed.stderr.includes(`--confirm=${other} `), unconfirmed.stderr);
  }
  assert.deepEqual(new Set(await scene.ask(4)), new Set(['o1']));
  assert.equal((await scene.run(['drain', other, '--allow-below-min', `--confirm=${other}`])).code, 0);
  assert.deepEqual(await scene.ask(1), ['503']);
});

test('a dry run says in numbers what would be left, and does nothing', async (t) => {
  const scene = await DrainScene.start(t, { settings: 'load-balancing "ip_hash"' });
  const { address } = scene.target(0);
  const dry = await scene.run(['drain', address, '--dry-run']);
  assert.equal(dry.code, 0);
  assert.match(
    dry.stdout,
    /^· api: 1\/2 take requests then \(min-healthy 1\), est\. load on the rest \d+ %; now 0\/s, 0 in flight, 0 ws, \d+ idle sockets; its clients move to others\n✓ would be drained; nothing was done\n$/,
  );
  assert.match((await scene.run(['drains'])).stdout, /^no target is drained\n$/);
  const both = await scene.run(['drain', '127.0.0.1:*', '--dry-run']);
  assert.equal(both.code, 1);
  assert.match(both.stdout, /✗ api: 0\/2 take requests then .*nobody is left: all would answer 503/);
});

test('a pattern needs --all and its name, and drains every target that matches', async (t) => {
  const scene = await DrainScene.start(t, { targets: 3, settings: 'min-healthy 0' });
  const pattern = '127.0.0.1:*';
  const unsaid = await scene.run(['drain', pattern, '--yes', '--upstream', 'api']);
  assert.equal(unsaid.code, 1);
  assert.match(unsaid.stderr, /SNT-U010.*is a pattern and means 3 targets/);
  assert.equal((await scene.run(['drain', pattern, '--all', '--yes'])).code, 2);
  const all = await scene.run(['drain', pattern, '--all', `--confirm=${pattern}`]);
  assert.equal(all.code, 0, all.stderr);
  assert.equal(all.stdout.match(/✓ drained in/g)?.length, 3);
});

test('without somebody to ask and without --yes it is 2, on a terminal no is 1, and nothing happens', async (t) => {
  const scene = await DrainScene.start(t);
  const { address } = scene.target(0);
  const silent = await scene.run(['drain', address]);
  assert.deepEqual([silent.code, silent.stdout], [2, '']);
  assert.match(silent.stderr, /SNT-P047.*--yes/s);
  const no = await scene.run(['drain', address], { terminal: true, input: 'n' });
  assert.equal(no.code, 1);
  assert.match(no.stderr, /effect.*api: 1\/2 take requests then/);
  assert.match(no.stdout, /^not confirmed; \S+ takes requests as before\n$/);
  assert.deepEqual((await scene.daemon.client.call('drains')).data.drains, []);
  const unreachable = await callSentinel(['drain', address, '--yes'], {
    environment: { SENTINEL_ADMIN_SOCKET: `${scene.folder}/none.sock` },
  });
  assert.equal(unreachable.code, 3);
  const unknown = await scene.run(['drain', '10.9.9.9:80', '--yes']);
  assert.deepEqual([unknown.code, /SNT-U006.*there are 127\.0\.0\.1/.test(unknown.stderr)], [1, true]);
});

test('Ctrl-C goes away and says how to come back, and the same command comes back to the same drain', async (t) => {
  const scene = await DrainScene.start(t);
  const { address } = scene.target(0);
  const download = await scene.hold(0, '/download/1');
  const pressed = new AbortController();
  const watching = scene.run(['drain', address, '--yes', '--reason', 'first'], { interrupt: pressed.signal });
  await scene.daemon.line('Target draining');
  pressed.abort();
  const left = await watching;
  assert.equal(left.code, 130);
  assert.ok(
    left.stdout.endsWith(
      `detached: the drain goes on.   watch: sentinel drain ${address}   list: sentinel drains   undo: sentinel undrain ${address}\n`,
    ),
    left.stdout,
  );
  const { data } = await scene.daemon.client.call('drains');
  const [first] = data.drains;
  assert.ok(first);
  // Asked for again with harsher words, it is the same, and no harsher.
  const again = await scene.begin({ target: address, timeout_ms: 1, on_timeout: 'close', confirm: address });
  assert.deepEqual([again.attached, again.drains[0]?.id], [[first.id], first.id]);
  assert.deepEqual([again.drains[0]?.on_timeout, again.drains[0]?.deadline_at], ['wait', first.deadline_at]);
  const back = scene.run(['drain', `api/${address}`, '--json']);
  scene.release(0, '/download/1');
  assert.equal((await download.response()).body.length, downloadBytes);
  const { code, stdout } = await back;
  assert.equal(code, 0);
  const envelope = JSON.parse(stdout) as { schema: string; exit_code: number; data: { attached: string[] } };
  assert.deepEqual([envelope.schema, envelope.exit_code, envelope.data.attached], ['sentinel.drain/1', 0, [first.id]]);
});

test('on a terminal one line is brought up to date, with what it waits for below', async (t) => {
  const scene = await DrainScene.start(t);
  const { address } = scene.target(0);
  await scene.hold(0, '/download/1');
  const watching = scene.run(['drain', address, '--yes'], { terminal: true, columns: 100 });
  // The answer that the first line is made of has been given.
  await eventually(() => assert.ok(scene.daemon.lines().some((line) => line['dry_run'] === 'no')));
  scene.release(0, '/download/1');
  const { code, stdout } = await watching;
  assert.equal(code, 0);
  assert.match(stdout, /\n00:00 {2}in-flight 1→1 {3}ws 0 .*\n {7}waiting on: GET \/download\/1 \(/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what moves the cursor
  assert.match(stdout, /\x1b\[2A\x1b\[J00:0\d {2}in-flight 1→0/);
});

test('undrain asks the health check first, --force does not, and slow start follows', async (t) => {
  const scene = await DrainScene.start(t, { settings: `slow-start-secs 60; ${checked}` });
  const target = scene.target(0);
  await eventually(async () => {
    const { data } = await scene.daemon.client.call('upstream', { params: { name: 'api' } });
    assert.ok(data.targets.every(({ verdict }) => verdict === 'healthy'));
  });
  assert.equal((await scene.run(['drain', target.address, '--yes'])).code, 0);
  const asked = target.origin.requests.length;
  await eventually(() => assert.ok(target.origin.requests.length > asked, 'health checks go on'));
  target.healthy = false;
  const unfit = await scene.run(['undrain', target.address, '--yes']);
  assert.equal(unfit.code, 1);
  assert.match(unfit.stderr, /SNT-U008.*the check of api\/\S+ says answered 503/);
  assert.deepEqual(new Set(await scene.ask(6)), new Set(['o1']));
  target.healthy = true;
  const fit = await scene.run(['undrain', target.address, '--yes']);
  assert.equal(fit.code, 0, fit.stderr);
  assert.match(fit.stdout, /✓ \S+ takes requests again, its check passes \(answered 200\), its share grows for 1m/);
  const { data } = await scene.daemon.client.call('upstream', { params: { name: 'api' } });
  const [back] = data.targets;
  assert.deepEqual([back?.drain, back?.weight], [null, 2]);
  assert.ok((back?.share ?? 1) < 0.2, `a share of ${back?.share}`);
  assert.equal((await scene.run(['drain', target.address, '--yes'])).code, 0);
  target.healthy = false;
  assert.equal((await scene.run(['undrain', target.address, '--yes', '--force'])).code, 0);
  const gone = await scene.run(['undrain', target.address, '--yes']);
  assert.deepEqual([gone.code, /SNT-U007/.test(gone.stderr)], [1, true]);
});

test('undrain cancels a drain that goes on, and whoever watches it learns so', async (t) => {
  const scene = await DrainScene.start(t);
  const { address } = scene.target(0);
  const download = await scene.hold(0, '/download/1');
  const watching = scene.run(['drain', address, '--yes']);
  await scene.daemon.line('Target draining');
  assert.match((await scene.run(['undrain', address, '--yes'])).stdout, /✓ drain cancelled: \S+ takes requests again/);
  const { code, stdout } = await watching;
  assert.equal(code, 1);
  assert.match(stdout, /▲ somebody took \S+ back/);
  scene.release(0, '/download/1');
  assert.equal((await download.response()).body.length, downloadBytes);
  assert.match(await scene.metric('sentinel_drains_total{result="cancelled"}'), / 1$/);
});

test('lists show whose drain it is, and a target that is drained is no finding', async (t) => {
  const scene = await DrainScene.start(t);
  const { address } = scene.target(0);
  await scene.hold(0, '/download/1');
  assert.equal((await scene.run(['drain', address, '--yes', '--detach', '--reason', 'kernel patch'])).code, 0);
  const list = await scene.run(['drains']);
  assert.match(list.stdout, /d-[0-9a-f]{6} +127\.0\.0\.1:\d+ +api +◐ draining +\S+ +1 +0 +– +user \S+ +kernel patch/);
  const [id] = /d-[0-9a-f]{6}/.exec(list.stdout) ?? [];
  const one = await scene.run(['drains', id as string]);
  assert.match(one.stdout, /waiting on: GET \/download\/1/);
  const upstreams = await scene.run(['upstreams']);
  assert.equal(upstreams.code, 0);
  assert.match(upstreams.stdout, /◐ draining .*draining by user \S+ \(d-[0-9a-f]{6}: kernel patch\)/);
  assert.match((await scene.run(['status'])).stdout, /draining +◐ \S+ \(api\) draining, by user \S+: kernel patch/);
  const { code, stderr } = await scene.run(['drains', 'd-000000']);
  assert.deepEqual([code, /SNT-U007/.test(stderr)], [1, true]);
});

test('a drain survives reloads and a restart, and ends when a reload takes its target out', async (t) => {
  const scene = await DrainScene.start(t, { targets: 3 });
  const { address } = scene.target(0);
  const drained = await scene.begin({ target: address });
  const [drain] = drained.drains;
  assert.ok(drain);
  scene.daemon.writeConfig(scene.config.replaceAll('weight=2', 'weight=3'));
  assert.equal((await scene.run(['reload'])).code, 0);
  assert.deepEqual(new Set(await scene.ask(12)), new Set(['o1', 'o2']));
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await scene.restart(signal);
    assert.deepEqual(new Set(await scene.ask(12)), new Set(['o1', 'o2']), signal);
    const kept = await scene.drain(drain.id);
    assert.deepEqual([kept.state, kept.actor, kept.started_at], ['drained', drain.actor, drain.started_at]);
  }
  scene.daemon.writeConfig(scene.config.replace(address, scene.target(1).address.replace(/\d+$/, '1')));
  assert.equal((await scene.run(['reload'])).code, 0);
  assert.equal((await scene.drain(drain.id)).result, 'gone');
  await scene.daemon.line('A draining target left the configuration');
});

test('--persist writes weight 0 when it is drained, keeps comments, and undrain puts the weight back', async (t) => {
  const scene = await DrainScene.start(t);
  const { address } = scene.target(0);
  const file = () => readFileSync(scene.daemon.configFile, 'utf8');
  await scene.hold(0, '/download/1');
  const command = scene.run(['drain', address, '--yes', '--persist', '--reason', 'old']);
  await scene.daemon.line('Target draining');
  assert.equal(file(), scene.config, 'not before it is drained');
  scene.release(0, '/download/1');
  const { code, stdout, stderr } = await command;
  assert.equal(code, 0, stderr);
  const line = `  target "${address}" weight=2 // of the rack`;
  assert.ok(stdout.includes(`-${line}\n`) && stdout.includes(`+${line.replace('=2', '=0')}\n`), stdout);
  assert.equal(file(), scene.config.replace(line, line.replace('=2', '=0')));
  assert.equal((await scene.run(['undrain', address, '--yes'])).code, 0);
  assert.equal(file(), scene.config);
  assert.deepEqual(new Set(await scene.ask(8)), new Set(['o0', 'o1']));
});

test('--persist that cannot be written leaves the target drained, and says so with 1', async (t) => {
  const scene = await DrainScene.start(t);
  const { address } = scene.target(0);
  scene.daemon.writeConfig(`${scene.config}// somebody is at work here\n`);
  const { code, stdout } = await scene.run(['drain', address, '--yes', '--persist']);
  assert.equal(code, 1);
  assert.match(stdout, /✗ could not be done: /);
  assert.deepEqual(new Set(await scene.ask(4)), new Set(['o1']));
});

test('--then remove takes the target out of what runs, and with --persist out of the file', async (t) => {
  const scene = await DrainScene.start(t, { targets: 3 });
  const [one, other] = scene.targets.map(({ address }) => address) as [string, string];
  const first = await scene.run(['drain', one, '--yes', '--then', 'remove']);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /was removed\napi: \S+ removed while the daemon runs/);
  assert.ok(first.stdout.endsWith(`  undo: sentinel override clear target api/${one}\n`), first.stdout);
  assert.equal(readFileSync(scene.daemon.configFile, 'utf8'), scene.config);
  const addresses = async () => {
    const { data } = await scene.daemon.client.call('upstream', { params: { name: 'api' } });
    return data.targets.map(({ address }) => address);
  };
  assert.deepEqual(await addresses(), [other, scene.target(2).address]);
  const undone = await scene.run(['override', 'clear', 'target', `api/${one}`, '--yes']);
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual(await addresses(), [one, other, scene.target(2).address]);
  assert.equal((await scene.run(['drain', one, '--yes', '--then', 'remove'])).code, 0);
  const second = await scene.run(['drain', other, '--yes', '--then', 'remove', '--persist']);
  assert.equal(second.code, 0, second.stdout + second.stderr);
  assert.match(second.stdout, /\n {2}undo: sentinel config rollback\n$/);
  assert.ok(!readFileSync(scene.daemon.configFile, 'utf8').includes(other));
  assert.deepEqual(await addresses(), [scene.target(2).address]);
  assert.deepEqual((await scene.daemon.client.call('drains')).data.drains, []);
});
