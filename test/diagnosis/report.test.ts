/** What a verdict looks like in every format: beside goldens, and by the promises that each format makes. SENTINEL_UPDATE_CASES=1 writes what comes out. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { reportText, shortText } from '../../src/cli/diagnose/text.ts';
import { columnsOf } from '../../src/cli/diagnose/layout.ts';
import { changesBetween } from '../../src/cli/diagnose/repeat.ts';
import { styleFor } from '../../src/cli/streams.ts';
import { sectionNames } from '../../src/diagnosis/collect.ts';
import { findingsOf } from '../../src/diagnosis/report/findings.ts';
import { junitReport } from '../../src/diagnosis/report/junit.ts';
import { markdownReport } from '../../src/diagnosis/report/markdown.ts';
import { oneLine } from '../../src/diagnosis/report/one-line.ts';
import type { ValueOf } from '../../src/diagnosis/probe.ts';
import type { Report } from '../../src/diagnosis/report/report.ts';
import { slackReport } from '../../src/diagnosis/report/slack.ts';
import { parseXml } from '../helpers/xml.ts';
import { ago, change, factsWith } from './fact-values.ts';
import { reportCases, reportFor } from './report-cases.ts';

const goldens = new URL('./goldens/', import.meta.url).pathname;
const update = process.env['SENTINEL_UPDATE_CASES'] === '1';

const plainStyle = (columns: number) => styleFor(false, columns);

const formats: Readonly<Record<string, (report: Report) => string>> = {
  '80.txt': (report) => reportText(report, plainStyle(80)),
  '120.txt': (report) => reportText(report, plainStyle(120)),
  '200.txt': (report) => reportText(report, plainStyle(200)),
  'short.txt': (report) => shortText(report, plainStyle(120)),
  md: markdownReport,
  slack: slackReport,
  xml: (report) => junitReport(report, sectionNames),
  json: (report) => `${JSON.stringify(findingsOf(report), null, 2)}\n`,
};

for (const [name, one] of Object.entries(reportCases)) {
  test(`the report of ${name} is as it was agreed on, in every format`, () => {
    const report = reportFor(one);
    for (const [format, render] of Object.entries(formats)) {
      const file = `${goldens}${name}.${format}`;
      const actual = render(report);
      if (update) writeFileSync(file, actual);
      assert.equal(actual, existsSync(file) ? readFileSync(file, 'utf8') : null, file);
    }
  });

  test(`the report of ${name} holds no control character and no secret, in no format`, () => {
    const report = reportFor(one);
    for (const [format, render] of Object.entries(formats)) {
      const text = render(report);
      assert.doesNotMatch(text, /[^\P{Cc}\n]|\p{Bidi_Control}/u, format);
      assert.doesNotMatch(text, /hunter2secret|abcdef0123456789|user:pw@/, format);
    }
  });

  test(`colour adds nothing to the report of ${name}`, () => {
    const report = reportFor(one);
    assert.equal(
      stripVTControlCharacters(reportText(report, styleFor(true, 120))),
      reportText(report, plainStyle(120)),
    );
  });
}

test('no line of a report is wider than the screen, but for commands and single words that are', () => {
  for (const one of Object.values(reportCases))
    for (const columns of [80, 100, 120, 160, 200]) {
      const wide = reportText(reportFor(one), plainStyle(columns))
        .split('\n')
        .filter((line) => columnsOf(line) > columns)
        .filter((line) => !line.includes('sentinel ') && line.trim().includes(' '));
      assert.deepEqual(wide, []);
    }
});

test('the end of a report is the verdict with its first cause, then what to type, then the exit status', () => {
  const lines = reportText(reportFor(reportCases['target-down']), plainStyle(120)).trimEnd().split('\n');
  const from = lines.findIndex((line) => line.startsWith('verdict'));
  assert.match(lines[from] ?? '', /^verdict +✗ SEV2 Upstream Failure \(respond in < 15 min\)$/);
  assert.match(lines[from + 1] ?? '', /^ +api\/10\.0\.0\.3:80 refuses connections: nothing listens there; and 1 more$/);
  assert.match(lines[from + 2] ?? '', /^ +page PagerDuty \(primary\), the team lead/);
  assert.match(lines.at(-2) ?? '', /^next +sentinel check api +· +sentinel runbook run upstream-failure/);
  assert.equal(lines.at(-1), 'exit 1');
});

test('a command is never broken, however narrow the screen', () => {
  for (const one of Object.values(reportCases)) {
    const report = reportFor(one);
    const lines = reportText(report, plainStyle(40)).split('\n');
    const commands = report.causes.flatMap(({ next, runbook }) => [
      ...next.slice(0, 1),
      ...(runbook === null ? [] : [`sentinel runbook show ${runbook}`]),
    ]);
    for (const command of [...commands, ...report.next]) assert.ok(lines.some((line) => line.includes(command)));
  }
});

test('changes are told by how long before the onset they were, and none that came after it', () => {
  const text = reportText(reportFor(reportCases['target-down']), plainStyle(120));
  assert.match(text, /• 14:00:44Z config generation 41 by oncall: "timeouts", ~ route api \(15s before it began\)/);
  assert.doesNotMatch(text, /Drain begins/);
});

test('JUnit is XML in which causes fail, unknowns that matter are errors, and a good verdict is green', () => {
  const counts = (report: Report) => {
    const { attributes } = parseXml(junitReport(report, sectionNames));
    return [attributes['failures'], attributes['errors']].map(Number);
  };
  assert.deepEqual(counts(reportFor(reportCases.healthy)), [0, 0]);
  assert.deepEqual(counts(reportFor(reportCases['target-down'])), [3, 0]);
  assert.deepEqual(counts(reportFor(reportCases['not-known'])), [0, 4]);
  assert.equal(counts(reportFor(reportCases.hostile))[0], 2);
});

test('one line says how bad it is, what it is and whom it hits', () => {
  assert.equal(
    oneLine(reportFor(reportCases['target-down'])),
    '✗ SEV2 upstream-failure: target-refused api/10.0.0.3:80 refuses connections: nothing listens there (and 1 more cause)',
  );
  assert.equal(oneLine(reportFor(reportCases.healthy)), '✓ nothing wrong on edge-1');
  assert.match(oneLine(reportFor(reportCases['not-known'])), /^\? not known on edge-1: process: not readable;/);
});

test('between two verdicts only what began and what is over is news', () => {
  const [before, after] = [reportFor(reportCases.healthy), reportFor(reportCases['target-down'])];
  assert.deepEqual(changesBetween(after, after), []);
  assert.deepEqual(
    changesBetween(before, after).map(({ kind, code }) => [kind, code]),
    [
      ['verdict', null],
      ['begun', 'SNT-U020'],
      ['begun', 'SNT-T010'],
      ['begun', 'SNT-E010'],
    ],
  );
  assert.deepEqual(
    changesBetween(after, before).map(({ kind, code }) => [kind, code]),
    [
      ['verdict', null],
      ['over', 'SNT-U020'],
      ['over', 'SNT-T010'],
      ['over', 'SNT-E010'],
    ],
  );
});

test('what could not be asked for changes is told beside those that are known, and nothing is said not to have been', () => {
  const unread = [{ source: 'GET /admin/events', why: 'it does not answer' }];
  const asked = (generations: ValueOf<'changes'>['generations']) => {
    const facts = factsWith(
      change('process', (value) => ({ ...value, started_at: ago(7200) })),
      change('changes', () => ({ events: [], generations, unread })),
    );
    const { changes } = reportFor({ ...reportCases.healthy, facts });
    return changes.map(({ mark, words }) => `${mark}: ${words}`);
  };
  const untold = 'unknown: GET /admin/events not known: it does not answer';
  assert.deepEqual(asked([]), ['note: no change is known in the last 30m', untold]);
  const [one, ...rest] = asked([{ number: 2, at: ago(60), actor: 'oncall', reason: null, summary: null }]);
  assert.match(one ?? '', /generation 2 by oncall/);
  assert.deepEqual(rest, [untold]);
});
