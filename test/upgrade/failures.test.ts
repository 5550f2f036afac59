/** An upgrade that goes wrong: whoever fails or is killed, and whenever, one daemon serves afterwards and says why. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DaemonProcess, startDaemonProcess, staticConfig } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { firstEnded, upgrade, upgradeOver } from '../helpers/hand-over.ts';

test('a file that does not check leaves the old process as it was, and every mistake is told in its place', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.writeConfig(`${staticConfig()}\nrute "x" {}\n`);
  const reply = await upgrade(daemon);
  assert.equal(reply.phase, 'failed');
  assert.equal(reply.problem?.code, 'SNT-P031');
  assert.match(reply.problem?.output.join('\n') ?? '', /unknown node `rute`[^]*:8:1/);
  await servesAlone(daemon, daemon.pid);
});

test('a program that is broken, is none, or could be changed by others is not handed anything', async (t) => {
  const daemon = await startDaemonProcess(t);
  const cases = [
    ['crashes.mjs', 'throw new Error("broken build");', 0o755, 'SNT-P031', /broken build/],
    [null, '#!/bin/sh\necho hello\n', 0o755, 'SNT-P032', /not the launcher/],
    [null, '#!/bin/sh\necho hello\n', 0o777, 'SNT-P032', /others may write/],
  ] as const;
  for (const [entry, text, mode, code, words] of cases) {
    const binary = join(daemon.folder, 'launcher');
    writeFileSync(entry === null ? binary : join(daemon.folder, entry), text);
    if (entry !== null) writeFileSync(binary, launcherOf(join(daemon.folder, entry)));
    chmodSync(binary, mode);
    const { phase, problem } = await upgrade(daemon, { binary });
    assert.equal(phase, 'failed');
    assert.equal(problem?.code, code);
    assert.match([problem?.detail, ...(problem?.output ?? [])].join('\n'), words);
  }
  await servesAlone(daemon, daemon.pid);
});

test('one that never becomes ready is ended in time; meanwhile nothing else is changed, and no second one begins', async (t) => {
  const daemon = await startDaemonProcess(t);
  const entry = join(daemon.folder, 'silent.mjs');
  writeFileSync(
    entry,
    `if (process.argv.includes('--version')) console.log('sentinel 9.9.9'); else setInterval(() => {}, 1000);`,
  );
  const binary = join(daemon.folder, 'launcher');
  writeFileSync(binary, launcherOf(entry));
  chmodSync(binary, 0o755);
  await daemon.client.call('upgrade-begin', { body: { binary, timeout_ms: 2_000 } });
  await assert.rejects(daemon.client.call('upgrade-begin', { body: {} }), { code: 'SNT-P033' });
  await assert.rejects(daemon.client.call('block-add', { body: { address: '203.0.113.7' } }), { code: 'SNT-P033' });
  // A signal is not refused: it is carried out when it is decided which process is to do so.
  daemon.writeConfig(staticConfig('after the upgrade'));
  process.kill(daemon.pid, 'SIGHUP');
  const { phase, problem } = await upgradeOver(daemon);
  assert.equal(phase, 'failed');
  assert.match(problem?.detail ?? '', /not ready in time/);
  await daemon.line('Configuration reload completed');
  assert.equal(await (await fetch(daemon.url())).text(), 'after the upgrade');
  await daemon.client.call('block-add', { body: { address: '203.0.113.7' } });
  await servesAlone(daemon, daemon.pid);
});

test('a new process that is killed while it starts leaves the old one as it was', async (t) => {
  const daemon = await startDaemonProcess(t);
  await daemon.client.call('upgrade-begin', { body: {} });
  kill(await heirOf(daemon));
  const { phase, problem } = await upgradeOver(daemon);
  assert.equal(phase, 'failed');
  assert.match(problem?.detail ?? '', /signal SIGKILL/);
  await servesAlone(daemon, daemon.pid);
});

test('a new process that is killed when it has just taken over gives the place back: socket, pid file and all', async (t) => {
  const daemon = await startDaemonProcess(t, { settleMs: 60_000 });
  await daemon.client.call('upgrade-begin', { body: {} });
  const heir = await heirOf(daemon);
  await eventually(async () => (await daemon.client.call('upgrade')).data.phase === 'settling');
  assert.equal(readFileSync(join(daemon.folder, 'sentinel.pid'), 'utf8'), `${heir}\n`);
  kill(heir);
  await daemon.line('Upgrade failed, this process goes on');
  await servesAlone(daemon, daemon.pid);
  await daemon.client.call('block-add', { body: { address: '203.0.113.7' } });
});

test('an old process that is killed while the new one starts is followed all the same', async (t) => {
  const daemon = await startDaemonProcess(t);
  await daemon.client.call('upgrade-begin', { body: {} });
  const heir = await heirOf(daemon);
  kill(daemon.pid);
  await firstEnded(daemon);
  await daemon.line('Ready', 2);
  await servesAlone(daemon, heir);
});

test('an old process that is killed when it has handed over is not missed, and what it cut is not called finished', async (t) => {
  const daemon = await startDaemonProcess(t, { settleMs: 60_000 });
  await daemon.client.call('upgrade-begin', { body: {} });
  const heir = await heirOf(daemon);
  await daemon.line('Ready', 2);
  kill(daemon.pid);
  const { phase, problem, cut } = await upgradeOver(daemon);
  assert.equal(phase, 'done');
  assert.equal(cut, null);
  assert.match(problem?.detail ?? '', /ended before it had finished/);
  await servesAlone(daemon, heir);
});

test('a daemon that is told to stop while it hands over ends the new process too', async (t) => {
  const daemon = await startDaemonProcess(t);
  await daemon.client.call('upgrade-begin', { body: {} });
  const heir = await heirOf(daemon);
  process.kill(daemon.pid, 'SIGTERM');
  assert.equal(await firstEnded(daemon), 0);
  await eventually(() => !lives(heir));
  await assert.rejects(fetch(daemon.url()));
});

test('a token may ask for an upgrade, but not name the program', async (t) => {
  const hash = createHash('sha256').update('test').digest('hex');
  const daemon = await startDaemonProcess(t, {
    config: staticConfig('hello', `observability { admin { token "boss" { role "admin"; hash "sha256:${hash}" } } }`),
  });
  const ask = (body: unknown) =>
    fetch(`${daemon.adminUrl()}/admin/upgrade`, {
      method: 'POST',
      headers: { authorization: 'Bearer test', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const named = await ask({ binary: '/usr/bin/sentinel' });
  assert.equal(named.status, 403);
  assert.equal(((await named.json()) as { code: string }).code, 'SNT-A004');
  assert.equal((await daemon.client.call('upgrade')).data.phase, 'none');
});

/** What the launcher of a package says when it is asked. */
function launcherOf(entry: string): string {
  const said = JSON.stringify({ node: process.execPath, flags: [], entry });
  return `#!/bin/sh\n[ "$SENTINEL_LAUNCH" = describe ] || exit 9\necho '${said}'\n`;
}

async function heirOf(daemon: DaemonProcess): Promise<number> {
  return (await daemon.line('New process started'))['heir'] as number;
}

/** One process answers everywhere, and it is this one. */
async function servesAlone(daemon: DaemonProcess, pid: number): Promise<void> {
  const { data } = await eventually(async () => {
    const status = await daemon.client.call('status');
    if (status.data.pid !== pid) throw new Error(`pid ${status.data.pid} answers`);
    return status;
  });
  assert.equal(data.state, 'ready');
  assert.equal(readFileSync(join(daemon.folder, 'sentinel.pid'), 'utf8'), `${pid}\n`);
  for (let asked = 0; asked < 8; asked++) assert.equal((await fetch(daemon.url())).status, 200);
  const heirs = daemon.lines().flatMap(({ event, heir }) => (event === 'upgrade_started' ? [heir as number] : []));
  for (const other of [daemon.pid, ...heirs]) if (other !== pid) await eventually(() => !lives(other));
}

function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  process.kill(pid, 'SIGKILL');
}
