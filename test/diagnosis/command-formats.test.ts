/** `sentinel diagnose --facts`: the same facts give the same exit status in every format, and a file that holds none is refused. */
import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Facts } from '../../src/diagnosis/facts.ts';
import { callSentinel } from '../cli/command-line.ts';
import { testFolder } from '../helpers/daemon.ts';
import { parseXml } from '../helpers/xml.ts';
import { change, factsWith, healthyFacts, unknown } from './fact-values.ts';
import { reportCases } from './report-cases.ts';

const situations: Readonly<Record<string, readonly [facts: Facts, exitCode: number]>> = {
  healthy: [healthyFacts(), 0],
  'a target that refuses': [reportCases['target-down'].facts, 1],
  'a daemon that is dead': [
    factsWith(
      change('process', (value) => ({ ...value, pid: null, found_by: 'none' as const })),
      unknown('endpoints', 'daemon', 'threads', 'traffic', 'clients', 'changes'),
    ),
    1,
  ],
  'what nobody knows': [factsWith(unknown('daemon', 'traffic')), 3],
};

const formats: readonly (readonly string[])[] = [
  [],
  ['--short'],
  ['--json'],
  ['--format', 'json'],
  ['--format', 'markdown'],
  ['--format', 'slack'],
  ['--format', 'junit'],
];

for (const [situation, [facts, expected]] of Object.entries(situations)) {
  test(`the exit status of ${situation} is ${expected} in every format`, async (t) => {
    const file = join(testFolder(t), 'facts.json');
    writeFileSync(file, JSON.stringify(facts));
    for (const format of formats) {
      const { code, stdout, stderr } = await callSentinel(['diagnose', '--facts', file, ...format]);
      assert.equal(code, expected, `${format.join(' ')}\n${stdout}${stderr}`);
      assert.equal(stderr, '');
      if (format.includes('json') || format.includes('--json')) assert.equal(JSON.parse(stdout).exit_code, expected);
      if (format.includes('junit')) {
        const { attributes } = parseXml(stdout);
        const red = Number(attributes['failures']) + Number(attributes['errors']) > 0;
        assert.equal(red, expected !== 0);
      }
    }
  });
}

test('the envelope of a diagnosis has its verdict, every probe, and findings with evidence and their place in a runbook', async (t) => {
  const file = join(testFolder(t), 'facts.json');
  writeFileSync(file, JSON.stringify(reportCases['target-down'].facts));
  const { stdout } = await callSentinel(['diagnose', '--facts', file, '--json']);
  const { schema, data, findings, generation, status } = JSON.parse(stdout);
  assert.deepEqual([schema, generation, status], ['sentinel.diagnose/1', 1, 'problems']);
  assert.deepEqual(Object.keys(data), ['at', 'probes', 'subject', 'took_ms', 'verdict']);
  assert.equal(data.probes.length, 19);
  assert.deepEqual(Object.keys(data.verdict), [
    'causes',
    'exit_code',
    'next',
    'notices',
    'page',
    'path',
    'procedure',
    'respond_within',
    'severity',
    'status',
    'unknown',
  ]);
  const refused = findings.find(({ code }: { code: string }) => code === 'SNT-U020');
  assert.deepEqual(Object.keys(refused), [
    'code',
    'detail',
    'evidence',
    'resource',
    'runbook',
    'sev',
    'severity',
    'suggestion',
    'title',
  ]);
  assert.match(refused.runbook, /^upstream-failure#/);
  assert.ok(refused.evidence.length > 0);
});

test('who is paged is who the contacts of the configuration name, with and without a daemon', async (t) => {
  const file = join(testFolder(t), 'facts.json');
  for (const [, [facts, expected]] of Object.entries(situations).slice(1, 3)) {
    const named = change('config', (value) => ({
      ...value,
      contacts: {
        primary: 'the pager',
        secondary: null,
        management: [],
        infrastructure: null,
        security: null,
        channel: '#ops',
        docs_url: null,
      },
    }))(facts);
    writeFileSync(file, JSON.stringify(named));
    const { code, stdout } = await callSentinel(['diagnose', '--facts', file]);
    assert.equal(code, expected);
    const daemonSays = facts.sections.daemon.state === 'known';
    assert.match(stdout, daemonSays ? /page PagerDuty \(primary\)/ : /page the pager \(primary\)/);
    assert.match(stdout, daemonSays ? /talk in #sentinel-ops/ : /talk in #ops/);
  }
});

test('facts can be read from standard input', async () => {
  const { code } = await callSentinel(['diagnose', '--facts', '-'], { input: JSON.stringify(healthyFacts()) });
  assert.equal(code, 0);
});

const notFacts: Readonly<Record<string, string>> = {
  'no JSON': 'process: running',
  'another document': '{"schema": "sentinel.status/1"}',
  'no sections': '{"schema": "sentinel.facts/1", "at": "2026-01-01T00:00:00.000Z", "took_ms": 1, "subject": {}}',
  'a section of another shape': JSON.stringify({
    ...healthyFacts(),
    sections: { ...healthyFacts().sections, daemon: { state: 'known', value: { status: 7 } } },
  }),
  'a section with nothing in it': JSON.stringify({
    ...healthyFacts(),
    sections: { ...healthyFacts().sections, daemon: { state: 'known', value: {} } },
  }),
};

for (const [what, text] of Object.entries(notFacts)) {
  test(`a file that holds ${what} is refused with 3, and not judged`, async (t) => {
    const file = join(testFolder(t), 'facts.json');
    writeFileSync(file, text);
    const { code, stderr } = await callSentinel(['diagnose', '--facts', file]);
    assert.equal(code, 3);
    assert.match(stderr, /^error\[SNT-P108\]: /);
  });
}

test('a file without an end is refused with 3', async () => {
  const { code, stderr } = await callSentinel(['diagnose', '--facts', '/dev/zero']);
  assert.equal(code, 3);
  assert.match(stderr, /^error\[SNT-P108\]: .*it is over 64 MiB/);
});

test('a probe that the file says nothing of is not known', async (t) => {
  const file = join(testFolder(t), 'facts.json');
  const { daemon: _, ...sections } = healthyFacts().sections;
  writeFileSync(file, JSON.stringify({ ...healthyFacts(), sections }));
  const { code, stdout } = await callSentinel(['diagnose', '--facts', file]);
  assert.equal(code, 3);
  assert.match(stdout, /\? daemon \(needed\): the file does not say/);
});

const wrongUses: readonly (readonly [args: readonly string[], words: RegExp])[] = [
  [['--facts', 'x', '--watch'], /--facts judges what was found out before, and --watch asks anew/],
  [['--facts', 'x', '--save-facts', 'y'], /--save-facts asks anew/],
  [['--watch', '--wait'], /one of them/],
  [['--watch', '--format', 'junit'], /no junit/],
  [['--interval', '10ms', '--watch'], /shorter than 1s/],
  [['--symptom', 'headache'], /expected one of triage, /],
  [['--guided'], /give --intrusive/],
  [['--guided', '--wait'], /stops at every step/],
];

for (const [args, words] of wrongUses) {
  test(`diagnose ${args.join(' ')} is refused with 2 before anything is asked`, async () => {
    const { code, stdout, stderr } = await callSentinel(['diagnose', ...args]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, words);
  });
}

test('a folder that nothing can be written to is said, and the file of facts of before stays', async (t) => {
  const folder = testFolder(t);
  const file = join(folder, 'nowhere', 'facts.json');
  const { code, stderr } = await callSentinel(['diagnose', '-c', join(folder, 'none.kdl'), '--save-facts', file], {
    environment: { SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'), XDG_STATE_HOME: folder },
  });
  assert.equal(code, 3);
  assert.match(stderr, /SNT-P108.*ENOENT/);
});

test('facts are kept for their owner alone', async (t) => {
  const folder = testFolder(t);
  const file = join(folder, 'facts.json');
  writeFileSync(file, 'old');
  chmodSync(file, 0o644);
  const environment = { SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'), XDG_STATE_HOME: folder };
  const { code } = await callSentinel(['diagnose', '-c', join(folder, 'none.kdl'), '--save-facts', file], {
    environment,
  });
  assert.equal(code, 1);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const again = await callSentinel(['diagnose', '--facts', file]);
  assert.equal(again.code, 1);
});
