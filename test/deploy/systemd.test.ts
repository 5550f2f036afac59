/** The unit that ships: systemd accepts it, it is hardened, and what it promises fits what the daemon does. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { forwardConfig } from '../../src/config/load.ts';
import { requireComponent } from '../helpers/components.ts';
import { testFolder } from '../helpers/daemon.ts';

const folder = new URL('../../deploy/systemd/', import.meta.url).pathname;
const unit = readFileSync(join(folder, 'sentinel.service'), 'utf8');

/** The last value of a setting. */
function setting(name: string): string | undefined {
  return unit
    .split('\n')
    .filter((line) => line.startsWith(`${name}=`))
    .at(-1)
    ?.slice(name.length + 1);
}

test('systemd finds nothing wrong with the unit, and little that it leaves open', (t) => {
  const analyze = requireComponent(t, 'systemd-analyze');
  if (analyze === undefined) return;
  const path = join(testFolder(t), 'sentinel.service');
  // The program is not installed where the tests run.
  writeFileSync(path, unit.replaceAll('/usr/bin/sentinel', '/bin/true'));
  const verified = spawnSync(analyze, ['verify', '--man=no', path], { encoding: 'utf8' });
  assert.equal(verified.stderr, '');
  assert.equal(verified.status, 0);
  const security = execFileSync(analyze, ['security', '--offline=true', '--no-pager', path], { encoding: 'utf8' });
  const score = Number(/Overall exposure level for sentinel\.service: ([\d.]+)/.exec(security)?.[1]);
  assert.ok(score <= 2, `exposure ${score}`);
});

test('the unit waits longer than the daemon may take to stop, and for more than two signs of life a minute', () => {
  const defaults = forwardConfig('127.0.0.1:3000');
  assert.ok(defaults.kind === 'ok');
  const { gracefulShutdownTimeoutMs, shutdownLagMs } = defaults.config.server;
  assert.ok(Number(setting('TimeoutStopSec')) * 1000 > gracefulShutdownTimeoutMs + shutdownLagMs);
  assert.ok(Number(setting('WatchdogSec')) >= 30);
  assert.equal(setting('Type'), 'notify');
  assert.equal(setting('NotifyAccess'), 'all');
  assert.equal(setting('LogRateLimitIntervalSec'), '0');
});

test('the pid file that runbooks read leads to the one that the daemon can write', (t) => {
  const tmpfiles = requireComponent(t, 'systemd-tmpfiles');
  const sysusers = requireComponent(t, 'systemd-sysusers');
  if (tmpfiles === undefined || sysusers === undefined) return;
  const root = testFolder(t);
  for (const path of ['etc/sysusers.d', 'etc/tmpfiles.d', 'run', 'var/lib'])
    mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, 'etc/sysusers.d/sentinel.conf'), readFileSync(join(folder, 'sentinel.sysusers.conf')));
  execFileSync(sysusers, [`--root=${root}`, 'sentinel.conf']);
  assert.match(readFileSync(join(root, 'etc/passwd'), 'utf8'), /^sentinel:.*:\/usr\/sbin\/nologin$/m);
  // Only root may give files to others.
  const rules = readFileSync(join(folder, 'sentinel.tmpfiles.conf'), 'utf8').replace('sentinel sentinel -', '- - -');
  writeFileSync(join(root, 'etc/tmpfiles.d/sentinel.conf'), rules);
  execFileSync(tmpfiles, [`--root=${root}`, '--create', 'sentinel.conf']);
  assert.equal(readlinkSync(join(root, 'run/sentinel.pid')), 'sentinel/sentinel.pid');
});
