/** The end of a log, from a time on: of files of any size, with lines that have no time, with clocks that were set back. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { rfc3339 } from '../../src/base/units.ts';
import { logEnd, timeOf } from '../../src/incident/collect/log-window.ts';
import { testFolder } from '../helpers/daemon.ts';

const NOW = Date.parse('2026-11-20T14:05:00.000Z');
const HOUR = 3_600_000;
const MIB = 1 << 20;

function line(minutesAgo: number, text = 'x'.repeat(80)): string {
  return `${JSON.stringify({ level: 'info', time: rfc3339(NOW - minutesAgo * 60_000), message: text })}\n`;
}

/** A line a second or so, from so long ago until now. */
function lines(fromMinutes: number, toMinutes: number, step: number): string {
  const all: string[] = [];
  for (let ago = fromMinutes; ago > toMinutes; ago -= step) all.push(line(ago));
  return all.join('');
}

function file(t: TestContext, text: string): string {
  const path = join(testFolder(t), 'sentinel.log');
  writeFileSync(path, text);
  return path;
}

test('the lines of the last hour are found in a log of a day', async (t) => {
  const path = file(t, lines(24 * 60, 0, 0.1));
  const { text, cut } = await logEnd(path, NOW - HOUR, 8 * MIB);
  assert.ok(lines(24 * 60, 0, 0.1).endsWith(text));
  const first = timeOf(text) ?? 0;
  assert.ok(first >= NOW - HOUR && first < NOW - HOUR + 6_000, rfc3339(first));
  assert.equal(cut, false);
});

test('a quota keeps the newest whole lines, and says that it cut', async (t) => {
  const whole = lines(30, 0, 0.01);
  const path = file(t, whole);
  const { text, cut, before } = await logEnd(path, NOW - HOUR, 10_000);
  assert.ok(text.length <= 10_000 && text.length > 9_500);
  assert.ok(whole.endsWith(`\n${text}`));
  assert.deepEqual([cut, before], [true, whole.length - text.length]);
});

test('of 20 GB with nothing in it but the end, only the end is read', async (t) => {
  const path = file(t, lines(300, 200, 1));
  truncateSync(path, 20e9);
  const young = line(50) + lines(40, 0, 0.5);
  appendFileSync(path, `\n${line(120)}${young}`);
  const { text, before } = await logEnd(path, NOW - HOUR, 2 * MIB);
  assert.equal(text, young);
  assert.ok(before > 20e9);
});

test('in a hole without any time the newest is kept, and the hole is not', async (t) => {
  const path = file(t, '');
  truncateSync(path, 20e9);
  const words = Array.from({ length: 500 }, (_, index) => `worker 3 said something, number ${index}\n`).join('');
  appendFileSync(path, words);
  const { text, cut, holes } = await logEnd(path, NOW - HOUR, 2 * MIB);
  assert.equal(text, words);
  assert.deepEqual([cut, holes], [true, 2 * MIB - words.length]);
});

test('lines without a time stay with the line before them', async (t) => {
  const trace = 'Error: it broke\n    at one (file:1:1)\n    at two (file:2:2)\n';
  const old = line(70) + trace;
  const young = line(50) + trace + line(10) + trace;
  const { text } = await logEnd(file(t, lines(600, 80, 1) + old + young), NOW - HOUR, 8 * MIB);
  assert.equal(text, young);
});

test('where the clock was set back, what was written before that is not lost', async (t) => {
  // Two hours back and forth again: the lines in the middle look old.
  const wrong = lines(170, 160, 0.2);
  const young = lines(50, 30, 0.02) + wrong + lines(20, 0, 0.02);
  const { text } = await logEnd(file(t, lines(600, 300, 0.05) + young), NOW - HOUR, 8 * MIB);
  assert.ok(text.endsWith(young), `${text.length} of ${young.length} characters`);
});

test('lines from the future are kept', async (t) => {
  const future = lines(-60, -120, 1);
  const { text } = await logEnd(file(t, lines(600, 90, 1) + future + line(5)), NOW - HOUR, 8 * MIB);
  assert.equal(text, future + line(5));
});

test('nothing is left of a log that is older than what is asked for', async (t) => {
  const { text, cut } = await logEnd(file(t, lines(600, 90, 1)), NOW - HOUR, 8 * MIB);
  assert.deepEqual([text, cut], ['', false]);
});

test('of a line that was cut through nothing is kept, as half a secret is not recognised', async (t) => {
  const path = file(t, `${line(7)}${'y'.repeat(300_000)}\n    at one (file:1:1)\n${line(5)}`);
  const { text, cut } = await logEnd(path, NOW - HOUR, 100_000);
  assert.deepEqual([text, cut], [line(5), true]);
});

test('times are read as JSON, people and web servers write them', () => {
  assert.equal(timeOf('{"level":"info","time":"2026-11-20T14:05:00.000Z"}'), NOW);
  assert.equal(timeOf('2026-11-20T14:05:00Z  INFO  Ready'), NOW);
  assert.equal(timeOf('10.0.0.1 - - [20/Nov/2026:15:05:00 +0100] "GET / HTTP/1.1" 200 5'), NOW);
  assert.equal(timeOf('    at one (file:1:1)'), null);
});

test('a folder, a pipe and what is not there are said by their reasons', async (t) => {
  const folder = testFolder(t);
  mkdirSync(join(folder, 'logs'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await assert.rejects(logEnd(join(folder, 'logs'), NOW, MIB), /directory/);
  await assert.rejects(logEnd(join(folder, 'pipe'), NOW, MIB), /pipe/);
  await assert.rejects(logEnd(join(folder, 'none'), NOW, MIB), /ENOENT/);
});
