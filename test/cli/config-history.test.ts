/** `sentinel config history`: with a daemon, and from its folder without one. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemonProcess, staticConfig } from '../helpers/daemon.ts';
import { callSentinel } from './command-line.ts';

test('the history is a table with marks, one generation is its texts, and without a daemon the folder is read', async (t) => {
  // Named in the file, so that the command finds the folder as it does for an operator.
  const config = (body: string) => staticConfig(body, 'state-dir "state"');
  const daemon = await startDaemonProcess(t, { workers: 1, config: config('one') });
  daemon.writeConfig(config('two'));
  await daemon.client.call('config-reload', { reason: 'the second' });
  const environment = { SENTINEL_ADMIN_SOCKET: daemon.socket, SENTINEL_CONFIG: daemon.configFile };
  const sentinel = (...args: string[]) => callSentinel(['config', 'history', ...args], { environment });

  const table = await sentinel();
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, /^GEN +WHEN +BY +ORIGIN +DIGEST +FILES +MARKS +REASON$/m);
  assert.match(table.stdout, /^ +2 .* reload +[0-9a-f]{12} +1 +running +the second$/m);
  assert.match(table.stdout, /^ +1 .* start +start +[0-9a-f]{12} +1 +backup +–$/m);
  assert.match(table.stdout, /sentinel config diff 1 2 .* sentinel config rollback 1$/m);
  const text = await sentinel('1');
  assert.ok(text.stdout.includes(config('one').trim()), text.stdout);
  const missing = await sentinel('9');
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /SNT-P018/);
  assert.equal((await sentinel('nine')).code, 2);

  daemon.child.kill('SIGKILL');
  await daemon.ended();
  // Also where the file is broken by now: where the history is can still be read from it.
  writeFileSync(daemon.configFile, `${config('three')}\nroute "all" { nonsense #true }\n`);
  const alone = await sentinel();
  assert.equal(alone.code, 0, alone.stderr);
  assert.match(alone.stdout, /^▲ no daemon answered: read from .*history, and which one runs is not known$/m);
  assert.match(alone.stdout, /^ +2 .* reload +[0-9a-f]{12} +1 +the second$/m);
  writeFileSync(daemon.configFile, `${config('three')}\nroute {\n`);
  const json = JSON.parse((await sentinel('1', '--json')).stdout) as {
    readonly status: string;
    readonly data: { readonly texts: readonly { readonly path: string; readonly text: string }[] };
  };
  assert.deepEqual([json.status, json.data.texts], ['ok', [{ path: daemon.configFile, text: config('one') }]]);
  const nothing = await callSentinel(['config', 'history'], {
    environment: { ...environment, SENTINEL_CONFIG: join(daemon.folder, 'other.kdl') },
  });
  assert.equal(nothing.code, 3);
  assert.match(nothing.stderr, /SNT-A001/);
});
