/** What the history shows of a daemon's life: through the admin API, the status, and the files that it leaves. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DaemonProcess, startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

async function kept(daemon: DaemonProcess) {
  return (await daemon.client.call('config-history')).data.generations;
}

test('every configuration that was in force is listed with who, why and how, and its texts are there without secrets', async (t) => {
  const hash = `sha256:${'ab'.repeat(32)}`;
  const text = staticConfig(
    '${PASS_WORD}',
    `observability { admin { token "ops" { role "viewer"; hash "${hash}" } } }`,
  );
  const daemon = await startDaemonProcess(t, { workers: 1, config: text, environment: { PASS_WORD: 'sesame' } });
  daemon.writeConfig(staticConfig('two'));
  await daemon.client.call('config-reload', { reason: 'the second, password=hunter2' });
  daemon.writeConfig('listener {{{');
  await assert.rejects(daemon.client.call('config-reload'));
  const [second, first, ...none] = await kept(daemon);
  assert.deepEqual(none, []);
  assert.deepEqual(
    [second?.generation, second?.origin, second?.reason, second?.marks],
    [2, 'reload', 'the second, password=[redacted]', ['running', 'backup']],
  );
  assert.deepEqual([first?.generation, first?.origin, first?.files], [1, 'start', [daemon.configFile]]);
  const { texts } = (await daemon.client.call('config-generation', { params: { number: '1' } })).data;
  assert.equal(texts[0]?.text, text.replace(`"${hash}"`, '"[redacted]"'));
  const folder = (await daemon.client.call('config-history')).data.folder ?? '';
  for (const name of readdirSync(folder))
    assert.doesNotMatch(readFileSync(join(folder, name), 'utf8'), /sesame|hunter2/);
  await assert.rejects(daemon.client.call('config-generation', { params: { number: '7' } }), { code: 'SNT-P018' });
});

test('numbers go on over restarts: the same text keeps its number, another one gets the next', async (t) => {
  const folder = testFolder(t);
  const generations: number[] = [];
  for (const body of ['one', 'one', 'two', 'one']) {
    const daemon = await startDaemonProcess(t, { workers: 1, folder, config: staticConfig(body) });
    generations.push((await daemon.client.call('status')).generation ?? 0);
    daemon.child.kill('SIGTERM');
    await daemon.ended();
  }
  assert.deepEqual(generations, [1, 1, 2, 3]);
});

test('no more generations are kept than `history` says', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1, config: staticConfig('0', 'history { keep 2 }') });
  for (const body of ['1', '2', '3']) {
    daemon.writeConfig(staticConfig(body, 'history { keep 2 }'));
    await daemon.client.call('config-reload');
  }
  assert.deepEqual(
    (await kept(daemon)).map(({ generation }) => generation),
    [4, 3],
  );
});

test('the backup holds what ran before, outlives a bad edit, and is not overwritten by what somebody goes back from', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1, config: staticConfig('good') });
  const backup = `${daemon.configFile}.backup`;
  assert.equal(readFileSync(backup, 'utf8'), staticConfig('good'), 'the first');
  daemon.writeConfig('listener {{{');
  await assert.rejects(daemon.client.call('config-reload'));
  assert.equal(readFileSync(backup, 'utf8'), staticConfig('good'), 'a failed reload');
  daemon.writeConfig(staticConfig('bad'));
  await daemon.client.call('config-reload');
  assert.equal(readFileSync(backup, 'utf8'), staticConfig('good'), 'what ran before');
  daemon.writeConfig(readFileSync(backup, 'utf8'));
  await daemon.client.call('config-reload');
  assert.equal(readFileSync(backup, 'utf8'), staticConfig('good'), 'after `cp`, it is no backup of what was bad');
});

test('a history that cannot be written fails no reload: it is said while it lasts, and made up for', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1, config: staticConfig('one') });
  const folder = (await daemon.client.call('config-history')).data.folder ?? '';
  rmSync(folder, { recursive: true });
  // A file in the place of the folder: like a full disk, and root meets it too.
  writeFileSync(folder, '');
  daemon.writeConfig(staticConfig('two'));
  assert.equal((await daemon.client.call('config-reload')).data.result, 'completed');
  const warned = (await daemon.client.call('status')).data.warnings;
  assert.ok(
    warned.some((words) => /generation 2 could not be written to the history .*SNT-P019/.test(words)),
    String(warned),
  );
  assert.deepEqual(
    (await kept(daemon)).map(({ generation }) => generation),
    [2],
    'it is known all the same',
  );
  rmSync(folder);
  mkdirSync(folder, { mode: 0o700 });
  daemon.writeConfig(staticConfig('three'));
  await daemon.client.call('config-reload');
  assert.deepEqual(
    (await kept(daemon)).map(({ generation }) => generation),
    [3, 2],
  );
  assert.ok(!(await daemon.client.call('status')).data.warnings.some((words) => words.includes('SNT-P019')));
});

test('files that differ from what runs, or would not load, are a standing warning that ends when that is mended', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1 });
  const alarm = async () => {
    const { data } = await daemon.client.call('status');
    return data.warnings.find((words) => words.includes('SNT-P022'));
  };
  assert.equal(await alarm(), undefined);
  daemon.writeConfig(staticConfig('other'));
  assert.match((await alarm()) ?? '', /is not generation 1, which runs .* Next: sentinel config diff/);
  daemon.writeConfig('listener "http" {');
  assert.match(
    (await alarm()) ?? '',
    /would not load at the next start: .*sentinel\.kdl:1:17: error\[SNT-C100\].*Next: sentinel validate/,
  );
  await eventually(async () => {
    assert.match(
      await (await fetch(`${daemon.adminUrl()}/metrics`)).text(),
      /^sentinel_config_disk_matches_running 0$/m,
    );
  });
  daemon.writeConfig(staticConfig());
  assert.equal(await alarm(), undefined);
});

test('where the backup cannot be written beside the file, it is kept elsewhere, with a standing warning', async (t) => {
  const folder = testFolder(t);
  // A folder of its name, because root may write everywhere.
  mkdirSync(join(folder, 'sentinel.kdl.backup'));
  const daemon = await startDaemonProcess(t, { workers: 1, folder, config: staticConfig() });
  const { warnings } = (await daemon.client.call('status')).data;
  const [, elsewhere = ''] = /the backup of the last good configuration is (\S+)$/m.exec(warnings.join('\n')) ?? [];
  assert.equal(readFileSync(elsewhere, 'utf8'), staticConfig());
});
