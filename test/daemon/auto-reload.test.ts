/** `auto-reload #true`: files that are replaced in any of the ways in which files are replaced take effect by themselves, whole or not at all. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Config } from '../../src/config/model.ts';
import { AutoReload, patienceForPairsMs } from '../../src/proxy/control/auto-reload.ts';
import type { DaemonState } from '../../src/proxy/control/daemon-state.ts';
import { DiskWatch } from '../../src/proxy/control/disk-watch.ts';
import { loaderFor } from '../../src/proxy/control/config-source.ts';
import { type Issued, TestAuthority } from '../helpers/certificates.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { securedListener, securedRoutes, shownBy, startSecuredDaemon } from '../helpers/served-certificate.ts';

const on = 'server { auto-reload #true }';

test('files that are renamed into place are served without anybody asking, each once, and the configuration is as it was', async (t) => {
  const { daemon, port, certFile, keyFile, issue } = await startSecuredDaemon(t, on);
  // The first change may be found when the watch begins, the second by watching alone.
  for (let round = 0; round < 2; round++) {
    const old = await shownBy(port);
    const renewed = issue();
    copyFileSync(renewed.certFile, `${certFile}.tmp`);
    copyFileSync(renewed.keyFile, `${keyFile}.tmp`);
    renameSync(`${keyFile}.tmp`, keyFile);
    renameSync(`${certFile}.tmp`, certFile);
    await eventually(async () => assert.notEqual((await shownBy(port)).fingerprint, old.fingerprint));
  }
  const line = await daemon.line('Certificates reloaded');
  assert.equal(line['actor'], 'auto-reload');
  const { data, generation } = await daemon.client.call('status');
  assert.equal(generation, 1);
  assert.deepEqual(data.warnings, []);
  assert.equal(daemon.lines().filter(({ message }) => message === 'Certificates reloaded').length, 2);
});

test('a flip of a symbolic link, as orchestrators replace secrets, is one change', async (t) => {
  const folder = testFolder(t);
  const authority = TestAuthority.root(t);
  const fill = (version: string, issued: Issued): void => {
    mkdirSync(join(folder, version));
    copyFileSync(issued.certFile, join(folder, version, 'tls.crt'));
    copyFileSync(issued.keyFile, join(folder, version, 'tls.key'));
    symlinkSync(version, join(folder, '..data.tmp'));
    renameSync(join(folder, '..data.tmp'), join(folder, '..data'));
  };
  fill('..v1', authority.issue());
  for (const name of ['tls.crt', 'tls.key']) symlinkSync(join('..data', name), join(folder, name));
  const config = `${securedListener(join(folder, 'tls.crt'), join(folder, 'tls.key'))}${securedRoutes}\n${on}`;
  const daemon = await startDaemonProcess(t, { config });
  const port = Number(new URL(daemon.url('https')).port);
  for (const [before, version] of [
    ['..v1', '..v2'],
    ['..v2', '..v3'],
  ] as const) {
    const old = await shownBy(port);
    fill(version, authority.issue());
    rmSync(join(folder, before), { recursive: true });
    await eventually(async () => assert.notEqual((await shownBy(port)).fingerprint, old.fingerprint));
  }
  assert.equal(daemon.output().includes('Certificates reload failed'), false);
});

test('an edited configuration is applied, a wrong one is said once and changes nothing', async (t) => {
  const { daemon } = await startSecuredDaemon(t, on);
  const text = readFileSync(daemon.configFile, 'utf8');
  daemon.writeConfig(`${text}\noops 1`);
  const failed = await daemon.line('Configuration reload failed');
  assert.equal(failed['actor'], 'auto-reload');
  daemon.writeConfig(`${text.replace('"hello"', '"edited"')}\nlistener "plain" { address "127.0.0.1:0" }`);
  await daemon.line('Configuration reload completed');
  assert.equal(daemon.lines().filter(({ message }) => message === 'Configuration reload failed').length, 1);
});

const watching = (body: string): string => staticConfig(body).replace('server {', 'server { auto-reload #true;');

const counted = (daemon: { lines(): readonly { message: string }[] }, message: string): number =>
  daemon.lines().filter((line) => line.message === message).length;

test('files that an include finds later, that change or that go are each one reload, also in a folder that was empty', async (t) => {
  const folder = testFolder(t);
  mkdirSync(join(folder, 'conf.d'));
  const configFile = join(folder, 'main.kdl');
  writeFileSync(configFile, `${watching('main')}\ninclude "conf.d/*.kdl" optional=#true\n`);
  const daemon = await startDaemonProcess(t, {
    source: { kind: 'file', path: configFile },
    title: 'sentinel-includes',
  });
  const answer = async (): Promise<string> => (await fetch(`${daemon.url()}/extra`)).text();
  assert.equal(await answer(), 'main');
  const extra = (body: string): string =>
    `route "extra" { matches { path "/extra" }; upstream "extra" }\nupstream "extra" { static { status 200; body "${body}" } }\n`;
  const file = join(folder, 'conf.d', 'extra.kdl');
  writeFileSync(file, extra('new'));
  await eventually(async () => assert.equal(await answer(), 'new'));
  writeFileSync(file, extra('in place'));
  await eventually(async () => assert.equal(await answer(), 'in place'));
  writeFileSync(`${file}.tmp`, extra('renamed'));
  renameSync(`${file}.tmp`, file);
  await eventually(async () => assert.equal(await answer(), 'renamed'));
  rmSync(file);
  await eventually(async () => assert.equal(await answer(), 'main'));
  // The last of them is in force a moment before it is logged.
  await daemon.line('Configuration reload completed', 4);
  assert.equal(counted(daemon, 'Configuration reload completed'), 4);
  assert.equal(counted(daemon, 'Configuration reload failed'), 0);
});

test('a configuration behind a link is followed when the link leads to another folder', async (t) => {
  const folder = testFolder(t);
  const fill = (version: string, text: string): void => {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'config.kdl'), text);
    symlinkSync(version, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  fill('..1', watching('one'));
  const configFile = join(folder, 'config.kdl');
  symlinkSync(join('..data', 'config.kdl'), configFile);
  const daemon = await startDaemonProcess(t, { source: { kind: 'file', path: configFile } });
  const answer = async (): Promise<string> => (await fetch(daemon.url())).text();
  for (const [index, body] of ['two', 'three'].entries()) {
    fill(`..${index + 2}`, watching(body));
    rmSync(join(folder, `..${index + 1}`), { recursive: true });
    await eventually(async () => assert.equal(await answer(), body));
  }
  // The last of them is in force a moment before it is logged.
  await daemon.line('Configuration reload completed', 2);
  assert.equal(counted(daemon, 'Configuration reload completed'), 2);
  assert.equal(counted(daemon, 'Configuration reload failed'), 0);
});

/** Auto-reload over real files, with a clock that the test turns and reloads that only count. */
async function scene(t: TestContext, more = '') {
  const folder = testFolder(t);
  const configFile = join(folder, 'sentinel.kdl');
  const certFile = join(folder, 'a.crt');
  writeFileSync(configFile, staticConfig() + more);
  writeFileSync(certFile, '1');
  const clock = new ManualClock();
  const source = { kind: 'file', path: configFile } as const;
  const loader = loaderFor(source, {});
  const disk = new DiskWatch(source, loader);
  disk.note(loader());
  const asked: string[] = [];
  const answers = { judged: 'same' as 'same' | 'changed' | 'unfit' };
  const tls = { pair: { certFile, keyFile: certFile }, sni: [], caFile: null, crlFile: null };
  const server = { autoReload: true };
  const config = {
    server,
    listeners: [{ id: 'https', tls }],
    upstreams: [],
  } as unknown as Config;
  const running = loader();
  const digest = running.kind === 'unreadable' ? '' : String(running.digest);
  const state = { phase: 'running', trial: null as DaemonState['trial'], applied: { config, digest } };
  const watch = new AutoReload({
    clock,
    state: state as unknown as DaemonState,
    disk,
    reloader: {
      request: async () => void asked.push('configuration') as never,
      certificates: async () => void asked.push('certificates') as never,
    },
    certificates: { judge: () => answers.judged },
  });
  t.after(() => watch.close());
  const look = async (times = 1): Promise<void> => {
    for (; times > 0; times--) {
      clock.advance(500);
      // Joins the one that the clock has begun.
      await watch.look();
    }
  };
  return { answers, asked, certFile, configFile, folder, look, server, state };
}

test('while a configuration is on trial nothing is asked for, and what has changed meanwhile is seen afterwards', async (t) => {
  const { answers, asked, certFile, look, state } = await scene(t);
  await look(3);
  state.trial = { id: 'c-9f2a', generation: 2 };
  answers.judged = 'changed';
  writeFileSync(certFile, 'renewed');
  await look(6);
  assert.deepEqual(asked, []);
  state.trial = null;
  await look(3);
  assert.deepEqual(asked, ['certificates']);
});

test('certificate files are taken over when they have stood still, and once', async (t) => {
  const { answers, asked, certFile, look } = await scene(t);
  await look(3);
  assert.deepEqual(asked, []);
  answers.judged = 'changed';
  for (let n = 2; n < 6; n++) {
    writeFileSync(certFile, 'x'.repeat(n));
    await look();
    assert.deepEqual(asked, [], 'it is being written');
  }
  await look();
  assert.deepEqual(asked, ['certificates']);
  await look(5);
  assert.deepEqual(asked, ['certificates']);
});

test('a pair of which one half is there gets time for the other, and when it stays so that is said once', async (t) => {
  const { answers, asked, certFile, look } = await scene(t);
  await look(3);
  answers.judged = 'unfit';
  writeFileSync(certFile, 'new');
  await look(2 + patienceForPairsMs / 500 - 2);
  assert.deepEqual(asked, []);
  answers.judged = 'changed';
  await look();
  assert.deepEqual(asked, ['certificates'], 'the other half came');
  answers.judged = 'unfit';
  writeFileSync(certFile, 'newer than new');
  await look(1 + patienceForPairsMs / 500);
  assert.equal(asked.length, 1);
  await look();
  assert.equal(asked.length, 2);
  await look(100);
  assert.equal(asked.length, 2, 'once');
  writeFileSync(certFile, 'good again');
  answers.judged = 'changed';
  await look(2);
  assert.equal(asked.length, 3);
});

test('an edited configuration that names files that do not fit is given the same time', async (t) => {
  const { asked, certFile, configFile, look } = await scene(t);
  await look(3);
  writeFileSync(configFile, `${staticConfig('edited')}\n${securedListener(certFile, certFile)}`);
  await look(1 + patienceForPairsMs / 500);
  assert.deepEqual(asked, []);
  await look();
  assert.deepEqual(asked, ['configuration']);
  await look(50);
  assert.deepEqual(asked, ['configuration']);
});

test('a file that is still being written is not read, whether it is the configuration or one that an include finds', async (t) => {
  const { asked, configFile, folder, look } = await scene(t, '\ninclude "more/*.kdl" optional=#true');
  await look(3);
  mkdirSync(join(folder, 'more'));
  for (const file of [configFile, join(folder, 'more', 'new.kdl')]) {
    asked.length = 0;
    const whole = `${readFileSync(configFile, 'utf8')}\n// written bit by bit`.slice(0, 4000);
    for (let bytes = 40; bytes < 200; bytes += 40) {
      writeFileSync(file, whole.slice(0, bytes));
      await look();
      assert.deepEqual(asked, [], 'it is being written');
    }
    writeFileSync(file, file === configFile ? whole : '// nothing but a comment\n');
    await look();
    assert.deepEqual(asked, []);
    await look();
    assert.deepEqual(asked, ['configuration']);
    await look(20);
    assert.deepEqual(asked, ['configuration'], 'once');
  }
});

test('without the switch nothing happens, whatever changes', async (t) => {
  const { answers, asked, certFile, configFile, look, server } = await scene(t);
  server.autoReload = false;
  answers.judged = 'changed';
  writeFileSync(certFile, 'new');
  writeFileSync(configFile, staticConfig('edited'));
  await look(50);
  assert.deepEqual(asked, []);
  server.autoReload = true;
  await look(3);
  assert.deepEqual(asked, ['configuration']);
});

test('a file that a reload by hand has taken over already is not reloaded again', async (t) => {
  const { answers, asked, certFile, configFile, look } = await scene(t);
  await look(3);
  writeFileSync(certFile, 'loaded by hand');
  writeFileSync(configFile, staticConfig());
  answers.judged = 'same';
  await look(4);
  assert.deepEqual(asked, []);
});
