/** Changes that are to last: one line of the file, in force in every worker, or nothing at all. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { SentinelError } from '../../src/base/errors.ts';
import type { FileEdit } from '../../src/config/edit/file-edit.ts';
import { setTargetWeight } from '../../src/config/edit/targets.ts';
import type { LoadedConfig, LoadResult } from '../../src/config/load.ts';
import type { Change } from '../../src/proxy/control/change.ts';
import { loaderFor } from '../../src/proxy/control/config-source.ts';
import { type Applied, DaemonState } from '../../src/proxy/control/daemon-state.ts';
import { Persisting } from '../../src/proxy/control/edit/persisting.ts';
import type { Log } from '../../src/proxy/control/logging.ts';
import type { ReloadOutcome } from '../../src/proxy/control/reload.ts';
import { StandingWarnings } from '../../src/proxy/control/standing-warnings.ts';
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

test('what could not be written is in force and said loudly, until something else is in force', async (t) => {
  const file = join(testFolder(t), 'main.kdl');
  const text =
    'listener "http" { address "127.0.0.1:0" }\nroute "r" { upstream "u" }\nupstream "u" { target "127.0.0.1:1"; }\n';
  writeFileSync(file, text);
  const state = new DaemonState();
  const inForce = (loaded: LoadedConfig, generation: number): Applied => {
    const applied = { loaded, digest: loaded.digest, generation } as unknown as Applied;
    state.apply(applied);
    return applied;
  };
  const source = { kind: 'file', path: file } as const;
  const load = loaderFor(source, {});
  const mustLoad = (read: () => LoadResult): LoadedConfig => {
    const result = read();
    assert.equal(result.kind, 'ok');
    return result as LoadedConfig;
  };
  const first = inForce(mustLoad(load), 1);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Log;
  const warnings = new StandingWarnings(log);
  const change = async (wanted: Change): Promise<ReloadOutcome> => {
    const applied = inForce(mustLoad(wanted.load), state.generation + 1);
    persisting.applied(applied, first, wanted);
    const { generation, digest } = applied;
    const rest = { durationMs: 0, problems: [], warnings: [], code: null, hint: undefined };
    return { result: 'completed', generation, digest, ...rest };
  };
  const persisting = new Persisting({
    source,
    environment: {},
    load,
    state,
    reloader: { change },
    warnings,
    log,
    replace: () => {
      throw new SentinelError('SNT-P020', 'no space is left; the files are as they were');
    },
  });
  const edit = (loaded: LoadedConfig): FileEdit => setTargetWeight(loaded, 'u', '127.0.0.1:1', 4);
  await assert.rejects(persisting.carryOut({ actor: 'a', reason: null, edit }), {
    code: 'SNT-A031',
    message: /generation 2 is in force, but .*main\.kdl could not be written: no space is left/,
  });
  assert.equal(readFileSync(file, 'utf8'), text);
  assert.equal(warnings.texts.length, 1);
  assert.match(warnings.texts[0] ?? '', /the next start would read the file as it was/);
  // What is on disk is not what runs now: nothing more is written over it.
  await assert.rejects(persisting.carryOut({ actor: 'a', reason: null, edit }), { code: 'SNT-A030' });
  await change({ origin: 'reload', actor: 'a', reason: null, load });
  assert.deepEqual(warnings.texts, []);
});
