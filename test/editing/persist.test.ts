/** Changes that are to last: one line of the file, in force in every worker, or nothing at all. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { callSentinel, type Ended } from '../cli/command-line.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';

const main = `// who answers where
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "api" } // everything
include "conf.d/*.kdl"
`;
const included = `upstream "api" {   // two of them
\ttarget "127.0.0.1:1" weight=3   // rack 1
\ttargets { target { address "127.0.0.1:2" } /* rack 2 */ }
}
`;

async function scene(t: TestContext, api = included) {
  const folder = testFolder(t);
  const file = join(folder, 'main.kdl');
  const part = join(folder, 'conf.d', 'api.kdl');
  mkdirSync(join(folder, 'conf.d'));
  writeFileSync(file, main);
  writeFileSync(part, api, { mode: 0o640 });
  const daemon = await startDaemonProcess(t, { source: { kind: 'file', path: file } });
  const target = (...words: readonly string[]): Promise<Ended> =>
    callSentinel(['target', ...words, '--persist', '--yes', '--daemon', daemon.socket, '--reason', 'test']);
  return { folder, file, part, daemon, target };
}

async function running(daemon: DaemonProcess): Promise<Readonly<Record<string, number>>> {
  const { data } = await daemon.client.call('upstreams');
  const api = data.upstreams.find(({ name }) => name === 'api');
  return Object.fromEntries(api?.targets.map(({ address, weight }) => [address, weight]) ?? []);
}

test('weights, new targets and removed ones are one line of the file that holds them, and are in force', async (t) => {
  const { file, part, daemon, target } = await scene(t);
  const weight = await target('weight', 'api', '127.0.0.1:1', '5');
  assert.equal(weight.code, 0, weight.stderr);
  assert.equal(readFileSync(part, 'utf8'), included.replace('weight=3', 'weight=5'));
  assert.deepEqual(await running(daemon), { '127.0.0.1:1': 5, '127.0.0.1:2': 1 });

  const other = await target('weight', 'api', '127.0.0.1:2', '7');
  assert.equal(other.code, 0, other.stderr);
  const added = await target('add', 'api', '127.0.0.1:3');
  assert.equal(added.code, 0, added.stderr);
  const removed = await target('remove', 'api', '127.0.0.1:1');
  assert.equal(removed.code, 0, removed.stderr);
  assert.equal(
    readFileSync(part, 'utf8'),
    `upstream "api" {   // two of them
\ttargets { target { address "127.0.0.1:2"; weight 7 }; target "127.0.0.1:3" /* rack 2 */ }
}
`,
  );
  assert.equal(readFileSync(file, 'utf8'), main);
  assert.deepEqual(await running(daemon), { '127.0.0.1:2': 7, '127.0.0.1:3': 1 });
  const { data, generation } = await daemon.client.call('status');
  assert.equal(generation, 5);
  assert.equal(data.config.disk_matches_running, true);
  assert.deepEqual(data.warnings, []);
  assert.equal(daemon.lines().filter(({ event }) => event === 'config_edit').length, 4);
});

test('what the file says already changes nothing, and makes no generation', async (t) => {
  const { part, daemon, target } = await scene(t);
  const same = await target('weight', 'api', '127.0.0.1:1', '3');
  assert.equal(same.code, 0, same.stderr);
  assert.equal(readFileSync(part, 'utf8'), included);
  assert.equal((await daemon.client.call('status')).generation, 1);
});

test('files that are not what runs are not written over, and the next command is named', async (t) => {
  const { part, daemon, target } = await scene(t);
  const edited = included.replace('weight=3', 'weight=4 // not reloaded yet');
  writeFileSync(part, edited);
  const refused = await target('weight', 'api', '127.0.0.1:2', '9');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /SNT-A030[\s\S]*sentinel config diff running disk/);
  assert.equal(readFileSync(part, 'utf8'), edited);
  assert.deepEqual(await running(daemon), { '127.0.0.1:1': 3, '127.0.0.1:2': 1 });
});

test('a file of KDL version 1 is left alone, and the command that upgrades it is named', async (t) => {
  const old = 'upstream "api" {\n  target "127.0.0.1:1" weight=3\n  target r"127.0.0.1:2"\n}\n';
  const { part, daemon, target } = await scene(t, old);
  const refused = await target('weight', 'api', '127.0.0.1:1', '9');
  assert.equal(refused.code, 1);
  assert.ok(refused.stderr.includes('SNT-P057'), refused.stderr);
  assert.ok(refused.stderr.includes(`sentinel validate --apply-suggestions ${part}`), refused.stderr);
  assert.equal(readFileSync(part, 'utf8'), old);
  assert.equal((await running(daemon))['127.0.0.1:1'], 3);
});

test('an edit that leaves no valid configuration changes neither the file nor what runs', async (t) => {
  const alone = 'upstream "api" { target "127.0.0.1:1" weight=3; }\n';
  const { part, daemon, target } = await scene(t, alone);
  const refused = await callSentinel([
    'target',
    'remove',
    'api',
    '127.0.0.1:1',
    '--persist',
    '--confirm=127.0.0.1:1',
    '--yes',
    '--daemon',
    daemon.socket,
  ]);
  assert.notEqual(refused.code, 0);
  assert.equal(readFileSync(part, 'utf8'), alone);
  assert.deepEqual(await running(daemon), { '127.0.0.1:1': 3 });
  assert.equal((await target('weight', 'api', '127.0.0.1:1', '4')).code, 0);
});

test('a folder that cannot be written is said loudly: what is in force stays, the file is whole, and the warning ends with the next good write', async (t) => {
  if (process.getuid?.() === 0) return t.skip('root may write everywhere');
  const { folder, part, daemon, target } = await scene(t);
  const place = join(folder, 'conf.d');
  chmodSync(place, 0o500);
  t.after(() => chmodSync(place, 0o700));
  const failed = await target('weight', 'api', '127.0.0.1:1', '5');
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /SNT-A031/);
  assert.equal(readFileSync(part, 'utf8'), included);
  assert.deepEqual(readdirSync(place), ['api.kdl']);
  assert.equal((await running(daemon))['127.0.0.1:1'], 5);
  const { data } = await daemon.client.call('status');
  assert.ok(
    data.warnings.some((warning) => warning.includes('could not be written')),
    data.warnings.join('\n'),
  );
  chmodSync(place, 0o700);
  await daemon.client.call('config-reload');
  const after = (await daemon.client.call('status')).data;
  assert.equal(
    after.warnings.some((warning) => warning.includes('could not be written')),
    false,
  );
  assert.equal((await running(daemon))['127.0.0.1:1'], 3);
});
