/** `sentinel block` against a running daemon: what it says, as text and as JSON, and the status that it ends with. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDuration } from '../../src/base/units.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { callSentinel } from './command-line.ts';

interface Envelope {
  readonly status: string;
  readonly exit_code: number;
  readonly data: unknown;
  readonly findings: readonly { readonly code: string }[];
  readonly warnings: readonly string[];
}

test('an operator blocks, looks and takes back', async (t) => {
  const folder = testFolder(t);
  const file = join(folder, 'block.txt');
  writeFileSync(file, '198.51.100.0/24\n192.0.2.1\n');
  const security = `security { allow "10.1.0.0/16"; block "192.0.2.7"; block-file "${file}" }`;
  const daemon = await startDaemonProcess(t, { folder, config: staticConfig('hello', security) });
  const sentinel = (...args: string[]) => callSentinel([...args, '--daemon', daemon.socket]);

  const added = await sentinel('block', 'add', '203.0.113.9/24', '--for', '30m', '--reason', 'login\nflood');
  assert.equal(added.code, 0, added.stderr);
  assert.match(added.stdout, /^✓ 203\.0\.113\.0\/24 is blocked for 30m 00s, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\n/);
  assert.match(added.stdout, /undo: sentinel block remove 203\.0\.113\.0\/24\n$/);

  const wide = await sentinel('block', 'add', '10.0.0.0/8', '--confirm=10.0.0.0/8');
  assert.match(wide.stdout, /▲ the allow list wins: 10\.1\.0\.0\/16 stays served/);

  const listed = await sentinel('block', 'list');
  assert.equal(listed.code, 0);
  const lines = listed.stdout.split('\n');
  assert.match(lines[0] ?? '', /^ADDRESS +FROM +EXPIRES +BY +REASON$/);
  assert.match(lines[1] ?? '', /^203\.0\.113\.0\/24 +run time +in \S+ \S+ +user \S+ +login flood$/);
  assert.match(lines[2] ?? '', /^10\.0\.0\.0\/8 +run time +never +user \S+ +– \(allowed: 10\.1\.0\.0\/16\)$/);
  assert.match(lines[3] ?? '', /^192\.0\.2\.7 +configuration +never +– +–$/);
  assert.deepEqual(lines.slice(4), [`2 networks from ${file}`, 'never blocked: 10.1.0.0/16', '']);

  const envelope = JSON.parse((await sentinel('block', 'list', '--json')).stdout) as Envelope;
  assert.deepEqual([envelope.status, envelope.exit_code], ['ok', 0]);
  assert.equal((envelope.data as { blocks: unknown[] }).blocks.length, 2);

  assert.equal((await sentinel('block', 'remove', '203.0.113.0/24')).code, 0);
  const again = await sentinel('block', 'remove', '203.0.113.0/24');
  assert.deepEqual([again.code, again.stdout], [1, '']);
  assert.match(
    again.stderr,
    /^error\[SNT-A013\]: 203\.0\.113\.0\/24 was not blocked at run time\n {2}next: sentinel block list/,
  );
  const configured = await sentinel('block', 'remove', '192.0.2.7');
  assert.match(configured.stderr, /blocked by 192\.0\.2\.7/);
});

test('what needs a second word ends with 2 and names the flag; with it, it is done', async (t) => {
  const daemon = await startDaemonProcess(t);
  const sentinel = (...args: string[]) => callSentinel([...args, '--daemon', daemon.socket]);
  const refused = await sentinel('block', 'add', '127.0.0.1');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^error\[SNT-A012\]: 127\.0\.0\.1 is this machine itself; nothing was blocked\n/);
  assert.match(refused.stderr, /next: sentinel block add 127\.0\.0\.1 --confirm=127\.0\.0\.1\n/);
  const json = await sentinel('block', 'add', '127.0.0.1', '--json');
  assert.equal(json.code, 2);
  assert.equal((JSON.parse(json.stdout) as Envelope).findings[0]?.code, 'SNT-A012');
  assert.equal((await sentinel('block', 'add', '127.0.0.1', '--confirm=127.0.0.2')).code, 2);
  assert.equal((await sentinel('block', 'add', '127.0.0.1', '--confirm=127.0.0.1')).code, 0);
  assert.equal((await fetch(daemon.url())).status, 403);
  assert.equal((await sentinel('block', 'add', 'nonsense')).code, 1);
  for (const time of ['soon', '0s', '-1m', '30', '1m1h']) {
    const wrong = await sentinel('block', 'add', '203.0.113.7', `--for=${time}`);
    assert.equal(wrong.code, 2, time);
  }
});

test('times are written with their units', () => {
  const times = {
    '90s': 90_000,
    '30m': 1_800_000,
    '1h30m': 5_400_000,
    '7d': 604_800_000,
    '500ms': 500,
    '1m500ms': 60_500,
  };
  for (const [text, ms] of Object.entries(times)) assert.equal(parseDuration(text), ms, text);
  for (const text of ['', 'm', '1.5h', '1h1h', '1s1m', '1 m', '1w']) assert.equal(parseDuration(text), null, text);
});
