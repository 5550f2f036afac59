/** `incident snapshot show` and `verify`, and `diagnose --bundle`: what they say of a bundle, and their exit statuses. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { systemClock } from '../../../src/base/clock.ts';
import { writeBundle } from '../../../src/incident/bundle/write.ts';
import type { Item } from '../../../src/incident/bundle/item.ts';
import { IncidentStore } from '../../../src/incident/record/store.ts';
import { callSentinel, type Ended, runSentinel } from '../../cli/command-line.ts';
import { reportCases } from '../../diagnosis/report-cases.ts';
import { facts, folderOf, found, keepingAll, missing, orderIn } from './bundles.ts';

const judged = reportCases['target-down'].facts;
const items = [
  found('facts.json', JSON.stringify(judged), { class: 'verdict', kind: 'json' }),
  found('state/notes.txt', 'notes\u001b[2J\nlast', { truncated: 'the older ones' }),
  missing('logs/journald.txt', 'no answer within 5 s'),
];

interface Scene {
  readonly folder: string;
  readonly file: string;
  readonly call: (...args: string[]) => Promise<Ended>;
}

async function scene(t: TestContext, some: readonly Item[] = items): Promise<Scene> {
  const folder = folderOf(t);
  const { path: file } = await writeBundle(orderIn(folder, { items: some, scrubber: keepingAll }));
  const environment = { SENTINEL_INCIDENTS: path.join(folder, 'incidents') };
  return { folder, file, call: (...args) => callSentinel(args, { environment }) };
}

test('show says the verdict, what is here, how old, what was left out, what is missing and why, and what was taken out', async (t) => {
  const { file, call } = await scene(t);
  const { code, stdout } = await call('incident', 'snapshot', 'show', file);
  assert.equal(code, 0);
  for (const words of [
    /^INC-001: checkout is slow$/m,
    /^verdict +✗ SEV2 upstream failure$/m,
    /^state\/notes\.txt +14 B .*the older ones/m,
    /\? logs\/journald\.txt: no answer within 5 s \[journalctl -u sentinel\]/,
    /^redacted +internal: \d+ replacements? in \d+ files?$/m,
    /^items +[0-9a-f]{4}( [0-9a-f]{4}){3} /m,
  ])
    assert.match(stdout, words);
  const json = await call('incident', 'snapshot', 'show', file, '--json');
  const { data } = JSON.parse(json.stdout) as { data: { manifest: { incident: string; items: readonly unknown[] } } };
  assert.deepEqual([json.code, data.manifest.incident, data.manifest.items.length], [0, 'INC-001', 3]);
});

test('show prints a file of a bundle so that it cannot steer the terminal; what is not in it is refused with the reason', async (t) => {
  const { file, call } = await scene(t);
  assert.deepEqual(await call('incident', 'snapshot', 'show', file, 'state/notes.txt'), {
    code: 0,
    stdout: 'notes\ufffd[2J\nlast\n',
    stderr: '',
  });
  const gone = await call('incident', 'snapshot', 'show', file, 'logs/journald.txt');
  assert.equal(gone.code, 2);
  assert.match(gone.stderr, /SNT-I050.*does not hold logs\/journald\.txt: no answer within 5 s/);
  const mistyped = await call('incident', 'snapshot', 'show', file, 'state/note.txt');
  assert.match(mistyped.stderr, /did you mean state\/notes\.txt\?/);
  const none = await call('incident', 'snapshot', 'show', `${file}.gone`);
  assert.equal(none.code, 3);
  assert.match(none.stderr, /SNT-I047/);
});

test('verify agrees with what was written, and finds each file that was changed, added or taken away', async (t) => {
  const { file, call } = await scene(t);
  const sound = await call('incident', 'snapshot', 'verify', file);
  assert.equal(sound.code, 0, sound.stdout);
  assert.match(sound.stdout, /✓ 5 files are what the manifest says/);
  assert.match(sound.stdout, /▲ the journal of INC-001 is not here/);
  const tar = gunzipSync(readFileSync(file));
  for (const [from, to, words] of [
    ['notes\u001b', 'nOtes\u001b', /state\/notes\.txt: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}/],
    ['checkout is slow', 'checkout is fast', /manifest\.json: SHA256SUMS has another SHA-256 for it/],
    ['Profile `internal`', 'Profile `paranoid', /README\.md: SHA256SUMS has another/],
  ] as const) {
    const at = tar.indexOf(from);
    const changed = Buffer.from(tar);
    changed.write(to, at);
    writeFileSync(file, gzipSync(changed));
    const { code, stdout } = await call('incident', 'snapshot', 'verify', file);
    assert.equal(code, 1);
    assert.match(stdout, words);
  }
  const json = JSON.parse((await call('incident', 'snapshot', 'verify', file, '--json')).stdout) as {
    exit_code: number;
    findings: readonly { code: string }[];
  };
  assert.equal(json.exit_code, 1);
  assert.equal(json.findings[0]?.code, 'SNT-I049');
  writeFileSync(file, readFileSync(file).subarray(0, 100));
  assert.equal((await call('incident', 'snapshot', 'verify', file)).code, 3);
});

test('verify finds a secret that this machine knows, and never says it', async (t) => {
  const secret = 'Zq8-tR5-mW2-pL9';
  const folder = folderOf(t);
  const { path: file } = await writeBundle(orderIn(folder, { items: [found('state/a.txt', `x\n${secret}\n`)] }));
  const environment = { SENTINEL_INCIDENTS: path.join(folder, 'none'), DATABASE_PASSWORD: secret };
  const { code, stdout } = await callSentinel(['incident', 'snapshot', 'verify', file], { environment });
  assert.equal(code, 1);
  assert.match(stdout, /state\/a\.txt:2: looks like a secret/);
  assert.equal(stdout.includes(secret), false);
});

test('verify holds a bundle against the journal of its incident, and an incident stands for its last snapshot', async (t) => {
  const folder = folderOf(t);
  const incidents = path.join(folder, 'incidents');
  const store = new IncidentStore(incidents, { clock: systemClock, actor: 'ops', host: 'prod-1' });
  const body = { kind: 'opened', title: null, sev: null, why: null, by: 'operator', service: null } as const;
  const { head } = await store.open({ id: 'INC-001', body });
  const at = store.folderOf('INC-001');
  const { path: file, sha256, bytes } = await writeBundle(orderIn(at, { items, facts: { ...facts, journal: head } }));
  const snapshot = { kind: 'snapshot', sha256, bytes, complete: true, verdict: 'SEV2' } as const;
  await store.append('INC-001', [{ ...snapshot, file: path.basename(file) }]);
  const environment = { SENTINEL_INCIDENTS: incidents };
  const verify = (named: string): Promise<Ended> =>
    callSentinel(['incident', 'snapshot', 'verify', named], { environment });
  const sound = await verify('INC-001');
  assert.match(sound.stdout, /✓ entry 2 of the journal has this SHA-256/);
  // Also from within the folder of all incidents, where the id is the name of a folder.
  const inside = await runSentinel(['incident', 'snapshot', 'show', 'INC-001'], { environment, directory: incidents });
  assert.deepEqual([inside.code, inside.stderr], [0, '']);
  assert.equal(sound.code, 0);
  // Another one of the same name, and one that knows another journal.
  const other = path.join(folder, path.basename(file));
  copyFileSync(
    (await writeBundle(orderIn(folderOf(t), { items: [], facts: { ...facts, journal: head } }))).path,
    other,
  );
  const namesake = await verify(other);
  assert.match(namesake.stdout, /entry 2 of the journal expected SHA-256/);
  assert.equal(namesake.code, 1);
  const { path: foreign } = await writeBundle(orderIn(folderOf(t), { items }));
  const elsewhere = await verify(foreign);
  assert.match(elsewhere.stdout, /the bundle was taken at entry 7 of the journal, which has 2/);
  assert.equal(elsewhere.code, 1);
});

test('diagnose --bundle judges the facts of a snapshot as diagnose --facts does, and says whose and how old they are', async (t) => {
  const { folder, file, call } = await scene(t);
  const plain = path.join(folder, 'facts.json');
  writeFileSync(plain, JSON.stringify(judged));
  for (const format of [[], ['--format', 'markdown'], ['--json']]) {
    const [ofBundle, ofFile] = [
      await call('diagnose', '--bundle', file, ...format),
      await call('diagnose', '--facts', plain, ...format),
    ];
    assert.equal(ofBundle.code, ofFile.code, format.join(' '));
    assert.equal(ofBundle.code, 1);
  }
  const { stdout } = await call('diagnose', '--bundle', file);
  assert.match(
    stdout.replaceAll(/\s+/g, ' '),
    /from the snapshot INC-001-prod-1-\S+\.tar\.gz of INC-001: prod-1 as it was 2026-11-20 14:05:12Z/,
  );
});

test('diagnose --bundle takes no other source of facts, and a bundle without facts says why it has none', async (t) => {
  const { file, call } = await scene(t, [missing('facts.json', 'given up after 8 s')]);
  for (const more of [['--facts', 'x'], ['--watch'], ['--save-facts', 'y'], ['--intrusive']]) {
    assert.equal((await call('diagnose', '--bundle', file, ...more)).code, 2, more.join(' '));
  }
  const { code, stderr } = await call('diagnose', '--bundle', file);
  assert.equal(code, 3);
  assert.match(stderr, /it holds none: given up after 8 s/);
  assert.equal((await call('diagnose', '--bundle', `${file}.gone`)).code, 3);
});
