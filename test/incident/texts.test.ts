import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { instanceFolder } from '../../src/base/state-folder.ts';
import { systemClock } from '../../src/base/clock.ts';
import { flightPaths, flightSchema } from '../../src/history/flight-record.ts';
import { IncidentStore } from '../../src/incident/record/store.ts';
import { type Ended, callSentinel } from '../cli/command-line.ts';
import { stretch } from './flight-of-traffic.ts';

const folder = mkdtempSync(join(tmpdir(), 'sentinel-texts-'));
const config = join(folder, 'config.kdl');
const environment = {
  SENTINEL_INCIDENTS: join(folder, 'incidents'),
  SENTINEL_CONFIG: config,
  SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'),
  XDG_RUNTIME_DIR: folder,
  HOME: folder,
};
const store = new IncidentStore(environment.SENTINEL_INCIDENTS, { clock: systemClock, actor: 'ada', host: 'edge-1' });
const id = 'INC-001';

function sentinel(...args: readonly string[]): Promise<Ended> {
  return callSentinel(args, { environment });
}

/** A daemon that is dead by now wrote down half an hour, of which one minute was bad. */
before(async () => {
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  writeFileSync(
    config,
    [
      `state-dir "${folder}/state"`,
      'incidents { service "Web shop" }',
      'route "api" { matches { path-prefix "/shop" }; upstream "backend" }',
      'upstream "backend" { targets { target { address "10.9.9.12:8080" } } }',
      '',
    ].join('\n'),
  );
  const instance = instanceFolder(join(folder, 'state'), config);
  mkdirSync(instance, { recursive: true, mode: 0o700 });
  const nowMs = Math.floor(Date.now() / 10_000) * 10_000;
  const lines = Array.from({ length: 180 }, (_, index) =>
    stretch(nowMs - (179 - index) * 10_000, { requests: 100, affected: index >= 160 && index < 166 ? 50 : 0 }),
  );
  const [path] = flightPaths(instance);
  writeFileSync(
    path,
    [{ kind: 'schema', schema: flightSchema }, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  await store.open({
    id,
    body: { kind: 'opened', title: '10.9.9.12:8080 fails', sev: 'SEV1', why: null, by: 'operator', service: null },
  });
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('a post-mortem is written without a daemon, has its counts, and joins the journal once', async () => {
  const first = await sentinel('incident', 'postmortem');
  assert.equal(first.code, 0, first.stderr);
  const path = join(folder, 'incidents', id, 'postmortem.md');
  const text = readFileSync(path, 'utf8');
  assert.match(text, /50% of requests \(300 of 600\) had no good answer/);
  assert.match(first.stdout, /✎ \d+ blanks to fill in/);
  const again = await sentinel('incident', 'postmortem', '--json');
  assert.equal((JSON.parse(again.stdout) as { data: { how: string } }).data.how, 'same');
  assert.equal(readFileSync(path, 'utf8'), text);
  const told = store.entries(id).filter(({ kind }) => kind === 'postmortem');
  assert.equal(told.length, 1);
  const other = join(folder, 'other.md');
  assert.equal((await sentinel('incident', 'postmortem', '--output', other)).code, 0);
  assert.match(readFileSync(other, 'utf8'), /^# Incident Post-Mortem: INC-001$/m);
});

test('--print shows it and writes nothing; a lost marker is status 1 in every format', async () => {
  const entries = store.entries(id).length;
  const printed = await sentinel('incident', 'postmortem', id, '--print', '--output', join(folder, 'unwritten.md'));
  assert.match(printed.stdout, /^# Incident Post-Mortem: INC-001$/m);
  assert.equal(store.entries(id).length, entries);
  assert.throws(() => readFileSync(join(folder, 'unwritten.md')));
  writeFileSync(join(folder, 'mine.md'), 'my own words\n');
  for (const more of [[], ['--json']]) {
    const ended = await sentinel('incident', 'postmortem', '--output', join(folder, 'mine.md'), ...more);
    assert.equal(ended.code, 1);
    assert.match(ended.stdout, /its markers are gone/);
  }
  assert.equal(readFileSync(join(folder, 'mine.md'), 'utf8'), 'my own words\n');
  assert.match(readFileSync(join(folder, 'mine.new.md'), 'utf8'), /50% of requests/);
});

test('a message has what the configuration and the counters know, and says on standard error what it does not', async () => {
  const { code, stdout, stderr } = await sentinel('incident', 'comms', 'initial', '--draft');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Subject: \[INVESTIGATING\] Web shop - an internal system fails$/m);
  assert.match(stdout, /\*\*Impact\*\*: About 50% of requests to \/shop failed (?:at|between) \d\d:\d\d.* UTC\./);
  assert.match(stdout, /updates every 15 minutes/);
  assert.match(stderr, /left out, as it is internal: 10\.9\.9\.12:8080/);
  assert.equal(store.read(id).messages.length, 0, 'a draft is not told');
  const update = await sentinel('incident', 'comms', 'update', id, '--next', 'x', '--format', 'slack');
  assert.match(update.stderr, /a blank to fill in: \[What we've learned or done since last update\]/);
  assert.deepEqual(
    store.read(id).messages.map(({ message, format }) => [message, format]),
    [['update', 'slack']],
  );
  const json = JSON.parse((await sentinel('incident', 'comms', 'resolution', '--draft', '--json')).stdout) as {
    data: { blanks: string[] };
    warnings: string[];
  };
  assert.ok(json.data.blanks.includes('[What we did to fix it]'));
  assert.match(json.warnings.join(), /not marked as resolved/);
});

test('messages about maintenance need no incident, and a window that is none is refused', async () => {
  const ended = await sentinel(
    'incident',
    'comms',
    'maintenance-announce',
    '--window',
    '2026-11-22T02:00Z/90m',
    '--title',
    'New disks',
  );
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /Window\*\*: 2026-11-22 02:00 UTC - 03:30 UTC$/m);
  for (const window of ['now', '2026-11-22T02:00Z', '2026-11-22T02:00Z/2026-11-22T01:00Z', '2026-11-22T02:00Z/1h/2h']) {
    assert.equal((await sentinel('incident', 'comms', 'maintenance-done', '--window', window)).code, 2, window);
  }
  assert.equal((await sentinel('incident', 'comms', 'news')).code, 2);
});
