/** The table of environment variables of the operational runbook: each has its effect on a daemon that is started as printed, and its default. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { AdminClient } from '../../src/admin/client/client.ts';
import { runSentinel } from '../cli/command-line.ts';
import { compileCache } from '../helpers/compile-cache.ts';
import { staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { seedRows } from './seed-rows.ts';

const program = new URL('../../src/cli/sentinel-proxy.ts', import.meta.url).pathname;

/** Default by name, as the table prints them. */
const printed = Object.fromEntries(
  seedRows()
    .filter(({ kind }) => kind === 'variable')
    .map(({ text }) => {
      const [name, , value] = text.split(' | ').map((cell) => cell.replaceAll(/[|`]/g, '').trim());
      return [name, value];
    }),
) as Readonly<Record<string, string>>;

interface Settings {
  readonly data: { readonly settings: readonly { readonly setting: string; readonly value: string | null }[] };
}

test('the variables of the runbook are those by which a daemon starts, and without them it has the defaults of the runbook', async (t) => {
  const folder = testFolder(t);
  for (const name of ['config', 'state']) mkdirSync(join(folder, name), { mode: 0o700 });
  const state = `state-dir "${folder}/state"`;
  writeFileSync(join(folder, 'config/sentinel.kdl'), staticConfig('at the usual place', state));
  writeFileSync(join(folder, 'other.kdl'), staticConfig('named', state));

  const defaults = (await runSentinel(['env', '--json'], { directory: folder })).stdout;
  const { settings } = (JSON.parse(defaults) as Settings).data;
  const value = (name: string): string | null | undefined => settings.find(({ setting }) => setting === name)?.value;
  assert.deepEqual(
    [value('config'), value('log level'), value('metrics address')],
    [printed['SENTINEL_CONFIG'], printed['RUST_LOG'], printed['SENTINEL_METRICS_ADDR']],
  );
  // One for each core.
  assert.deepEqual([printed['SENTINEL_WORKERS'], value('workers')], ['CPU cores', '0']);

  const socket = join(folder, 'admin.sock');
  const set = {
    SENTINEL_CONFIG: join(folder, 'other.kdl'),
    SENTINEL_WORKERS: '3',
    RUST_LOG: 'debug',
    SENTINEL_METRICS_ADDR: '127.0.0.1:0',
  };
  assert.deepEqual(Object.keys(set).toSorted(), Object.keys(printed).toSorted());
  const daemon = spawn(process.execPath, [program], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...compileCache(), SENTINEL_ADMIN_SOCKET: socket, ...set },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(daemon, 'close');
  t.after(async () => {
    daemon.kill('SIGKILL');
    await ended;
  });
  let output = '';
  daemon.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text));
  const ready = await eventually(() => {
    const line = output.split('\n').find((one) => one.includes('"message":"Ready"'));
    assert.ok(line !== undefined, output);
    return JSON.parse(line) as { readonly listeners: Readonly<Record<string, string>>; readonly admin_address: string };
  });
  assert.equal(await (await fetch(`http://${ready.listeners['http']}/`)).text(), 'named');
  assert.ok(ready.admin_address.startsWith('127.0.0.1:'), ready.admin_address);
  assert.equal((await fetch(`http://${ready.admin_address}/metrics`)).status, 200);
  const client = new AdminClient({ target: { name: 'test', addresses: [{ kind: 'socket', path: socket }] }, version: '0' });
  assert.equal((await client.call('status')).data.workers.length, 3);
  assert.equal((await client.call('log-levels')).data.configured, 'debug');
});
