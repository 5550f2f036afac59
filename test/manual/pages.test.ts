/** The manual as `sentinel man` shows it: every page whole, as mandoc reads it, and never wider than the terminal. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { layOutPage } from '../../src/cli/manual/mdoc-page.ts';
import { topicOf, topics } from '../../src/cli/manual/topics.ts';
import { styleFor } from '../../src/cli/streams.ts';
import { allCommands } from '../../src/cli/tree.ts';
import { signalEffects } from '../../src/proxy/shared/signal-effects.ts';
import { runSentinel } from '../cli/command-line.ts';
import { requireComponent } from '../helpers/components.ts';
import { openTerminal } from '../tui/stage/terminal.ts';

const root = path.join(import.meta.dirname, '../..');
const files = readdirSync(path.join(root, 'man'));
const sourceOf = (file: string): string => readFileSync(path.join(root, 'man', file), 'utf8');

test('every page says what mandoc reads in it, word by word', (t) => {
  const mandoc = requireComponent(t, 'mandoc');
  if (mandoc === undefined) return;
  // Neither blanks nor how a terminal draws dashes and quotes.
  const bare = (text: string): string => text.replaceAll(/.\u0008/gu, '').replaceAll(/[\s–—‘’'-]+/g, '');
  for (const file of files) {
    const oracle: string = execFileSync(mandoc, ['-T', 'utf8', '-O', 'width=400', path.join(root, 'man', file)], {
      encoding: 'utf8',
    });
    // Its first and last line are head and foot.
    const body: string = oracle.trimEnd().split('\n').slice(1, -1).join('\n');
    const ours = layOutPage(sourceOf(file), styleFor(false, 100)).split('\n').slice(1).join('\n');
    const [one, other] = [bare(ours), bare(body)];
    let at = 0;
    while (at < one.length && one[at] === other[at]) at += 1;
    assert.equal(one.slice(Math.max(0, at - 40), at + 40), other.slice(Math.max(0, at - 40), at + 40), file);
  }
});

test('no line is wider than the terminal, but for words and commands that cannot be broken', () => {
  for (const file of files) {
    for (const columns of [50, 80, 100]) {
      for (const line of layOutPage(sourceOf(file), styleFor(false, columns)).split('\n')) {
        const words = line.trim().split(' ');
        const whole = words.length === 1 || /^ {11,}/.test(line) || /^\s*\[.*\]$/.test(line) || line.includes(' › ');
        assert.ok(line.length <= columns || whole, `${file} at ${columns}: ${line}`);
      }
    }
  }
});

test('every command, and every topic that a page refers to, is found by what people would type', () => {
  for (const { path: words } of allCommands) assert.equal(topicOf(words)?.name, words.join(' '));
  assert.equal(topicOf(['sentinel-config-apply.1'])?.name, 'config apply');
  assert.equal(topicOf(['sentinel'])?.file, 'sentinel.1');
  assert.equal(topicOf(['sentinel.kdl.5'])?.file, 'sentinel.kdl.5');
  assert.equal(topicOf(['exit', 'codes'])?.file, 'sentinel-exit-codes.7');
  assert.equal(topicOf(['sentinel'])?.summary, 'the reverse proxy for the person on call');
  const known = new Set(files.map((file) => file.replace(/\.(\d)$/, ' $1')));
  for (const file of files) {
    const named = [...sourceOf(file).matchAll(/^\.Xr (\S+ \d)/gm)].map(([, name]) => name as string);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
      file,
    );
  }
  assert.equal(topics().length, files.length);
});

test('on a pipe a page is text, a page that does not exist is a mistake that names one, and the card is help', async () => {
  const page = await runSentinel(['man', 'signals']);
  assert.equal(page.code, 0);
  assert.match(page.stdout, /^SENTINEL-SIGNALS\(7\)\n\nNAME\n/);
  const list = await runSentinel(['man']);
  assert.match(list.stdout, /^ {2}config apply +\S/m);
  const wrong = await runSentinel(['man', 'config', 'aply']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /next: sentinel man config apply/);
  const card = await runSentinel(['help', 'card']);
  assert.match(card.stdout, /Stay calm/);
  assert.match(card.stdout, /sentinel_upstream_health/);
  const json = await runSentinel(['man', 'card', '--json']);
  assert.match((JSON.parse(json.stdout) as { data: { text: string } }).data.text, /Stay calm/);
});

test('on a terminal the pager shows it, and without one it is printed', async (t) => {
  const less = requireComponent(t, 'less');
  if (less === undefined) return;
  const open = (pager: string) =>
    openTerminal(t, {
      command: process.execPath,
      args: [path.join(root, 'src/cli/sentinel.ts'), 'man', 'drain'],
      env: { PAGER: pager },
      columns: 90,
      rows: 20,
    });
  const paged = await open(less);
  if (paged === undefined) return;
  await paged.until(/SENTINEL-DRAIN\(1\)/);
  assert.ok(!paged.screen().join('\n').includes('SEE ALSO'), 'a screen at a time');
  paged.type('G');
  await paged.until(/SEE ALSO/);
  paged.type('q');
  assert.deepEqual(await paged.exit(), { code: 0, signal: null });
  const none = await open('/nonexistent/pager');
  await none?.until(/SEE ALSO/);
  assert.deepEqual(await none?.exit(), { code: 0, signal: null });
  // One that starts and fails has shown nothing.
  const failing = await open('sh -c "exit 1"');
  await failing?.until(/SEE ALSO/);
});

test('the page of signals and the manual tell the same of each', () => {
  const page = readFileSync(path.join(root, 'docs/signals.md'), 'utf8');
  for (const { signal, effect } of signalEffects) assert.ok(page.includes(`| ${signal} | ${effect}`), signal);
});
