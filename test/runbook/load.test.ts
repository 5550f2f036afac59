/** Runbooks are read into sections, blocks and items, each at its place; what cannot be read is told all at once, never thrown. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { codes } from '../../src/base/codes.ts';
import { diagnosticFormats, renderDiagnostics } from '../../src/config/render/render.ts';
import { lineOf, spanText } from '../../src/kdl/source.ts';
import { type LoadedRunbook, loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';

const runs = Number(process.env['SENTINEL_FUZZ_RUNS'] ?? 300);
const head = ['---', 'id: small', 'title: Small', 'severity: SEV3', 'symptoms:', '  - slow', '---', ''].join('\n');

function read(text: string): Promise<LoadedRunbook> {
  return loadRunbook({ file: 'small.md', text, origin: 'site', expectedId: 'small' });
}

async function good(...lines: readonly string[]): Promise<Runbook> {
  const loaded = await read(`${head}${lines.join('\n')}\n`);
  assert.ok(
    loaded.kind === 'ok',
    JSON.stringify(loaded, (key, value: unknown) => (key === 'source' ? undefined : value)),
  );
  return loaded.runbook;
}

/** `8:5 SNT-R006` */
async function bad(...lines: readonly string[]): Promise<readonly string[]> {
  const loaded = await read(`${head}${lines.join('\n')}\n`);
  assert.ok(loaded.kind === 'invalid');
  const short = renderDiagnostics(loaded.problems, 'short', { colour: false, version: '0' });
  return [...short.matchAll(/^small\.md:(\d+:\d+): error\[(SNT-R\d+)\]/gm)].map(
    ([, place, code]) => `${place} ${code}`,
  );
}

test('the front matter says what the runbook is', async () => {
  const { id, title, severity, symptoms, entry } = await good('# Small');
  assert.deepEqual(
    { id, title, severity, symptoms, entry },
    { id: 'small', title: 'Small', severity: 'SEV3', symptoms: ['slow'], entry: false },
  );
});

test('a severity may be left out where it depends', async () => {
  for (const line of ['', 'severity: depends\n', 'severity: null\n']) {
    const loaded = await read(head.replace('severity: SEV3\n', line));
    assert.equal(loaded.kind === 'ok' ? loaded.runbook.severity : loaded, null);
  }
});

test('headings get the anchors that GitHub gives them, the second of a name with -1', async () => {
  const { sections } = await good(
    'before',
    '# What? Now!',
    '## `code` & Öl 2',
    '## Again',
    '## Again',
    '## Again-1',
    '## Again',
  );
  assert.deepEqual(
    sections.map(({ anchor }) => anchor),
    ['', 'what-now', 'code--öl-2', 'again', 'again-1', 'again-1-1', 'again-2'],
  );
});

test('every block has its line, also behind a fence within a list', async () => {
  const { sections } = await good(
    '# One',
    'words',
    '',
    '- [ ] tick',
    '- [x] `ticked`',
    '  - [ ] below',
    '',
    '1. do',
    '',
    '   ```bash',
    '   true',
    '   ```',
    '',
    '   then',
    '',
    '```kdl example',
    'server { }',
    '```',
  );
  assert.deepEqual(
    sections[0]?.blocks.map((block) => [block.kind, block.line, 'text' in block ? block.text : '']),
    [
      ['prose', 9, ''],
      ['checklist', 11, ''],
      ['prose', 15, ''],
      ['bash', 18, 'true'],
      ['prose', 21, ''],
      ['example', 24, 'server { }'],
    ],
  );
  const list = sections[0]?.blocks[1];
  assert.deepEqual(list?.kind === 'checklist' ? list.entries : null, [
    { line: 11, text: 'tick' },
    { line: 12, text: 'ticked' },
    { line: 13, text: 'below' },
  ]);
});

test('machine parts are read with their places in the file', async () => {
  const { items } = await good(
    '# One',
    '> - ä',
    '',
    '## Two',
    '```kdl',
    'ask "process-running" "Is it?" { yes goto="#one"; no goto="process-crash#dns" }',
    'cause "killed" code="SNT-P081" "ended" { fix "a"; fix "b" run="sentinel check \'a b\'" }',
    '```',
    '- in a list',
    '  ```kdl',
    '  step "a" "b" kind="change" { run "x" "{target}"; undo "y"; needs "p" "q"; needs "r"; accepts 0 3; timeout-secs 5 }',
    '  wait until="err<1%" for="1m30s"',
    '  rollback step="a"',
    '  ```',
  );
  assert.deepEqual(
    items.map((item) => [item.kind, item.section, lineOf(item.span.source, item.span.start)]),
    [
      ['ask', 'two', 13],
      ['cause', 'two', 14],
      ['step', 'two', 18],
      ['wait', 'two', 19],
      ['rollback', 'two', 20],
    ],
  );
  const [ask, cause, step, wait] = items;
  assert.ok(ask?.kind === 'ask' && cause?.kind === 'cause' && step?.kind === 'step' && wait?.kind === 'wait');
  assert.deepEqual(
    [ask.yes?.runbook, ask.yes?.anchor, ask.no?.runbook, ask.no?.anchor],
    [null, 'one', 'process-crash', 'dns'],
  );
  assert.equal(spanText(ask.no?.span as NonNullable<typeof ask.no>['span']), '"process-crash#dns"');
  assert.deepEqual(cause.fixes, [
    { words: 'a', command: null },
    { words: 'b', command: ['sentinel', 'check', 'a b'] },
  ]);
  const { command, undo, needs, accepts, timeoutMs, effect } = step;
  assert.deepEqual(
    { command, undo, needs, accepts, timeoutMs, effect },
    {
      command: ['x', '{target}'],
      undo: ['y'],
      needs: ['p', 'q', 'r'],
      accepts: [0, 3],
      timeoutMs: 5000,
      effect: 'change',
    },
  );
  assert.deepEqual([wait.forMs, wait.timeoutMs], [90_000, 600_000]);
});

test('lines that end in CR LF have the same places', async () => {
  const loaded = await read(`${head}# One\n\`\`\`kdl\nnote "x"\nnota "y"\n\`\`\`\n`.replaceAll('\n', '\r\n'));
  assert.ok(loaded.kind === 'invalid');
  assert.deepEqual(
    loaded.problems.map(({ span }) => [lineOf(span.source, span.start), spanText(span)]),
    [[11, 'nota']],
  );
});

test('all that is wrong is told at once, in the order of the file', async () => {
  assert.deepEqual(
    await bad('```kdl', 'note', 'ask "x"', 'step "a" "b" knd="change"', '```', '```kdl', 'note "', '```'),
    ['9:1 SNT-R006', '10:1 SNT-R015', '11:1 SNT-R006', '11:14 SNT-R005', '14:6 SNT-R004'],
  );
});

test('what was meant is offered, and what was expected is said', async () => {
  const loaded = await read(`${head}\`\`\`kdl\nconfrim "x"\n\`\`\`\n`);
  assert.ok(loaded.kind === 'invalid');
  const [problem] = loaded.problems;
  assert.equal(problem?.suggestion?.text, 'did you mean `confirm`?');
  assert.match(problem?.message ?? '', /^unknown node `confrim` in a runbook: expected one of probe, ask, /);
});

/** Whatever it was, it was read or its problems can be drawn. */
async function judged(text: string): Promise<void> {
  const loaded = await read(text);
  if (loaded.kind === 'ok') return;
  assert.ok(loaded.problems.length > 0);
  for (const { code, span } of loaded.problems) {
    assert.ok(code in codes);
    assert.ok(span.start >= 0 && span.start <= span.end && span.end <= span.source.text.length);
  }
  for (const format of diagnosticFormats) renderDiagnostics(loaded.problems, format, { colour: true, version: '0' });
}

test('no text keeps the loader from answering', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 200 }), judged), { numRuns: runs });
});

const pieces = [
  '---\n',
  'id: small\n',
  'title: [',
  'severity: *a\n',
  'symptoms: &a\n',
  '  - x\n',
  '# A\n',
  '\n',
  '```kdl\n',
  '```\n',
  '```kdl example\n',
  '~~~kdl\n',
  '> ',
  '- ',
  '- [ ] ',
  '1. ',
  '    ',
  'ask "a" {',
  ' yes goto=',
  '"#a"',
  '}',
  'step "a" "b" kind="change" ',
  'run ',
  '"',
  '#"',
  '/-',
  '\\',
  '`',
  '|a|\n|-|\n',
  '[a](b.md#c)',
  '\r\n',
  '\t',
  '<b>',
  '\u0000',
  '\uFEFF',
  'note "x"\n',
  'cause "a" "b" code=',
  '#null',
  '1e999',
  'fix "a" run="',
  '*',
  '[^1]: ',
];

test('no mixture of the pieces of runbooks keeps the loader from answering', async () => {
  const mixture = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(mixture, fc.boolean(), (text, matter) => judged(matter ? head + text : text)),
    { numRuns: runs },
  );
});

test('quotes and lists in each other without end are a problem, not a crash', async () => {
  const deep = await read(`${head}${'> '.repeat(20_000)}x\n`);
  assert.equal(deep.kind, 'invalid');
});
