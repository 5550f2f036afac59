/** Every kind of mistake, planted into a copy of the shipped runbooks, is found: at its line, by its code, and nothing else is. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { lintTexts, placed, shippedTexts } from './shelf-copy.ts';

interface Fault {
  readonly title: string;
  readonly code: string;
  /** Default: a section of its own at the end of the file. */
  readonly file?: string;
  readonly plant: (text: string) => string;
  /** What the line that is named has. */
  readonly at: string;
}

/** Prose and fences behind everything else. */
const behind =
  (...lines: readonly string[]) =>
  (text: string): string =>
    [text.trimEnd(), '', '## Planted', '', ...lines, ''].join('\n');

/** Nodes in a machine fence behind everything else. */
const nodes = (...lines: readonly string[]): ((text: string) => string) => behind('```kdl', ...lines, '```');
const bash = (...lines: readonly string[]): ((text: string) => string) => behind('```bash', ...lines, '```');
const instead =
  (what: string | RegExp, by: string) =>
  (text: string): string => {
    assert.ok(typeof what === 'string' ? text.includes(what) : what.test(text), `${what} is in the text`);
    return text.replace(what, by);
  };

const faults: readonly Fault[] = [
  {
    title: 'no front matter',
    code: 'SNT-R002',
    plant: (text) => text.replace(/^---[\s\S]*?\n---\n+/, ''),
    at: '# Process crash',
  },
  {
    title: 'front matter that is no YAML',
    code: 'SNT-R002',
    plant: instead(/^title: .*$/m, 'title: "Crash'),
    at: 'title: "Crash',
  },
  {
    title: 'an id that is not the name of the file',
    code: 'SNT-R003',
    plant: instead('id: process-crash', 'id: process-crashed'),
    at: 'id: process-crashed',
  },
  { title: 'no title', code: 'SNT-R003', plant: instead(/^title: .*\n/m, ''), at: 'id: process-crash' },
  {
    title: 'a severity that there is not',
    code: 'SNT-R003',
    plant: instead(/^severity: .*$/m, 'severity: SEV9'),
    at: 'severity: SEV9',
  },
  {
    title: 'an unknown field of the front matter',
    code: 'SNT-R003',
    plant: instead(/^severity:/m, 'owner: me\nseverity:'),
    at: 'owner: me',
  },
  { title: 'a fence that is no KDL', code: 'SNT-R004', plant: nodes('note "planted'), at: 'note "planted' },
  {
    title: 'a fence of an unknown kind',
    code: 'SNT-R004',
    plant: behind('```kdl exmaple', 'server { }', '```'),
    at: 'kdl exmaple',
  },
  { title: 'an unknown node', code: 'SNT-R005', plant: nodes('nota "planted"'), at: 'nota "planted"' },
  {
    title: 'an unknown property',
    code: 'SNT-R005',
    plant: nodes('confirm "planted?" type="x"'),
    at: 'confirm "planted?"',
  },
  {
    title: 'an unknown node inside of another',
    code: 'SNT-R005',
    plant: nodes('step "planted" "x" kind="observe" {', '    runs "true"', '}'),
    at: '    runs "true"',
  },
  { title: 'a missing argument', code: 'SNT-R006', plant: nodes('finding'), at: 'finding' },
  { title: 'an argument of the wrong type', code: 'SNT-R006', plant: nodes('note 12'), at: 'note 12' },
  {
    title: 'an argument too many',
    code: 'SNT-R006',
    plant: nodes('probe "disk" "memory"'),
    at: 'probe "disk" "memory"',
  },
  {
    title: 'a kind of step that there is not',
    code: 'SNT-R006',
    plant: nodes('step "planted" "x" kind="chnge"'),
    at: 'kind="chnge"',
  },
  { title: 'a time that is none', code: 'SNT-R006', plant: nodes('wait until="err<1%" for="soon"'), at: 'for="soon"' },
  {
    title: 'a fix that wants a shell',
    code: 'SNT-R006',
    plant: nodes('fix "planted" run="sentinel status | head"'),
    at: 'fix "planted"',
  },
  {
    title: 'two steps of one name',
    code: 'SNT-R007',
    plant: nodes('step "planted" "x" kind="observe"', 'step "planted" "y" kind="observe"'),
    at: 'step "planted" "y"',
  },
  {
    title: 'a goto to no runbook',
    code: 'SNT-R008',
    plant: nodes('ask "process-running" { no goto="proces-crash" }'),
    at: 'goto="proces-crash"',
  },
  {
    title: 'a goto to no heading of its own',
    code: 'SNT-R008',
    plant: nodes('ask "process-running" { no goto="#not-here" }'),
    at: 'goto="#not-here"',
  },
  {
    title: 'a goto to no heading of another',
    code: 'SNT-R008',
    plant: nodes('ask "process-running" { no goto="triage#not-here" }'),
    at: 'goto="triage#not-here"',
  },
  { title: 'a link to no runbook', code: 'SNT-R008', plant: behind('See [this](not-here.md).'), at: 'not-here.md' },
  {
    title: 'a link to no heading',
    code: 'SNT-R008',
    plant: behind('See [this](triage.md#not-here).'),
    at: 'triage.md#not-here',
  },
  { title: 'an unknown probe', code: 'SNT-R009', plant: nodes('probe "dsik"'), at: 'probe "dsik"' },
  {
    title: 'an unknown question without words',
    code: 'SNT-R009',
    plant: nodes('ask "planted" { no goto="triage" }'),
    at: 'ask "planted"',
  },
  {
    title: 'an assertion of an unknown question',
    code: 'SNT-R009',
    plant: nodes('assert "planted" yes'),
    at: 'assert "planted"',
  },
  {
    title: 'a step that needs an unknown answer',
    code: 'SNT-R009',
    plant: nodes('step "planted" "x" kind="observe" { needs "proces-running" }'),
    at: 'proces-running',
  },
  {
    title: 'a wait for an unknown question',
    code: 'SNT-R009',
    plant: nodes('wait until="process-runs"'),
    at: 'process-runs',
  },
  {
    title: 'an unknown cause',
    code: 'SNT-R009',
    plant: nodes('cause "planted" code="SNT-P082" "x"'),
    at: 'cause "planted"',
  },
  {
    title: 'a cause with the code of another',
    code: 'SNT-R010',
    plant: instead(/(cause "oom-killed"[^\n]*code=)"SNT-P082"/, '$1"SNT-P081"'),
    at: 'cause "oom-killed"',
  },
  {
    title: 'a cause in the wrong runbook',
    code: 'SNT-R010',
    plant: nodes('cause "drain-left-on" code="SNT-U027" "x"'),
    at: 'cause "drain-left-on"',
  },
  {
    title: 'a cause in no runbook',
    code: 'SNT-R010',
    plant: instead('cause "oom-killed"', '/-cause "oom-killed"'),
    at: 'id: process-crash',
  },
  {
    title: 'a command that there is not',
    code: 'SNT-R012',
    plant: behind('Type `sentinel statsu`.'),
    at: 'sentinel statsu',
  },
  {
    title: 'an option that there is not',
    code: 'SNT-R012',
    plant: bash('sentinel status --verbos'),
    at: 'sentinel status --verbos',
  },
  {
    title: 'a command behind a pipe that there is not',
    code: 'SNT-R012',
    plant: bash('true && sudo sentinel statsu'),
    at: 'sentinel statsu',
  },
  {
    title: 'a step that runs what there is not',
    code: 'SNT-R012',
    plant: nodes('step "planted" "x" kind="observe" { run "sentinel" "drian" "{target}" }'),
    at: '"drian"',
  },
  {
    title: 'a command without what it needs',
    code: 'SNT-R012',
    plant: bash('sentinel undrain'),
    at: 'sentinel undrain',
  },
  {
    title: 'a filter that cannot be read',
    code: 'SNT-R012',
    plant: bash("sentinel requests --filter 'stauts=503'"),
    at: 'stauts',
  },
  {
    title: 'the spelling of another program',
    code: 'SNT-R012',
    plant: bash('sentinel --validate --config /etc/sentinel/config.kdl'),
    at: '--validate',
  },
  {
    title: 'the name of another program',
    code: 'SNT-R012',
    plant: bash('sentinel-proxy --config /etc/sentinel/config.kdl'),
    at: 'sentinel-proxy',
  },
  {
    title: 'a metric that there is not',
    code: 'SNT-R013',
    plant: behind('Look at `sentinel_reqests_total`.'),
    at: 'sentinel_reqests_total',
  },
  {
    title: 'a part of a metric that there is not',
    code: 'SNT-R013',
    plant: bash('curl -s localhost:9090/metrics | grep upstream_helth'),
    at: 'upstream_helth',
  },
  {
    title: 'an endpoint that there is not',
    code: 'SNT-R013',
    plant: bash('curl -s localhost:9090/admin/upstreems'),
    at: '/admin/upstreems',
  },
  {
    title: 'a path of the admin address that there is not',
    code: 'SNT-R013',
    plant: bash('curl -s localhost:9090/healthz'),
    at: '/healthz',
  },
  { title: 'a code that there is not', code: 'SNT-R013', plant: nodes('finding "SNT-E999"'), at: 'SNT-E999' },
  {
    title: 'an event that there is not',
    code: 'SNT-R013',
    plant: bash("sentinel events --filter 'kind=breaker_opend'"),
    at: 'breaker_opend',
  },
  {
    title: 'configuration that would be refused',
    code: 'SNT-R014',
    plant: behind('```kdl example', 'upstream "x" {', '    target "10.0.0.1:80"', '    wieght 3', '}', '```'),
    at: 'wieght 3',
  },
  {
    title: 'a question without a way out',
    code: 'SNT-R015',
    plant: nodes('ask "process-running"'),
    at: 'ask "process-running"',
  },
  {
    title: 'questions that lead to each other for ever',
    code: 'SNT-R015',
    plant: nodes('ask "disk-has-room" { yes goto="#planted"; no goto="#planted" }'),
    at: 'goto="#planted"',
  },
  {
    title: 'a change without a way back',
    code: 'SNT-R016',
    plant: nodes('step "planted" "x" kind="change" { run "true" }'),
    at: 'step "planted"',
  },
  {
    title: 'a rollback of a step that there is not',
    code: 'SNT-R016',
    plant: nodes('rollback step="planted"'),
    at: 'rollback step="planted"',
  },
  {
    title: 'a rollback of a step without a way back',
    code: 'SNT-R016',
    plant: nodes('step "planted" "x" kind="change"', 'rollback step="planted"'),
    at: 'rollback step="planted"',
  },
  {
    title: 'a condition of an unknown field',
    code: 'SNT-R017',
    plant: nodes('wait until="errors<1%"'),
    at: 'errors<1%',
  },
  { title: 'a condition with the wrong unit', code: 'SNT-R017', plant: nodes('wait until="p99<1%"'), at: 'p99<1%' },
  {
    title: 'an unknown placeholder',
    code: 'SNT-R018',
    plant: nodes('step "planted" "x" kind="observe" { run "ls" "{folder}" }'),
    at: '{folder}',
  },
  { title: 'a placeholder in a line of bash', code: 'SNT-R018', plant: bash('kill -0 {pid}'), at: '{pid}' },
];

const home = 'process-crash.md';

test('the shipped runbooks have nothing wrong in them', async () => {
  assert.ok(shippedTexts.size >= 15);
  assert.deepEqual((await lintTexts(shippedTexts)).map(placed), []);
});

for (const { title, code, plant, at, file = home } of faults) {
  test(`a runbook with ${title} is refused at its line`, async () => {
    const before = new Set((await lintTexts(shippedTexts)).map(placed));
    const text = plant(shippedTexts.get(file) as string);
    const line = text.split('\n').findLastIndex((one) => one.includes(at)) + 1;
    assert.ok(line > 0, `${at} was planted`);
    const found = await lintTexts(new Map([...shippedTexts, [file, text]]));
    const added = found.map(placed).filter((one) => !before.has(one));
    assert.deepEqual(added, [`${file}:${line} ${code}`], found.map(({ message }) => message).join('\n'));
  });
}

const small = (id: string): string =>
  ['---', `id: ${id}`, 'title: Small', 'severity: SEV4', 'symptoms: [one]', '---', '', '# Small', ''].join('\n');

test('a runbook that nothing leads to is told, unless it says that people open it', async () => {
  const added = async (text: string): Promise<readonly string[]> =>
    (await lintTexts(new Map([...shippedTexts, ['lonely.md', text]])))
      .map(placed)
      .filter((one) => one.startsWith('lonely'));
  assert.deepEqual(await added(small('lonely')), ['lonely.md:2 SNT-R011']);
  assert.deepEqual(await added(small('lonely').replace('symptoms', 'entry: true\nsymptoms')), []);
});

test('two files with one id are told at the second', async () => {
  const texts = new Map([...shippedTexts, ['a/twice.md', small('twice')], ['b/twice.md', small('twice')]]);
  const codes = (await lintTexts(texts)).map(placed).filter((one) => one.startsWith('twice'));
  assert.deepEqual(codes, ['twice.md:1 SNT-R007', 'twice.md:2 SNT-R011']);
});

test('a question for people that is nearly called as one that facts answer is a warning', async () => {
  const text = nodes('ask "process-runing" "Is it?" { no goto="triage" }')(shippedTexts.get(home) as string);
  const [found, ...others] = (await lintTexts(new Map([...shippedTexts, [home, text]]))).filter(
    ({ span }) => span.source.text === text && span.source.text.slice(span.start).startsWith('process-runing'),
  );
  assert.equal(others.length, 0);
  assert.equal(found?.level, 'warning');
  assert.equal(found?.suggestion?.text, 'did you mean `process-running`?');
});

test('a file that cannot be read does not make every way to it a dead one', async () => {
  const texts = new Map([...shippedTexts, ['upstream-failure.md', '# nothing']]);
  const before = new Set((await lintTexts(shippedTexts)).map(placed));
  const added = (await lintTexts(texts)).map(placed).filter((one) => !before.has(one));
  assert.deepEqual(added, ['upstream-failure.md:1 SNT-R002']);
});
