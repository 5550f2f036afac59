/**
 * Every command that the seed runbooks print is accounted for: it has one row in the ledger, every row is of one that is printed, and
 * what the row says is so – the test that it names types it, the command that it names exists.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { allCommands } from '../../src/cli/tree.ts';
import { runbookVocabulary } from '../../src/cli/runbooks/vocabulary.ts';
import { commandWords } from '../../src/runbook/command-words.ts';
import { known } from './seed-answers.ts';
import { everySeedCommand, seedQueries } from './seed-commands.ts';
import { machineTest, proxyTest, queryLedger, seedDefects, seedLedger } from './seed-ledger.ts';
import { seedMachineRuns } from './seed-machine-runs.ts';

const vocabulary = runbookVocabulary();
const commands = everySeedCommand();
const rows = Object.entries(seedLedger);

/** What is wrong with a command of ours; null = nothing. */
function mistakeIn(command: string): string | null {
  const { words, shell } = commandWords(command);
  if (shell !== null) return `a shell would read ${shell}`;
  const [program, ...rest] = words;
  return program === 'sentinel' ? vocabulary.commandMistake(rest, true) : `${program} is not ours`;
}

test('every printed command has a row, and every row is of a printed command', () => {
  assert.deepEqual(
    commands.map(({ text }) => text).toSorted(),
    rows.map(([text]) => text).toSorted(),
  );
  assert.deepEqual(
    seedQueries()
      .map(({ text }) => text)
      .toSorted(),
    Object.keys(queryLedger).toSorted(),
  );
});

test('no line of a bash fence is left out', () => {
  const printed = commands.map(({ text }) => text).join('\n');
  let lines = 0;
  for (const file of ['incident-response-page.md', 'incident-response-runbook.md', 'operational-runbook.md']) {
    const text = readFileSync(new URL(file, import.meta.url), 'utf8').replaceAll('zentinel', 'sentinel');
    for (const [, body = ''] of text.matchAll(/^ *```bash\n(.*?)^ *```$/gms)) {
      for (const line of body.split('\n').map((one) => one.trim().replace(/\s*\\$/, ''))) {
        if (line === '' || line.startsWith('#')) continue;
        lines++;
        assert.ok(printed.includes(line), `${file}: ${line}`);
      }
    }
  }
  assert.equal(lines, 218);
});

test('what runs as printed is typed by the test that the row names', () => {
  const typed: Readonly<Record<string, ReadonlySet<string>>> = {
    [proxyTest]: new Set(Object.keys(known).filter((text) => typeof known[text] === 'function')),
    [machineTest]: new Set(seedMachineRuns.map(({ command }) => command)),
  };
  for (const [text, row] of rows) {
    if (row.kind !== 'runs') continue;
    assert.ok(typed[row.test]?.has(text), `${row.test} does not type ${text}`);
  }
  // And nothing is typed there of which the ledger says otherwise, but what runs and misleads.
  for (const command of Object.values(typed).flatMap((set) => [...set])) {
    const row = seedLedger[command];
    assert.ok(row?.kind === 'runs' || row?.kind === 'defect', command);
  }
});

test('what runs as printed stands in a runbook as it is printed', () => {
  const folder = new URL('../../runbooks/', import.meta.url);
  const runbooks = readdirSync(folder)
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('\n')
    .replaceAll(/^ +/gm, '');
  const missing = rows.filter(([text, row]) => row.kind === 'runs' && !runbooks.includes(text));
  assert.deepEqual(
    missing.map(([text]) => text),
    [],
  );
});

test('every command of ours that a row names exists, with its options', () => {
  for (const [text, row] of rows) {
    const named = row.kind === 'runs' ? row.better : row.kind === 'counterpart' ? row.command : row.instead;
    if (named === null) continue;
    const answer = known[text];
    // Lines of the shell that give the right answer: the test of the proxy types them.
    if (row.kind === 'defect' && answer !== undefined && typeof answer !== 'function') assert.equal(named, answer.instead);
    if (!named.startsWith('sentinel ')) assert.ok(answer !== undefined && typeof answer !== 'function', `${text}: ${named}`);
    else assert.equal(mistakeIn(named), null, `${text}: ${named}`);
  }
});

test('a command that the pages of our commands name as the counterpart is the one of the ledger', () => {
  const oneLine = (text: string): string => text.replaceAll('\\\n', ' ').replace(/\s+/g, ' ').trim();
  for (const { counterparts = [] } of allCommands) {
    for (const [theirs, ours] of counterparts) {
      const found = rows.find(([text]) => oneLine(text) === oneLine(theirs));
      if (found === undefined) continue;
      const [text, row] = found;
      const named = row.kind === 'runs' ? row.better : row.kind === 'counterpart' ? row.command : row.instead;
      // One line reloads everything, also where only certificates are meant.
      if (text.startsWith('kill -HUP')) assert.equal(named, 'sentinel reload');
      else assert.equal(named, ours, text);
    }
  }
});

test('every named defect is one that a row has, and queries are told with the series that there are', () => {
  const used = new Set([
    ...rows.flatMap(([, row]) => (row.kind === 'defect' ? [row.defect] : [])),
    ...Object.values(queryLedger).flatMap((row) => (row === null ? [] : [row.defect])),
  ]);
  assert.deepEqual([...used].toSorted(), Object.keys(seedDefects).toSorted());
  for (const [query, row] of Object.entries(queryLedger)) {
    for (const [name] of (row?.instead ?? query).matchAll(/sentinel_\w+/g)) assert.ok(vocabulary.metrics.has(name), name);
  }
});
