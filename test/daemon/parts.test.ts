/** Parts of the control plane on their own, where a whole daemon would take too long or cannot be brought about. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { writeFileAtomically } from '../../src/base/atomic-file.ts';
import { ensureRunFolder, type RunContext } from '../../src/base/run-files.ts';
import type { LimitsConfig, ListenerConfig } from '../../src/config/model.ts';
import { bindFault } from '../../src/proxy/control/address-probe.ts';
import { backlogWarning } from '../../src/proxy/control/backlog.ts';
import { DeathBudget } from '../../src/proxy/control/death-budget.ts';
import { LogLevels } from '../../src/proxy/control/log-levels.ts';
import { boundByDescriptors } from '../../src/proxy/control/descriptors.ts';
import { Logging } from '../../src/proxy/control/logging.ts';
import { PidFile } from '../../src/proxy/control/pid-file.ts';
import { prettyLine } from '../../src/proxy/control/pretty-line.ts';
import { Reloader, type ReloaderOptions } from '../../src/proxy/control/reload.ts';
import { levelOverride } from '../../src/proxy/control/settings.ts';
import { Supervisor } from '../../src/proxy/control/supervisor.ts';
import { CellRegistry } from '../../src/proxy/shared/cells.ts';
import { openLogTarget } from '../../src/proxy/shared/log-target.ts';
import type { Plan } from '../../src/proxy/shared/plan.ts';
import { testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

test('the first replacement is immediate, later ones wait ever longer, and a worker that served is forgiven', () => {
  const budget = new DeathBudget();
  const delays = Array.from({ length: 8 }, (_, n) => budget.died(0, n, 0));
  assert.deepEqual(delays, [0, 100, 200, 400, 800, 1600, 2000, 2000]);
  assert.equal(budget.died(1, 0, 0), 0, 'each worker has its own');
  assert.equal(budget.died(0, 9, 10_000), 0);
});

test('twenty deaths within a minute are too many unless some worker stays up, and old ones do not count', () => {
  const budget = new DeathBudget();
  for (let n = 0; n < 19; n++) budget.died(0, n * 1000, 0);
  assert.equal(budget.exhausted(19_000, false), false);
  budget.died(0, 19_000, 0);
  assert.equal(budget.exhausted(19_000, false), true);
  assert.equal(budget.exhausted(19_000, true), false);
  assert.equal(budget.exhausted(61_000, false), false);
});

test('a worker whose heartbeat is silent for five seconds is replaced, but not after the whole machine slept', async (t) => {
  const clock = new (class extends ManualClock {
    /** Time that passed while nobody ran. */
    slept = 0;
    override now(): number {
      return super.now() + this.slept;
    }
  })();
  const deaths: unknown[] = [];
  const supervisor = new Supervisor({
    entry: new URL('./workers/mute.ts', import.meta.url),
    laneCount: 1,
    registry: new CellRegistry(1),
    clock,
    log: { debug() {}, info() {}, warn() {}, error: (message, fields) => deaths.push([message, fields?.['reason']]) },
    stdoutPrefix: '',
    dataLog: { debug() {}, info() {}, warn() {}, error() {} },
    onSaid() {},
    reclaim() {},
    onRecoveredLines() {},
    onChange() {},
    onExhausted() {},
  });
  t.after(() => supervisor.stop());
  await supervisor.start({ generation: 1, listeners: [] } as unknown as Plan);
  clock.advance(4_000);
  clock.slept = 3_600_000;
  clock.advance(4_000);
  assert.deepEqual(deaths, [], 'four silent seconds on either side of a long sleep');
  clock.advance(2_000);
  await eventually(() => deaths.length === 1);
  assert.deepEqual(deaths, [['Worker died', 'no heartbeat for 5 s']]);
});

function pidScene(t: TestContext) {
  const folder = testFolder(t);
  mkdirSync(join(folder, 'fallback'));
  return { folder, path: join(folder, 'sentinel.pid'), fallbackFolder: join(folder, 'fallback') };
}

test('a pid file of a process that is gone, of another program, or with nonsense in it is taken over', (t) => {
  const { path, fallbackFolder } = pidScene(t);
  for (const text of ['4194304\n', `${process.ppid}\n`, 'nonsense\n', '']) {
    writeFileSync(path, text);
    const file = PidFile.claim({ path, pid: 4242, fallbackFolder });
    assert.equal(readFileSync(path, 'utf8'), '4242\n');
    assert.equal(file.remark, null);
    file.release();
    assert.equal(existsSync(path), false);
  }
});

test('a live process with the number of a dead daemon is told by when it started', (t) => {
  const { path, fallbackFolder } = pidScene(t);
  const title = process.title;
  t.after(() => {
    process.title = title;
  });
  process.title = 'sentinel';
  writeFileSync(path, `${process.pid}\n`);
  assert.throws(() => PidFile.claim({ path, pid: 4242, fallbackFolder }), { code: 'SNT-P002' });
  // Written long before this process began: its number was given out anew.
  utimesSync(path, new Date(0), new Date(0));
  PidFile.claim({ path, pid: 4242, fallbackFolder });
  assert.equal(readFileSync(path, 'utf8'), '4242\n');
});

test('a pid file that has become another daemon’s is left alone at the end', (t) => {
  const { path, fallbackFolder } = pidScene(t);
  const file = PidFile.claim({ path, pid: 4242, fallbackFolder });
  writeFileSync(path, '5555\n');
  file.release();
  assert.equal(readFileSync(path, 'utf8'), '5555\n');
});

test('where the pid file cannot be written it goes among the run-time files, and says so', (t) => {
  const { folder, fallbackFolder } = pidScene(t);
  const file = PidFile.claim({ path: join(folder, 'none', 'sentinel.pid'), pid: 4242, fallbackFolder });
  assert.equal(file.path, join(fallbackFolder, 'sentinel.pid'));
  assert.match(String(file.remark), /none\/sentinel\.pid cannot be written \(ENOENT\)/);
  assert.throws(
    () => PidFile.claim({ path: join(folder, 'none', 'x.pid'), pid: 1, fallbackFolder: join(folder, 'no') }),
    {
      code: 'SNT-P005',
    },
  );
});

test('a place that is tried once is named once', (t) => {
  const { folder } = pidScene(t);
  const fallbackFolder = join(folder, 'no');
  const claim = () => PidFile.claim({ path: join(fallbackFolder, 'x.pid'), pid: 1, fallbackFolder });
  assert.throws(claim, {
    code: 'SNT-P005',
    message: `cannot write the pid file: ${join(fallbackFolder, 'x.pid')}: ENOENT`,
  });
});

test('run-time files go to the first folder that serves, and never into a folder that somebody planted', (t) => {
  const folder = testFolder(t);
  mkdirSync(join(folder, 'xdg'));
  mkdirSync(join(folder, 'tmp'));
  const uid = process.getuid?.() ?? 0;
  const context = (run: string, xdg?: string): RunContext => ({
    environment: xdg === undefined ? {} : { XDG_RUNTIME_DIR: xdg },
    uid,
    roots: { run, varRun: run, varLib: run, varLog: run, tmp: join(folder, 'tmp') },
  });
  assert.equal(ensureRunFolder(context(folder)), join(folder, 'sentinel'));
  assert.equal(ensureRunFolder(context(join(folder, 'none'), join(folder, 'xdg'))), join(folder, 'xdg', 'sentinel'));
  const own = ensureRunFolder(context(join(folder, 'none')));
  assert.equal(own, join(folder, 'tmp', `sentinel-${uid}`));
  assert.equal(statSync(own).mode & 0o777, 0o700);
  chmodSync(own, 0o755);
  assert.throws(() => ensureRunFolder(context(join(folder, 'none'))), {
    code: 'SNT-P001',
    message: /may be entered by others/,
  });
  const elsewhere = { ...context(join(folder, 'none')), uid: uid + 1 };
  symlinkSync(folder, join(folder, 'tmp', `sentinel-${uid + 1}`));
  assert.throws(() => ensureRunFolder(elsewhere), { code: 'SNT-P001', message: /not a folder/ });
});

test('a file is written whole or not at all, and leaves nothing beside it', (t) => {
  const folder = testFolder(t);
  const path = join(folder, 'state.json');
  writeFileAtomically(path, 'old');
  writeFileAtomically(path, 'new', 0o600);
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.throws(() => writeFileAtomically(join(folder, 'none', 'x'), 'y'));
  mkdirSync(join(folder, 'taken'));
  assert.throws(() => writeFileAtomically(join(folder, 'taken'), 'y'));
  assert.deepEqual(readdirSync(folder).sort(), ['state.json', 'taken']);
});

test('an address that cannot be bound is explained in one line with the next step', () => {
  const words = (code: string) => {
    const {
      code: ours,
      message,
      hint,
    } = bindFault('listener "http"', '0.0.0.0', 80, Object.assign(new Error(code), { code }));
    return [ours, message, hint];
  };
  assert.deepEqual(words('EACCES'), [
    'SNT-P004',
    'cannot bind 0.0.0.0:80 (listener "http"): port 80 needs privileges',
    'give the process CAP_NET_BIND_SERVICE, or use a port from 1024 on',
  ]);
  assert.deepEqual(words('EADDRNOTAVAIL').slice(0, 2), [
    'SNT-P004',
    'cannot bind 0.0.0.0:80 (listener "http"): 0.0.0.0 is not an address of this machine',
  ]);
  assert.equal(words('EADDRINUSE')[0], 'SNT-P003');
  assert.match(String(bindFault('x', '::1', 80, new Error('odd')).message), /^cannot bind \[::1\]:80 \(x\): odd$/);
});

test('client connections are held to what the descriptors allow, which is said when it is clearly less than configured', () => {
  const limits = (maxTotalConnections: number) => ({ maxTotalConnections }) as LimitsConfig;
  const bound = (wanted: number, available: number | null) => {
    const { limits: held, remark } = boundByDescriptors(limits(wanted), available);
    return [held.maxTotalConnections, remark === null ? null : / open files allow (\d+);/.exec(remark)?.[1]];
  };
  assert.deepEqual(bound(10_000, 1_000_000), [10_000, null]);
  assert.deepEqual(bound(10_000, 20_000), [9_952, null]);
  assert.deepEqual(bound(10_000, 1024), [464, '464']);
  assert.deepEqual(bound(0, 1024), [464, '464']);
  assert.deepEqual(bound(0, 1_000_000), [499_952, null]);
  assert.deepEqual(bound(10, 64), [1, '1']);
  assert.deepEqual(bound(0, null), [0, null]);
});

test('a backlog above what the kernel allows is remarked on', () => {
  const listener = (id: string, backlog: number) => ({ id, backlog }) as ListenerConfig;
  assert.equal(backlogWarning([listener('a', 4096)], 4096), null);
  assert.match(String(backlogWarning([listener('a', 4096), listener('b', 10)], 128)), /listener "a" \(4096\) at 128/);
  assert.equal(backlogWarning([listener('a', 4096)], null), null);
});

test('the level comes from the flag, else SENTINEL_LOG, else a plain RUST_LOG', () => {
  assert.equal(levelOverride({ logLevel: 'warn' }, { SENTINEL_LOG: 'debug' }), 'warn');
  assert.equal(levelOverride({}, { SENTINEL_LOG: 'DEBUG', RUST_LOG: 'error' }), 'debug');
  assert.equal(levelOverride({}, { RUST_LOG: 'debug' }), 'debug');
  assert.equal(levelOverride({}, { RUST_LOG: 'hyper=trace,info' }), null, 'a filter for other programs');
  assert.throws(() => levelOverride({}, { SENTINEL_LOG: 'loud' }), { code: 'SNT-P009' });
});

test('debug logging ends by itself after a quarter of an hour', async (t) => {
  const folder = testFolder(t);
  const clock = new ManualClock();
  const path = join(folder, 'out.log');
  const logging = new Logging({ clock, environment: {}, stdout: openLogTarget(path), level: null });
  const levels = new LogLevels(clock, logging, () => {});
  levels.debugOn('signal USR1');
  assert.equal(logging.levelOf('data'), 'debug');
  clock.advance(14 * 60_000);
  levels.debugOn('signal USR1');
  clock.advance(14 * 60_000);
  assert.equal(logging.levelOf('data'), 'debug', 'a second signal begins a new quarter');
  clock.advance(60_000);
  assert.equal(logging.levelOf('data'), 'info');
  logging.module('data').debug('not written');
  await logging.close();
  assert.deepEqual(
    readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { message: string; actor: string }).actor),
    ['signal USR1', 'signal USR1', 'expiry'],
  );
});

test('a pretty line lets no control byte through', () => {
  const line = prettyLine(
    JSON.stringify({ level: 'WARN', time: 'T', message: 'a "b"\n\u001b[31m', path: '/x\u001b]0;evil\u0007"' }),
  );
  assert.equal(line, 'T WARN  a "b"\\n\\u001b[31m path="/x\\u001b]0;evil\\u0007\\""');
});

test('reloads run one at a time, and all that are asked for meanwhile become one more', async () => {
  let running = 0;
  let most = 0;
  const gates: (() => void)[] = [];
  const applier = {
    async reload() {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => gates.push(resolve));
      running--;
    },
  };
  const state = { phase: 'running', applied: { digest: '', generation: 1 }, reloads: { completed: 0 }, touch() {} };
  const reloader = new Reloader({
    listeners: [],
    load: () => ({ kind: 'ok', diagnostics: [], settled: { routes: [] } }),
    applier,
    state,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    clock: new ManualClock(),
  } as unknown as ReloaderOptions);
  const first = reloader.request('a', null);
  // Asked for in the very moment in which the first one ends.
  const late = first.then(() => reloader.request('e', null));
  const rest = ['b', 'c', 'd'].map((actor) => reloader.request(actor, null));
  await eventually(() => gates.length === 1);
  gates[0]?.();
  await eventually(() => gates.length === 2);
  gates[1]?.();
  await Promise.all([first, ...rest, late]);
  assert.deepEqual([gates.length, most, state.reloads.completed], [2, 1, 2]);
});
