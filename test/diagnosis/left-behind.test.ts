/** A daemon that is gone where nobody names its configuration: what it left behind says that there was one, and which. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { instanceFolder } from '../../src/base/state-folder.ts';
import { judge } from '../../src/diagnosis/judge.ts';
import { defaultThresholds } from '../../src/diagnosis/thresholds.ts';
import { lastRunBehind } from '../../src/history/last-run.ts';
import { type RunRecord, writeRunRecord } from '../../src/history/run-record.ts';
import { callSentinel } from '../cli/command-line.ts';
import { staticConfig, testFolder } from '../helpers/daemon.ts';
import { change, factsWith } from './fact-values.ts';

const noDaemon = [
  change('process', (value) => ({
    ...value,
    pid: null,
    found_by: 'none' as const,
    pid_files: [{ path: '/run/sentinel.pid', pid: 812, alive: false }],
  })),
  change('death', (value) => ({ ...value, last_run: null, refused_start: null })),
];
const options = { runbooks: [], thresholds: defaultThresholds, contacts: null, symptom: null };

test('a pid file that an orderly end would have taken away says that a daemon was killed', () => {
  const [first] = judge(factsWith(...noDaemon), options).causes;
  assert.equal(first?.cause, 'killed');
  assert.match(first?.detail ?? '', /pid 812\) has left \/run\/sentinel\.pid behind/);
});

test('without any pid file nothing says that one ever ran', () => {
  const none = change('process', (value) => ({ ...value, pid_files: [] }));
  assert.equal(judge(factsWith(...noDaemon, none), options).causes[0]?.cause, 'never-started');
});

function record(config: string, socket: string, startedAt: string): RunRecord {
  return {
    pid: 2 ** 22 - 1,
    started_at: startedAt,
    boot_id: null,
    version: '0.1.0',
    user: 'root',
    uid: 0,
    config_path: config,
    generation: 1,
    pid_file: null,
    admin_socket: socket,
    admin_address: null,
    listeners: [],
    log_files: [],
    incidents_dir: null,
    cgroup: null,
    oom_kills_at_start: null,
    stopping: null,
    ended: null,
  };
}

function plant(state: string, run: RunRecord): void {
  const folder = instanceFolder(state, run.config_path ?? 'built-in');
  mkdirSync(folder, { recursive: true });
  writeRunRecord(folder, run);
}

test('the newest run behind a socket is found in any state folder, others are not', (t) => {
  const folder = testFolder(t);
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  plant(one, record('/a.kdl', '/s', '2026-11-20T10:00:00.000Z'));
  plant(two, record('/b.kdl', '/s', '2026-11-20T11:00:00.000Z'));
  plant(two, record('/c.kdl', '/other', '2026-11-20T12:00:00.000Z'));
  assert.equal(lastRunBehind([one, two, join(folder, 'none')], ['/s'])?.config_path, '/b.kdl');
  assert.equal(lastRunBehind([one, two], ['/nobody']), null);
});

test('where no configuration is named, that of the last daemon behind the socket is meant', async (t) => {
  const folder = testFolder(t);
  const config = join(folder, 'edge.kdl');
  const socket = join(folder, 'admin.sock');
  writeFileSync(config, staticConfig('hello', 'observability { metrics { address "127.0.0.1:0" } }'));
  plant(join(folder, 'sentinel'), record(config, socket, '2026-11-20T10:00:00.000Z'));
  const { stdout } = await callSentinel(['diagnose', '--json'], {
    environment: { SENTINEL_ADMIN_SOCKET: socket, XDG_STATE_HOME: folder },
  });
  const { data } = JSON.parse(stdout);
  assert.equal(data.subject.config_path, config);
  assert.equal(data.verdict.causes[0].cause, 'killed');
  assert.deepEqual(data.verdict.next.slice(0, 1), [`sentinel run -c ${config}`]);
});
