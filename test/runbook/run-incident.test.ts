/** Which incident a run of a runbook is about: what its steps get for it, where the run is written down, and what ticking in it means. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { callSentinel } from '../cli/command-line.ts';
import { requireComponent } from '../helpers/components.ts';
import { testFolder } from '../helpers/daemon.ts';
import { typeAtTerminal } from './typing-operator.ts';

/** A machine without a daemon, and a runbook of the site. @param lines behind its heading */
function machine(t: TestContext, ...lines: readonly string[]) {
  const folder = testFolder(t);
  const [incidents, books, state] = ['incidents', 'runbooks', 'state'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [books, state]) mkdirSync(one, { mode: 0o700 });
  const text = ['---', 'id: site', 'title: Of the site', 'severity: SEV3', 'symptoms: [ it ]', 'entry: true', '---'];
  writeFileSync(join(books, 'site.md'), [...text, '', '# Of the site', '', ...lines, ''].join('\n'));
  writeFileSync(join(folder, 'sentinel.kdl'), `state-dir "${state}"\nlistener "http" { address "127.0.0.1:0" }\n`);
  const environment = {
    PATH: process.env['PATH'] ?? '',
    SENTINEL_INCIDENTS: incidents,
    SENTINEL_CONFIG: join(folder, 'sentinel.kdl'),
    SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'),
    SENTINEL_RUNBOOKS: books,
  };
  return {
    folder,
    environment,
    sentinel: (line: string) => callSentinel(line.split(' '), { environment }),
    journal: (id: string) =>
      readFileSync(join(incidents, id, 'journal.ndjson'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
  };
}

const fence = (text: string): string => `\`\`\`kdl\n${text}\n\`\`\`\n`;
const about = fence('step "about" "Which one it is" kind="observe" { run "printf" "about %s" "{incident}" }');

test('steps get the only incident that is open, or the one that is named; of several none is guessed', async (t) => {
  const { sentinel, journal } = machine(t, about);
  const unknown = await sentinel('runbook run site --no-input');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stdout, /nothing says what that is: give --set incident=VALUE/);

  await sentinel('incident open INC-A --sev 3');
  assert.match((await sentinel('runbook run site --no-input')).stdout, /about INC-A/);
  assert.match((await sentinel('runbook run site --no-input --dry-run')).stdout, /\{incident\} is INC-A/);
  await sentinel('incident open INC-B --sev 3');
  assert.equal((await sentinel('runbook run site --no-input')).code, 2);
  assert.match((await sentinel('runbook run site --no-input --incident INC-B')).stdout, /about INC-B/);
  assert.match((await sentinel('runbook run site --no-input --set incident=INC-A')).stdout, /about INC-A/);

  const runs = (id: string): number => journal(id).filter(({ kind }) => kind === 'runbook').length;
  assert.deepEqual([runs('INC-A'), runs('INC-B')], [2, 1]);
});

test('an incident that a step opens is that of the later steps and of the run, and a yes to a line of its lists ticks it', async (t) => {
  const script = requireComponent(t, 'script');
  if (script === undefined) return;
  const { folder, environment, journal } = machine(
    t,
    fence(
      'step "open" "Open" kind="change" { run "sentinel" "incident" "open" "INC-NEW" "--sev" "2"; no-undo "it is open" }',
    ),
    about,
    fence(
      'step "lead" "Who leads" kind="change" { run "sentinel" "incident" "role" "commander" "{commander}" "-i" "{incident}"; no-undo "somebody leads" }',
    ),
    '- [ ] Declare incident commander if SEV1/SEV2',
    '- [ ] Open incident channel (`#incident-YYYYMMDD-NNN`)',
    '- [ ] Send all-clear communication',
    '- [ ] Something of ours',
    '',
    fence(
      'step "close" "Close" kind="change" { run "sentinel" "incident" "close" "{incident}" "--resolved" "now"; no-undo "over" }',
    ),
    about.replace('"about" "Which', '"again" "Which'),
  );
  const { code, text, prompts } = await typeAtTerminal(script, {
    args: ['runbook', 'run', 'site'],
    environment,
    directory: folder,
    types: [
      [/run step /, 'y'],
      [/\{commander\}, name of the incident commander: $/, 'Ana Silva'],
      [/all-clear/, 'n'],
      [/☐/, 'y'],
    ],
  });
  assert.equal(code, 0, text);
  assert.equal([...text.matchAll(/about INC-NEW/g)].length, 2, text);
  assert.match(text, /☑ Declare incident commander/);
  assert.ok(!prompts.some((prompt) => /Declare/.test(prompt)), 'what a command has proved is asked of nobody');
  const entries = journal('INC-NEW');
  const last = entries.at(-1);
  assert.deepEqual([last?.['kind'], last?.['outcome']], ['runbook', 'finished']);
  assert.deepEqual(
    entries.filter(({ kind }) => kind === 'ticked').map(({ item }) => item),
    ['channel'],
    'what was left open stays open',
  );
  assert.ok(entries.some((entry) => entry['kind'] === 'role' && entry['person'] === 'Ana Silva'));
});
