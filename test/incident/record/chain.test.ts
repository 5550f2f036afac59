/** A journal that is not what was written is found, whatever was done to it. */
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { sha256 } from '../../../src/incident/record/chain.ts';
import { readJournal } from '../../../src/incident/record/journal.ts';
import { verifyJournal } from '../../../src/incident/record/verification.ts';
import { openedBody, privateFolder, someBodies, storeIn } from './journals.ts';

test('any change of a journal is found, with its line', async (t) => {
  const folder = privateFolder(t);
  const store = storeIn(folder);
  await store.open({ id: 'INC-001', body: openedBody });
  for (const body of someBodies) await store.append('INC-001', [body]);
  const stored = readJournal(store.folderOf('INC-001'));
  const check = (bytes: Buffer, head: string | null = stored.head) =>
    verifyJournal({ bytes, head }, 'INC-001', store.folderOf('INC-001'));
  const lines = stored.bytes.toString('utf8').split(/(?<=\n)/);
  const joined = (parts: readonly string[]): Buffer => Buffer.from(parts.join(''));

  assert.equal(check(stored.bytes).whole, true, 'what was written is whole');
  assert.equal(check(stored.bytes).entries, someBodies.length + 1);

  await t.test('every byte, with several of its bits turned', () => {
    const missed: string[] = [];
    let line = 1;
    for (const [at, byte] of stored.bytes.entries()) {
      for (const bit of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(stored.bytes);
        changed[at] = byte ^ bit;
        const { whole, problems } = check(changed);
        const there = problems.some((one) => one.line !== null && Math.abs(one.line - line) <= 1);
        if (whole || !there) missed.push(`byte ${at} ^ ${bit} in line ${line}`);
      }
      if (byte === 10) line++;
    }
    assert.deepEqual(missed, []);
  });

  await t.test('every line left out, the first and the last too', () => {
    for (const [index] of lines.entries()) {
      const { whole, problems } = check(joined(lines.toSpliced(index, 1)));
      assert.equal(whole, false, `line ${index + 1}`);
      assert.match(
        problems.map(({ words }) => words).join('\n'),
        index === lines.length - 1 ? /missing at the end/ : /entry \d is missing/,
      );
    }
    assert.equal(check(joined(lines.slice(0, 2))).whole, false, 'several at the end');
    assert.equal(check(Buffer.alloc(0)).whole, false, 'all of them');
  });

  await t.test('any two lines that change places, and a line that stands there twice', () => {
    for (let one = 0; one < lines.length; one++) {
      for (let other = one + 1; other < lines.length; other++) {
        const swapped = lines.with(one, lines[other] as string).with(other, lines[one] as string);
        assert.equal(check(joined(swapped)).whole, false, `${one + 1} and ${other + 1}`);
      }
      assert.equal(check(joined(lines.toSpliced(one, 0, lines[one] as string))).whole, false, `${one + 1} twice`);
    }
  });

  await t.test('what is added, ends of another system, a missing last end', () => {
    for (const more of ['x', '\n', '{}\n', '{"seq":8}\n', lines.at(-1) as string, '\u0000'.repeat(512)]) {
      assert.equal(check(joined([...lines, more])).whole, false, JSON.stringify(more));
    }
    assert.equal(check(Buffer.from(stored.bytes.toString('utf8').replaceAll('\n', '\r\n'))).whole, false);
    assert.equal(check(stored.bytes.subarray(0, -1)).whole, false);
  });

  await t.test('every byte of the head, an earlier one, none', () => {
    const head = Buffer.from(stored.head ?? '');
    for (const [at, byte] of head.entries()) {
      const changed = Buffer.from(head);
      changed[at] = byte ^ 0x01;
      assert.equal(check(stored.bytes, changed.toString('latin1')).whole, false, `byte ${at}`);
    }
    const missing = check(stored.bytes, null);
    assert.deepEqual(
      missing.problems.map(({ file }) => file),
      ['head.json'],
    );
    const text = stored.bytes.toString('utf8');
    // A whole line, chained as it should be, that no head seals.
    const { hash } = JSON.parse(lines.at(-1) as string) as { readonly hash: string };
    const open = `{"seq":8,"at":"2026-11-21T13:00:00.000Z","actor":"x","host":"y","kind":"acked","prev":"${hash}"`;
    const { problems } = check(Buffer.from(`${text}${open},"hash":"${sha256(open)}"}\n`));
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.words ?? '', /entry 8 is whole and not sealed/);
  });
});

test('files that entries name are what they were, or are named; a post-mortem may be edited', async (t) => {
  const store = storeIn(privateFolder(t));
  const { folder } = await store.open({ id: 'INC-001', body: openedBody });
  for (const name of ['one.tar.gz', 'timeline.ndjson', 'postmortem.md']) writeFileSync(join(folder, name), name);
  await store.append('INC-001', [
    { kind: 'snapshot', file: 'one.tar.gz', sha256: sha256('one.tar.gz'), bytes: 10, complete: true, verdict: null },
    { kind: 'timeline', file: 'timeline.ndjson', sha256: sha256('timeline.ndjson'), moments: 3 },
    { kind: 'postmortem', file: 'postmortem.md', sha256: sha256('postmortem.md') },
  ]);
  writeFileSync(join(folder, 'r-1.ndjson'), 'steps');
  const ran = { kind: 'runbook', runbook: 'triage', run: 'r-1', outcome: 'done', exit_code: 0 } as const;
  await store.append('INC-001', [{ ...ran, file: 'r-1.ndjson', sha256: sha256('steps') }]);
  const whole = store.verify('INC-001');
  assert.deepEqual([whole.whole, whole.files.length, whole.remarks], [true, 4, []]);

  writeFileSync(join(folder, 'postmortem.md'), 'what we learned');
  const edited = store.verify('INC-001');
  assert.equal(edited.whole, true);
  assert.match(edited.remarks.join(), /postmortem\.md was edited/);

  appendFileSync(join(folder, 'one.tar.gz'), 'x');
  appendFileSync(join(folder, 'r-1.ndjson'), ' that nobody took');
  rmSync(join(folder, 'timeline.ndjson'));
  const changed = store.verify('INC-001');
  assert.equal(changed.whole, false);
  assert.deepEqual(
    changed.problems.map(({ file }) => file),
    ['one.tar.gz', 'timeline.ndjson', 'r-1.ndjson'],
  );
});

test('what a process left that died in the middle is put aside or sealed, the journal says so, and a gap can be seen for ever', async (t) => {
  const store = storeIn(privateFolder(t));
  const { folder } = await store.open({ id: 'INC-001', body: openedBody });
  const [journal, head] = [join(folder, 'journal.ndjson'), join(folder, 'head.json')];
  await store.append('INC-001', [{ kind: 'acked' }]);

  await t.test('half a line', async () => {
    appendFileSync(journal, '{"seq":3,"at":"2026');
    const { notes, mended } = await store.append('INC-001', [{ kind: 'note', text: 'after' }]);
    assert.deepEqual([notes.length, mended], [1, 1]);
    const { whole, remarks } = store.verify('INC-001');
    assert.equal(whole, true);
    const [, aside = ''] = /put aside: (\S+)/.exec(remarks.join('\n')) ?? [];
    assert.equal(readFileSync(join(folder, aside), 'utf8'), '{"seq":3,"at":"2026');
  });

  await t.test('a whole line that no head seals', async () => {
    copyFileSync(head, `${head}.before`);
    await store.append('INC-001', [{ kind: 'note', text: 'not sealed' }]);
    copyFileSync(`${head}.before`, head);
    assert.match(store.verify('INC-001').problems[0]?.words ?? '', /not sealed/);
    const { notes } = await store.append('INC-001', [{ kind: 'note', text: 'sealed' }]);
    assert.deepEqual(
      notes.map(({ text }) => text),
      ['after', 'not sealed', 'sealed'],
    );
    const { whole, remarks } = store.verify('INC-001');
    assert.equal(whole, true);
    assert.match(remarks.join('\n'), /whole lines had not been sealed/);
  });

  await t.test('lines that somebody has cut off stay missing, whatever is written after', async () => {
    const bytes = readFileSync(journal);
    const cut = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    truncateSync(journal, cut);
    await store.append('INC-001', [{ kind: 'note', text: 'behind the cut' }]);
    const { whole, problems } = store.verify('INC-001');
    assert.equal(whole, false);
    assert.match(problems.map(({ words }) => words).join('\n'), /is missing/);
  });
});
