/**
 * The parts of the seed runbooks that are about incidents and are no commands: every line of their checklists, their templates, and what
 * they get wrong when they keep logs – each held against what the program does, and against our runbooks.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { sixFileNames } from '../../src/incident/collect/six-files.ts';
import { callSentinel } from '../cli/command-line.ts';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { seedText } from './seed-blocks.ts';
import { incidentRows, seedLedger } from './seed-ledger.ts';

const runbook = (id: string): string => readFileSync(new URL(`../../runbooks/${id}.md`, import.meta.url), 'utf8');
const plain = (text: string): string => text.replaceAll('`', '');

const secret = 'tr0ub4dor-and-3-horses';

/** What is between two headings. */
function section(file: string, heading: string): string {
  const [, text = ''] = seedText(file).split(new RegExp(`^#+ ${heading}.*$`, 'm'));
  return text.split(/^#+ /m)[0] ?? '';
}

function boxes(file: string, heading: string): readonly string[] {
  const found = [...section(file, heading).matchAll(/^(?:- )?\[ \] (.+)$/gm)].map(([, words = '']) => words);
  assert.ok(found.length >= 5, `${file}: ${heading}`);
  return found;
}

const incidentLists = [
  ['incident-response-page.md', 'First 5 Minutes', 'first-five-minutes'],
  ['incident-response-runbook.md', 'First 5 Minutes', 'first-five-minutes'],
  ['incident-response-page.md', 'Immediate', 'post-incident'],
  ['incident-response-runbook.md', 'Immediate Post-Incident', 'post-incident'],
] as const;

/** A daemon, its configuration with a secret, and a log that begins more than an hour ago. */
async function scene(t: TestContext) {
  const folder = testFolder(t);
  const log = join(folder, 'sentinel.log');
  const incidents = join(folder, 'incidents');
  const line = (minutes: number, words: string): string =>
    `${JSON.stringify({ level: 'info', time: new Date(Date.now() - minutes * 60_000).toISOString(), message: words })}\n`;
  writeFileSync(log, line(90, 'of ninety minutes ago') + line(50, `of fifty minutes ago, password=${secret}`));
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  const { configFile, socket } = await startDaemonProcess(t, {
    folder,
    workers: 1,
    config: `state-dir "${folder}/state"
listener "http" { address "127.0.0.1:0" }
route "all" {
    upstream "fixed"
    policies { request-headers { set { "Authorization" "Bearer ${secret}" } } }
}
upstream "fixed" { static { status 200; body "hello" } }
observability { logging { file "${log}" } }`,
  });
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    SENTINEL_INCIDENTS: incidents,
    SENTINEL_CONFIG: configFile,
    SENTINEL_ADMIN_SOCKET: socket,
  };
  return {
    incidents,
    configFile,
    log,
    async sentinel(line: string): Promise<string> {
      const { code, stdout, stderr } = await callSentinel(line.split(' '), { environment });
      assert.equal(code, 0, stdout + stderr);
      return stdout;
    },
  };
}

test('what the runbooks keep of an incident is kept, and rightly', async (t) => {
  const { incidents, configFile, log, sentinel } = await scene(t);
  const files = (id: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      readdirSync(join(incidents, id), { withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.gz'))
        .map(({ name }) => [name, readFileSync(join(incidents, id, name), 'utf8')]),
    );
  const [, first = ''] = /(INC-\d{8}-001)/.exec(await sentinel('incident open --sev 2')) ?? [];
  await sentinel(`incident snapshot ${first} --fast`);
  const kept = files(first);

  await t.test('the six files of the runbook are there by their names, and a second snapshot replaces none of them', async () => {
    const named = Object.values(seedLedger).flatMap((row) => (row.kind === 'runs' && row.file !== undefined ? [row.file] : []));
    assert.deepEqual([...named, 'config.kdl'].toSorted(), sixFileNames.toSorted());
    for (const name of sixFileNames) assert.ok((kept[name] ?? '').length > 0, name);
    await sentinel(`incident snapshot ${first} --fast`);
    const later = files(first);
    for (const name of sixFileNames) assert.equal(later[name], kept[name], name);
  });

  await t.test('what cp and journalctl copy with its secrets, a snapshot keeps without them', () => {
    assert.ok(readFileSync(configFile, 'utf8').includes(secret) && readFileSync(log, 'utf8').includes(secret));
    assert.match(kept['config.kdl'] ?? '', /route "all"[\s\S]*"Authorization"/);
    for (const [name, text] of Object.entries(kept)) assert.ok(!text.includes(secret), name);
  });

  await t.test('the log of a snapshot is that of the last hour', () => {
    assert.match(kept['sentinel.log'] ?? '', /of fifty minutes ago/);
    assert.doesNotMatch(kept['sentinel.log'] ?? '', /of ninety minutes ago/);
  });

  await t.test('a second incident of the day has a number and a folder of its own', async () => {
    const journal = files(first)['journal.ndjson'];
    const second = first.replace(/001$/, '002');
    assert.ok((await sentinel('incident open --sev 3')).includes(second));
    await sentinel(`incident snapshot ${second} --fast`);
    assert.equal(files(first)['journal.ndjson'], journal);
    for (const name of sixFileNames) assert.equal(files(first)[name], kept[name], name);
    assert.ok(sixFileNames.every((name) => name in files(second)));
  });

  await t.test('every line of the lists of an incident is one that the program keeps, in its order', async () => {
    const printed = plain(await sentinel(`incident checklist ${first}`)).split('\n');
    for (const [file, heading, id] of incidentLists) {
      const lines = boxes(file, heading).map((line) => line.replace(/ \(Slack: (#incident-).*/, ' ($1'));
      const places = lines.map((line) => printed.findIndex((one) => one.startsWith(`  [ ] ${line}`) || one.startsWith(`  [x] ${line}`)));
      assert.ok(!places.includes(-1), `${file}: ${lines.join('\n')}\nin\n${printed.join('\n')}`);
      assert.deepEqual(places, places.toSorted((one, other) => one - other));
      for (const line of lines) assert.ok(plain(runbook(id)).includes(`- [ ] ${line}`), `${id}: ${line}`);
    }
  });
});

test('every line of the lists of a maintenance stands in its runbook', () => {
  const lines = ['Pre-Maintenance', 'Post-Maintenance'].flatMap((heading) => boxes('operational-runbook.md', heading));
  assert.equal(lines.length, 11);
  for (const line of lines) assert.ok(runbook('maintenance-window').includes(`- [ ] ${line}`), line);
});

test('messages and post-mortem stand in the runbooks word for word, for whoever has no terminal', () => {
  const file = 'incident-response-runbook.md';
  const templates: Readonly<Record<string, string>> = {
    'Initial Incident Communication': 'first-five-minutes',
    'Update Communication': 'post-incident',
    'Resolution Communication': 'post-incident',
    'Post-Mortem Template': 'post-incident',
  };
  for (const [heading, id] of Object.entries(templates)) {
    const [, rest = ''] = seedText(file).split(new RegExp(`^#+ ${heading}$`, 'm'));
    const [, template = ''] = /^```\w*\n([\s\S]*?)^```$/m.exec(rest) ?? [];
    assert.ok(template.length > 100, heading);
    assert.ok(runbook(id).includes(template), `${heading} in ${id}`);
  }
});

test('the test that a row about incidents names is there, and runs', () => {
  for (const [row, { test: file, title }] of Object.entries(incidentRows)) {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    assert.match(text, new RegExp(`^ *(?:await t\\.)?test\\((?:\n +)?'${title}'`, 'm'), row);
  }
});
