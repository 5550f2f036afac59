/** `drain --rolling`: one target after the other is drained, worked on, and taken back; the first failure stops it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandWords, filled, placesOf } from '../../src/cli/drains/command-words.ts';
import { eventually } from '../helpers/eventually.ts';
import { DrainScene } from './drain-scene.ts';

const health =
  'health-check { type "http" { path "/health"; expected-status 200 }; interval-secs 1; timeout-secs 1; healthy-threshold 1; unhealthy-threshold 1 }';

/** A program that writes down what it was run for, and fails where it is told to. */
function program(scene: DrainScene): {
  readonly words: string;
  readonly log: () => string[];
  readonly failing: string;
} {
  const [log, failing, file] = ['log', 'failing', 'work.sh'].map((name) => join(scene.folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    file,
    `echo "$SENTINEL_TARGET $SENTINEL_UPSTREAM $1 $2" >> "${log}"; echo "working on $1"; ! grep -qs "$SENTINEL_TARGET" "${failing}"`,
  );
  return {
    words: `sh '${file}' {host}:{port} "two words"`,
    log: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    failing,
  };
}

const stepsOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { target?: string; step?: string })
    .slice(1)
    .map(({ target, step }) => `${target} ${step}`);

test('every target in turn is drained, worked on by the command, and taken back', async (t) => {
  const scene = await DrainScene.start(t, { targets: 3, settings: health });
  const work = program(scene);
  const transcript = join(scene.folder, 'steps');
  const words = ['drain', '--rolling', 'api', '--exec', work.words, '--yes', '--transcript', transcript];
  const { code, stdout, stderr } = await scene.run(words);
  assert.equal(code, 0, stdout + stderr);
  const addresses = scene.targets.map(({ address }) => address);
  assert.deepEqual(
    work.log(),
    addresses.map((address) => `${address} api ${address} two words`),
  );
  for (const address of addresses) assert.ok(stdout.includes(`${address} | working on ${address}\n`));
  assert.match(stdout, /✓ 3 of 3 targets of api done {3}transcript /);
  const turn = ['draining', 'drained', 'ran', 'returned'];
  assert.deepEqual(
    stepsOf(transcript),
    addresses.flatMap((address) => turn.map((step) => `${address} ${step}`)),
  );
  assert.deepEqual((await scene.daemon.client.call('drains')).data.drains, []);
});

test('the first failure stops it with 1 and leaves the target drained; --resume does the rest', async (t) => {
  const scene = await DrainScene.start(t, { targets: 3 });
  const work = program(scene);
  const [first, second, third] = scene.targets.map(({ address }) => address) as [string, string, string];
  writeFileSync(work.failing, second);
  const transcript = join(scene.folder, 'steps');
  const stopped = await scene.run([
    'drain',
    '--rolling',
    'api',
    '--exec',
    work.words,
    '--yes',
    '--transcript',
    transcript,
  ]);
  assert.equal(stopped.code, 1);
  assert.match(stopped.stdout, /✗ stopped after 1 of 3: \S+: sh exited with 1; what drains stays as it is/);
  assert.ok(stopped.stdout.includes(`--resume ${transcript}`));
  const { data } = await scene.daemon.client.call('drains');
  assert.deepEqual(
    data.drains.map(({ target, state }) => [target, state]),
    [[second, 'drained']],
  );
  assert.deepEqual(new Set(await scene.ask(12)), new Set(['o0', 'o2']));
  writeFileSync(work.failing, '');
  const resumed = await scene.run(['drain', '--rolling', 'api', '--exec', work.words, '--yes', '--resume', transcript]);
  assert.equal(resumed.code, 0, resumed.stdout + resumed.stderr);
  assert.match(resumed.stdout, /✓ 3 of 3 targets/);
  assert.deepEqual(
    work.log().map((line) => line.split(' ')[0]),
    [first, second, second, third],
  );
  const foreign = await scene.run(['drain', '--rolling', 'api', '--exec', 'true', '--yes', '--resume', work.failing]);
  assert.equal(foreign.code, 2);
});

test('with --pause-on-error it waits until the failed target was taken back by hand, and goes on', async (t) => {
  const scene = await DrainScene.start(t, { targets: 2 });
  const work = program(scene);
  const [first, second] = scene.targets.map(({ address }) => address) as [string, string];
  writeFileSync(work.failing, first);
  const transcript = join(scene.folder, 'steps');
  const running = scene.run([
    'drain',
    '--rolling',
    'api',
    '--exec',
    work.words,
    '--yes',
    '--pause-on-error',
    '--transcript',
    transcript,
  ]);
  await eventually(() => assert.ok(existsSync(transcript) && stepsOf(transcript).includes(`${first} failed`)));
  assert.equal((await scene.run(['undrain', first, '--yes'])).code, 0);
  const { code, stdout } = await running;
  assert.equal(code, 0, stdout);
  assert.deepEqual(
    work.log().map((line) => line.split(' ')[0]),
    [first, second],
  );
});

test('--max-parallel takes as many at once as min-healthy leaves, and waits with the others', async (t) => {
  const scene = await DrainScene.start(t, { targets: 3, settings: 'min-healthy 2' });
  const work = program(scene);
  const transcript = join(scene.folder, 'steps');
  const words = ['drain', '--rolling', 'api', '--exec', work.words, '--yes', '--max-parallel', '3'];
  const { code, stdout } = await scene.run([...words, '--transcript', transcript]);
  assert.equal(code, 0, stdout);
  assert.equal(work.log().length, 3);
  let out = 0;
  for (const step of stepsOf(transcript)) {
    if (step.endsWith(' draining')) out++;
    if (step.endsWith(' returned')) out--;
    assert.ok(out <= 1, 'two of three were out');
  }
  for (const wrong of ['0', '65', 'x']) {
    assert.equal((await scene.run(['drain', '--rolling', 'api', '--exec', 'true', '--max-parallel', wrong])).code, 2);
  }
  assert.equal((await scene.run(['drain', '--rolling', 'api', '--yes'])).code, 2);
});

test('the words of a command are those of a shell, and what stands for them is never taken apart', () => {
  assert.deepEqual(commandWords(`ssh {host} 'a b' "c 'd'" e\\ f ''`), ['ssh', '{host}', 'a b', "c 'd'", 'e f', '']);
  assert.deepEqual(commandWords('echo $(id) ; ls | wc > /tmp/x'), [
    'echo',
    '$(id)',
    ';',
    'ls',
    '|',
    'wc',
    '>',
    '/tmp/x',
  ]);
  for (const wrong of ['', '  ', "'open", '"open', "''"])
    assert.throws(() => commandWords(wrong), /--exec cannot be run/);
  const places = placesOf('a b', '[2001:db8::1]:80');
  assert.deepEqual(filled(['{host}', 'x{port}y', '{upstream}', '{target}', '{other}'], places), [
    '2001:db8::1',
    'x80y',
    'a b',
    '[2001:db8::1]:80',
    '{other}',
  ]);
});
