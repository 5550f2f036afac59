/** An incident from its opening to its end with a real daemon: what joins it by itself, what its timeline says, and who takes it over. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRoots } from '../../../src/base/run-files.ts';
import type { Surroundings } from '../../../src/cli/command.ts';
import { incidentToJoin } from '../../../src/cli/incident/joining.ts';
import { invocationOf } from '../../../src/cli/main.ts';
import { parseCommandLine } from '../../../src/cli/parser.ts';
import { styleFor } from '../../../src/cli/streams.ts';
import type { Timeline } from '../../../src/incident/timeline/moment.ts';
import { callSentinel, type Ended, runSentinel } from '../../cli/command-line.ts';
import { startDaemonProcess, testFolder } from '../../helpers/daemon.ts';

const book = `---
id: site
title: Of the site
severity: SEV3
symptoms:
  - something
entry: true
---

# Of the site

\`\`\`kdl
step "refuse" "Refuse the network" kind="change" { run "sentinel" "block" "add" "198.51.100.0/24"; undo "sentinel" "block" "remove" "198.51.100.0/24" }
\`\`\`
`;

interface Scene {
  readonly folder: string;
  readonly incidents: string;
  readonly environment: Readonly<Record<string, string>>;
  sentinel(line: string): Promise<Ended>;
  data<T>(line: string): Promise<T>;
}

function sceneIn(t: TestContext): Scene {
  const folder = testFolder(t);
  const incidents = join(folder, 'incidents');
  const books = join(folder, 'runbooks');
  for (const one of [books, join(folder, 'state')]) mkdirSync(one, { mode: 0o700 });
  writeFileSync(join(books, 'site.md'), book);
  const environment = {
    SENTINEL_INCIDENTS: incidents,
    SENTINEL_CONFIG: join(folder, 'sentinel.kdl'),
    SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'),
    SENTINEL_RUNBOOKS: books,
  };
  const sentinel = (line: string) => callSentinel(line.split(' '), { environment });
  return {
    folder,
    incidents,
    environment,
    sentinel,
    async data<T>(line: string) {
      const { stdout } = await sentinel(`${line} --json`);
      const { data } = JSON.parse(stdout) as { data: T | null };
      assert.ok(data !== null, stdout);
      return data;
    },
  };
}

test('what is done about an incident, and what the proxy does, stands in its timeline by itself', async (t) => {
  const scene = sceneIn(t);
  const { folder, incidents, sentinel, data } = scene;
  const config = `state-dir "${folder}/state"
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200 } }`;
  const daemon = await startDaemonProcess(t, { folder, config, workers: 1 });

  const before = await sentinel('block add 203.0.113.0/24 --reason flood');
  assert.equal(before.code, 0, before.stderr);
  assert.equal((await sentinel('incident open INC-1 --sev 3 --title down --no-propose')).code, 0);
  assert.equal((await sentinel('incident note token=hunter2hunter2 seen')).code, 0);
  assert.equal((await sentinel('override limits max-total-connections=900 --for 10m --yes')).code, 0);
  const ran = await runSentinel(['runbook', 'run', 'site', '--yes', '--no-input'], {
    environment: scene.environment,
    directory: folder,
  });
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  const judged = await sentinel('diagnose --short');

  const timeline = await data<Timeline>('incident timeline');
  const lines = timeline.moments.map(({ source, words }) => `${source} ${words}`);
  const place = (form: RegExp): number => {
    const found = lines.flatMap((line, index) => (form.test(line) ? [index] : []));
    assert.equal(found.length, 1, `${form} in\n${lines.join('\n')}`);
    return found[0] as number;
  };
  const order = [
    place(/^configuration daemon started with configuration generation 1$/),
    place(/^command sentinel block add 203\.0\.113\.0\/24 --reason flood$/),
    place(/^journal incident opened: SEV3: down$/),
    place(/^journal note: token=\[redacted\] seen$/),
    place(/^command sentinel override limits max-total-connections=900 --for 10m --yes$/),
    place(/^runbook runbook site begun$/),
    place(/^command sentinel block add 198\.51\.100\.0\/24$/),
    place(/^journal runbook site finished \(r-/),
    place(/^journal diagnosis: /),
  ];
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
    lines.join('\n'),
  );
  assert.ok(!lines.some((line) => /admin API|block_add|Override set/.test(line)), lines.join('\n'));
  // No daemon ran before this one: nothing can be missing.
  assert.deepEqual(
    timeline.missing.filter(({ source }) => source === 'event'),
    [],
  );
  const blocked = timeline.moments[order[1] as number];
  assert.ok(JSON.stringify(blocked?.fields['confirmed_by']).includes('admin_action'));

  const own = join(incidents, 'INC-1');
  const kept = readdirSync(own);
  for (const form of [/^diagnosis-.*\.facts\.json$/, /^r-.*\.ndjson$/]) {
    const name = kept.find((one) => form.test(one)) ?? '';
    assert.equal(statSync(join(own, name)).mode & 0o777, 0o600);
  }
  const facts = kept.find((one) => one.endsWith('.facts.json')) ?? '';
  const again = await sentinel(`diagnose --short --facts ${join(own, facts)}`);
  assert.deepEqual([again.code, again.stdout.split('\n')[0]], [judged.code, judged.stdout.split('\n')[0]]);
  assert.equal((await data<Timeline>('incident timeline')).moments.length, lines.length, 'a judged file joins nothing');

  const chosen = await sentinel('incident timeline --source command --filter actor!=nobody');
  assert.match(chosen.stdout, /command sentinel block add/);
  assert.doesNotMatch(chosen.stdout, /journal/);
  for (const line of chosen.stdout.split('\n')) assert.ok(line.length <= 120, line);
  const table = await sentinel('incident timeline --format markdown');
  assert.match(table.stdout, /^\| Time \(UTC\) \| Event \|\n\|------------\|-------\|\n\| \d\d:\d\d \| /);

  const handed = await sentinel('incident handover');
  assert.equal(handed.code, 0, handed.stderr);
  assert.ok(handed.stdout.split('\n').length <= 17, handed.stdout);
  assert.match(handed.stdout, /^INC-1 {2}SEV3 {2}open {2}down\n/);
  assert.match(handed.stdout, /now +daemon ready, generation 1; no target down; /);
  assert.match(
    handed.stdout,
    /overrides +.*limits max-total-connections=900 until \d\d:\d\d:\d\dZ \(\w+\); 2 blocked networks\n/,
  );
  assert.match(handed.stdout, /last note +.*token=\[redacted\] seen/);

  daemon.child.kill('SIGKILL');
  await once(daemon.child, 'close');
  const dead = await sentinel('incident handover');
  assert.equal(dead.code, 3);
  assert.match(dead.stdout, /now +not known: no daemon answers/);
  assert.match(dead.stdout, /overrides +not known\n {2}drains +not known\n {2}on trial +not known\n/);
  const late = await data<Timeline>('incident timeline');
  assert.ok(late.moments.length >= lines.length, 'the flight record has what the daemon said');
  assert.ok(!late.moments.some(({ words }) => /admin API/.test(words)));

  assert.equal((await sentinel('incident close --resolved now')).code, 0);
  const frozen = await data<Timeline>('incident timeline --incident INC-1').catch(() =>
    data<Timeline>('incident timeline INC-1'),
  );
  assert.equal(frozen.until === null, false);
  const file = join(own, 'timeline.ndjson');
  assert.equal(readFileSync(file, 'utf8').split('\n').length, frozen.moments.length + 2);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  appendFileSync(file, '{}\n');
  const altered = await data<Timeline>('incident timeline INC-1');
  assert.match(altered.missing[0]?.why ?? '', /changed since it was closed/);
});

/** What the command line of a diagnosis would join, and what it says about that. */
async function joining(scene: Scene, line: string): Promise<{ readonly id: string | null; readonly said: string }> {
  const parsed = parseCommandLine('sentinel', '0', line.split(' '));
  assert.ok(parsed.kind === 'command');
  let said = '';
  const stderr = { isTerminal: false, style: styleFor(false, 80), write: (text: string) => void (said += text) };
  const context = { environment: scene.environment, uid: process.getuid?.() ?? 0, roots: systemRoots };
  const surroundings = { context, directory: scene.folder, clock: systemClock, stderr, version: '0' };
  const invocation = invocationOf(surroundings as unknown as Surroundings, parsed.values);
  const joined = await incidentToJoin(invocation);
  return { id: joined?.id ?? null, said };
}

test('a diagnosis joins nothing where nothing is open, and makes no folder', async (t) => {
  const scene = sceneIn(t);
  assert.deepEqual(await joining(scene, 'diagnose'), { id: null, said: '' });
  assert.equal(existsSync(scene.incidents), false);
});

test('where several incidents are open none is guessed; one that is named gets it', async (t) => {
  const scene = sceneIn(t);
  for (const id of ['INC-A', 'INC-B']) await scene.sentinel(`incident open ${id} --sev 4 --no-propose`);
  assert.deepEqual(await joining(scene, 'diagnose'), {
    id: null,
    said: 'note: 2 incidents are open, and this was added to none: name one with --incident\n',
  });
  assert.deepEqual(await joining(scene, 'diagnose --incident INC-A'), { id: 'INC-A', said: '' });
  await assert.rejects(joining(scene, 'diagnose --incident INC-C'), { code: 'SNT-I002' });
  await scene.sentinel('incident close INC-A --resolved now');
  assert.equal((await joining(scene, 'runbook run site')).id, 'INC-B');
});
