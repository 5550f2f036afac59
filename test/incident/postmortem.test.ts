import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { impactOf } from '../../src/incident/impact/impact.ts';
import { blanksIn } from '../../src/incident/postmortem/blank.ts';
import { savePostmortem } from '../../src/incident/postmortem/file.ts';
import { marked, mergeParts } from '../../src/incident/postmortem/marked-parts.ts';
import { writePostmortem } from '../../src/incident/postmortem/postmortem.ts';
import type { EntryBody, JournalEntry } from '../../src/incident/record/entry.ts';
import { foldIncident } from '../../src/incident/record/incident.ts';
import { buildTimeline } from '../../src/incident/timeline/build.ts';
import type { LoggedCommand } from '../../src/incident/timeline/logged-command.ts';
import { Dice } from '../helpers/dice.ts';
import { at, begin, traffic } from './flight-of-traffic.ts';

const seed = readFileSync(new URL('../seeds/incident-response-runbook.md', import.meta.url), 'utf8');
const seedTemplate = /```markdown\n(# Incident Post-Mortem[\s\S]*?)```/.exec(seed)?.[1] ?? '';

function journal(...entries: readonly (readonly [second: number, body: EntryBody])[]): readonly JournalEntry[] {
  return entries.map(([second, body], index) => ({
    ...body,
    seq: index + 1,
    at: at(second),
    actor: 'ada',
    host: 'edge-1',
    prev: '',
    hash: '',
  }));
}

const opened: EntryBody = {
  kind: 'opened',
  title: 'checkout fails',
  sev: 'SEV2',
  why: null,
  by: 'operator',
  service: null,
};
const marks = (['alert', 'identified', 'mitigated', 'resolved'] as const).map(
  (mark, index) =>
    [1400 + index, { kind: 'marked', mark, when: at([1230, 1500, 1700, 2000][index] ?? 0), from: null }] as const,
);

function written(
  entries: readonly JournalEntry[],
  existing: Uint8Array | string | null = null,
  commands: readonly LoggedCommand[] = [],
) {
  const incident = foldIncident(entries, 'INC-001', '/incidents/INC-001');
  const sources = { journal: entries, commands, events: [], flight: [], runs: [], generations: [], missing: [] };
  const samples = traffic(3600, (second) => ({ requests: 100, affected: second >= 1200 && second < 1800 ? 12 : 0 }));
  const impact = impactOf({ samples, gaps: [], times: incident.times, nowMs: begin + 3_600_000 });
  return writePostmortem(incident, buildTimeline(sources, incident), impact, existing);
}

const full = journal([1300, opened], [1310, { kind: 'acked' }], ...marks, [
  1600,
  { kind: 'note', text: 'it was the disk' },
]);

test('headings, tables and lines of the template are those of the runbook, in their order', () => {
  assert.ok(seedTemplate.length > 500);
  const { text } = written(full);
  const fixed = seedTemplate
    .split('\n')
    .filter((line) => /^#|^\|[ -]|^- /.test(line))
    .filter((line) => !/^\| (HH:MM|1 )|^- \[/.test(line))
    .map((line) => line.replace(/(^- [^:]+:).*/, '$1').replace('[INCIDENT_ID]', 'INC-001'));
  assert.ok(fixed.length >= 20, fixed.join('\n'));
  let from = 0;
  for (const line of fixed) {
    const place = text.indexOf(line, from);
    assert.ok(place >= from, `${line} does not come next`);
    from = place + line.length;
  }
  for (const event of [
    'First alert triggered',
    'Incident declared',
    'Root cause identified',
    'Mitigation applied',
    'Full resolution',
  ]) {
    assert.match(text, new RegExp(`^\\| \\d\\d:\\d\\d \\| ${event}`, 'm'));
  }
});

test('what is known is filled in, to the stretch of the record', () => {
  const { text } = written(full);
  assert.match(text, /^- \*\*Date\*\*: 2026-11-20$/m);
  assert.match(text, /^- \*\*Duration\*\*: 0 hours 13 minutes \(13:20:00Z – 13:33:20Z/m);
  assert.match(text, /^- \*\*Severity\*\*: SEV2$/m);
  assert.match(text, /12% of requests \(720 of 6,000\) had no good answer between 13:20:00Z and 13:30:00Z/);
  assert.match(text, /^- Time to detect: 0\.5 minutes/m);
  assert.match(text, /^- Time to mitigate: 8\.3 minutes/m);
  assert.match(text, /^- Time to resolve: 13\.3 minutes/m);
  assert.match(
    text,
    /^- Customer impact: 12% of requests affected \(720 of 6,000; flight\.ndjson 13:20:00Z–13:30:00Z/m,
  );
  assert.match(text, /^\| 13:26 \| note: it was the disk \(ada\) \|$/m);
});

test('what is not known is a blank that says why, also for each moment of the template', () => {
  const { text, blanks } = written(journal([1300, opened]));
  assert.match(text, /^\| ✎ \[HH:MM\] \| First alert triggered \|$/m);
  assert.match(text, /^\| ✎ \[HH:MM\] \| Full resolution \|$/m);
  assert.match(text, /^- Time to mitigate: ✎ \[X minutes: nobody marked the mitigation\]$/m);
  assert.match(text, /^- \*\*Duration\*\*: ✎ \[X hours Y minutes: it is not resolved yet/m);
  assert.match(text, /^- What went well: ✎/m);
  assert.equal(blanks, blanksIn(text));
  assert.ok(blanks > written(full).blanks);
});

test('actions, factors, causes, evidence and what was changed stand in their places', () => {
  const command: LoggedCommand = {
    ...{ at: at(1650), duration_ms: 20, actor: 'ada', by: null, host: 'edge-1', pid: 7, program: 'sentinel', exit: 0 },
    ...{ command: 'drain', argv: ['drain', '10.1.1.12:8080'], daemon: null, incident: 'INC-001' },
  };
  const own = { ...command, command: 'incident note', argv: ['incident', 'note', 'x'], pid: 8 };
  const entries = journal(
    [1300, opened],
    ...marks,
    [1500, { kind: 'factor', text: 'no health check' }],
    [1510, { kind: 'action', number: 1, text: 'add one', owner: 'ada', due: '2026-11-28' }],
    [1520, { kind: 'action', number: 2, text: 'ask | why', owner: null, due: null }],
    [1530, { kind: 'action-done', number: 1 }],
    [
      1540,
      {
        kind: 'diagnosis',
        status: 'problems',
        sev: 'SEV2',
        procedure: 'upstream-failure',
        causes: [{ code: 'SNT-U020', words: 'target refuses connections', subject: '10.1.1.12:8080' }],
        exit_code: 1,
        facts: 'facts.json',
      },
    ],
    [1550, { kind: 'snapshot', file: 'a.tar.gz', sha256: 'ab'.repeat(32), bytes: 10, complete: true, verdict: null }],
  );
  const { text } = written(entries, null, [command, own]);
  assert.match(text, /^- no health check$/m);
  assert.match(text, /^\| 1 \| add one \| ada \| 2026-11-28 \| Done \|$/m);
  assert.match(text, /^\| 2 \| ask \\\| why \| ✎ \[Owner\] \| ✎ \[YYYY-MM-DD\] \| Open \|$/m);
  assert.match(
    text,
    /^- \*\*SNT-U020\*\* target refuses connections \(10\.1\.1\.12:8080\) \(13:25 UTC; evidence: `facts\.json`\)$/m,
  );
  assert.match(text, /^- 13:27 `sentinel drain 10\.1\.1\.12:8080` \(ada\)$/m);
  assert.doesNotMatch(text, /sentinel incident note/);
  assert.match(text, new RegExp(`a\\.tar\\.gz\`, SHA-256 \`${'ab'.repeat(32)}\``));
});

test('no note, title or name makes a marker, a cell, a tag or a link, or carries a secret', () => {
  const nasty =
    'a | b\n<!-- sentinel:end timeline -->\n<script>x</script> [l](http://e) `c` password=hunter22 \u202eevil';
  const entries = journal(
    [1300, { ...opened, title: nasty }],
    ...marks,
    [1500, { kind: 'note', text: nasty }],
    [1501, { kind: 'factor', text: nasty }],
  );
  const { text } = written(entries);
  assert.equal(text.match(/^<!-- sentinel:end timeline -->$/gm)?.length, 1);
  assert.doesNotMatch(text, /<script|hunter22|\u202e/);
  assert.match(text, /\\\[l\\\]\(http/);
  for (const line of text.split('\n').filter((one) => /^\| .*(?:note|declared)/.test(one))) {
    assert.equal(line.replaceAll('\\|', '').split('|').length, 4, line);
  }
  const again = written(entries, text);
  assert.deepEqual([again.replaced, again.edited, again.broken, again.offered], [[], [], [], null]);
});

test('writing it again changes nothing, and new facts change the parts that hold them alone', () => {
  const { text } = written(full);
  assert.equal(written(full, text).text, text);
  const more = [...full, ...journal([1900, { kind: 'factor', text: 'no alarm' }])];
  const again = written(more, text);
  assert.deepEqual(again.replaced, ['factors']);
  assert.equal(
    again.text.replace(/<!-- sentinel:begin factors[\s\S]*end factors -->/, ''),
    text.replace(/<!-- sentinel:begin factors[\s\S]*end factors -->/, ''),
  );
  assert.equal(written(more, again.text).text, again.text);
});

test('a part that somebody edited stays, and what is new for it is offered', () => {
  const { text } = written(full);
  const edited = text.replace('**Severity**: SEV2', '**Severity**: SEV1, if you ask me');
  const same = written(full, edited);
  assert.equal(same.text, edited);
  assert.deepEqual([same.edited, same.offered], [['summary'], null], 'nothing is newer than what was edited');
  const more = [
    ...full,
    ...journal([1990, { kind: 'severity', sev: 'SEV3', was: 'SEV2', why: null, proposed: false }]),
  ];
  const newer = written(more, edited);
  assert.match(newer.text, /SEV1, if you ask me/);
  assert.deepEqual(newer.replaced, ['timeline']);
  assert.match(newer.offered ?? '', /<!-- sentinel:begin summary [0-9a-f]{16} -->\n- \*\*Date[\s\S]*SEV3/);
});

test('markers that are gone, doubled, changed or crossed are named, and nothing of them is touched', () => {
  const { text } = written(full);
  const more = [...full, ...journal([1900, { kind: 'factor', text: 'no alarm' }])];
  const begun = /<!-- sentinel:begin factors \w+ -->/.exec(text)?.[0] ?? '';
  const ended = '<!-- sentinel:end factors -->';
  const breaks: readonly (readonly [RegExp, (whole: string) => string])[] = [
    [/its markers are gone/, (whole) => whole.replace(`${begun}\n`, '').replace(`${ended}\n`, '')],
    [/begin marker/, (whole) => whole.replace(begun, begun.replace('-->', 'x -->'))],
    [/end marker/, (whole) => whole.replace(`${ended}\n`, '')],
    [/more than once/, (whole) => `${whole}\n${begun}\nx\n${ended}\n`],
    [
      /another marker/,
      (whole) =>
        whole
          .replace(ended, '')
          .replace('<!-- sentinel:begin actions', `<!-- sentinel:begin actions`)
          .replace(/(<!-- sentinel:end actions -->\n)/, `$1${ended}\n`),
    ],
    [/its markers are gone/, () => 'my own words\n'],
  ];
  for (const [why, spoil] of breaks) {
    const spoiled = spoil(text);
    const result = written(more, spoiled);
    assert.match(result.broken.find(({ name }) => name === 'factors')?.why ?? '', why);
    assert.match(result.offered ?? '', /no alarm/);
    const others = (whole: string): string =>
      whole.replaceAll(/<!-- sentinel:begin (?!factors)[\s\S]*?end [a-z-]+ -->/g, '');
    assert.equal(others(result.text), others(spoiled));
  }
});

test('a hundred edits anywhere keep every byte that somebody wrote', () => {
  const die = new Dice(77);
  const base = written(full).bytes;
  const more = [
    ...full,
    ...journal([1900, { kind: 'factor', text: 'no alarm' }], [1910, { kind: 'note', text: 'late note' }]),
  ];
  for (let round = 0; round < 100; round++) {
    const place = die.roll(base.length + 1);
    // Never a byte that the program writes, and no UTF-8 either.
    const insert = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`<<${round}>>`), Buffer.from([0xc3])]);
    const cut = die.chance(50) ? 0 : die.roll(30);
    const edited = Buffer.concat([base.subarray(0, place), insert, base.subarray(Math.min(base.length, place + cut))]);
    const result = written(more, edited);
    assert.ok(result.bytes.includes(insert), `round ${round}, at ${place}`);
    const again = written(more, result.bytes);
    assert.ok(again.bytes.equals(result.bytes), `round ${round} is not the same again`);
    // Outside of parts nothing but the parts differs: what is left without them is what it was.
    const outside = (bytes: Buffer): string => {
      const kept = new Set([...result.edited, ...result.broken.map(({ name }) => name)]);
      return bytes
        .toString('latin1')
        .replaceAll(
          /<!-- sentinel:begin ([a-z-]+) \w{16} -->\n[\s\S]*?<!-- sentinel:end \1 -->\n/g,
          (part, name: string) => (kept.has(name) ? part : name),
        );
    };
    if (result.broken.length === 0) assert.equal(outside(result.bytes), outside(edited), `round ${round}, at ${place}`);
  }
});

test('lines that end as on Windows stay so, and are no edit', () => {
  const { text } = written(full);
  const windows = text.replaceAll('\n', '\r\n');
  const more = [...full, ...journal([1900, { kind: 'factor', text: 'no alarm' }])];
  const result = written(more, windows);
  assert.deepEqual([result.edited, result.broken], [[], []]);
  assert.doesNotMatch(result.text.replaceAll('\r\n', ''), /\n/);
});

test('a part of one name is not taken for that of another', () => {
  const file = Buffer.from(`${marked({ name: 'a', text: 'one\n' })}between\n${marked({ name: 'ab', text: 'two\n' })}`);
  const merged = mergeParts(file, [{ name: 'ab', text: 'new\n' }]);
  assert.equal(
    merged.bytes.toString(),
    `${marked({ name: 'a', text: 'one\n' })}between\n${marked({ name: 'ab', text: 'new\n' })}`,
  );
});

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sentinel-postmortem-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('the file is private, keeps its permissions and its link, and is not written where nothing changed', (t) => {
  const path = join(folder(t), 'postmortem.md');
  const first = savePostmortem(path, (existing) => written(full, existing));
  assert.equal(first.how, 'written');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  chmodSync(path, 0o640);
  const { ino } = statSync(path);
  assert.equal(savePostmortem(path, (existing) => written(full, existing)).how, 'same');
  assert.equal(statSync(path).ino, ino);
  const more = [...full, ...journal([1900, { kind: 'factor', text: 'no alarm' }])];
  const link = join(path, '..', 'link.md');
  symlinkSync(path, link);
  assert.equal(savePostmortem(link, (existing) => written(more, existing)).how, 'changed');
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.match(readFileSync(path, 'utf8'), /no alarm/);
});

test('what an editor saves between the look and the writing is not lost', (t) => {
  const path = join(folder(t), 'postmortem.md');
  savePostmortem(path, (existing) => written(full, existing));
  const more = [...full, ...journal([1900, { kind: 'factor', text: 'no alarm' }])];
  const save = (): void => writeFileSync(path, 'what I wrote\n');
  assert.throws(() => savePostmortem(path, (existing) => written(more, existing), save), { code: 'SNT-I031' });
  assert.equal(readFileSync(path, 'utf8'), 'what I wrote\n');
  const fresh = join(folder(t), 'postmortem.md');
  assert.throws(
    () =>
      savePostmortem(
        fresh,
        (existing) => written(full, existing),
        () => writeFileSync(fresh, 'mine\n'),
      ),
    { code: 'SNT-I031' },
  );
  assert.equal(readFileSync(fresh, 'utf8'), 'mine\n');
});

test('new texts go beside it and go away when they are taken over; a file of somebody else is not written over', (t) => {
  const path = join(folder(t), 'postmortem.md');
  savePostmortem(path, (existing) => written(full, existing));
  writeFileSync(path, readFileSync(path, 'utf8').replace('- ✎ [Factor 1]', '- the disk'));
  const more = [...full, ...journal([1900, { kind: 'factor', text: 'no alarm' }])];
  const beside = path.replace('.md', '.new.md');
  const kept = savePostmortem(path, (existing) => written(more, existing));
  assert.equal(kept.offeredPath, beside);
  assert.match(readFileSync(beside, 'utf8'), /no alarm/);
  const taken = /<!-- sentinel:begin factors[\s\S]*end factors -->/.exec(readFileSync(beside, 'utf8'))?.[0] ?? '';
  writeFileSync(path, readFileSync(path, 'utf8').replace(/<!-- sentinel:begin factors[\s\S]*end factors -->/, taken));
  assert.equal(savePostmortem(path, (existing) => written(more, existing)).offeredPath, null);
  assert.equal(existsSync(beside), false);
  writeFileSync(path, readFileSync(path, 'utf8').replace('- no alarm', '- my alarm'));
  writeFileSync(beside, 'notes of mine\n');
  const most = [...more, ...journal([1950, { kind: 'factor', text: 'too late' }])];
  const before = readFileSync(path, 'utf8');
  assert.throws(() => savePostmortem(path, (existing) => written(most, existing)), { code: 'SNT-I032' });
  assert.deepEqual([readFileSync(beside, 'utf8'), readFileSync(path, 'utf8')], ['notes of mine\n', before]);
});
