/** What is drawn fits, whatever the size, the view and the look; nothing in it steers a terminal; and what is wrong says so without colour. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { draw } from '../../../src/tui/draw/draw.ts';
import { tableRows } from '../../../src/tui/draw/heights.ts';
import type { Look, Size } from '../../../src/tui/draw/line.ts';
import { painted } from '../../../src/tui/draw/paint.ts';
import { pointedAt } from '../../../src/tui/draw/pointing.ts';
import type { View } from '../../../src/tui/view/view.ts';
import { columns, overlays, row, view } from './sample-view.ts';

const coloured: Look = { colour: 'ansi16', ascii: false };
const plain: Look = { colour: 'none', ascii: false };
const asciiOnly: Look = { colour: 'none', ascii: true };

const lost: View = {
  ...view,
  header: { ...view.header, mode: 'lost', ageMs: 12_400, modeWords: 'connect ECONNREFUSED; asked again in 2s' },
};
const hostile: View = {
  ...view,
  verdict: { ...view.verdict, parts: [{ text: 'evil \u001b]0;title\u0007 \u001b[2J \u202e and \u0000' }] },
  table: {
    ...view.table,
    rows: [row('a\u001b[31m\r\nb 👩‍👩‍👧‍👦 é́ 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字', 'down', 0, [])],
    filter: 'x'.repeat(500),
    cursor: 0,
  },
  why: '漢'.repeat(300),
};
const empty: View = {
  ...view,
  table: { ...view.table, rows: [], cursor: -1, empty: 'no row matches: n shows all' },
  why: null,
};
const bare: View = { ...view, gauges: [], tabs: [], footer: { ...view.footer, keys: [] } };
const views: readonly View[] = [
  view,
  lost,
  hostile,
  empty,
  bare,
  ...overlays.map((overlay) => ({ ...view, ...overlay })),
];

function textOf(shown: View, size: Size, look: Look): string[] {
  return draw(shown, size, look).map((line) => line.map(({ text }) => text).join(''));
}

test('every view has as many lines as the screen and none is wider, from one place to a wall', () => {
  const sizes = fc.record({ columns: fc.integer({ min: 1, max: 250 }), rows: fc.integer({ min: 1, max: 80 }) });
  const edges = [1, 2, 3, 9, 10, 11, 39, 40, 41, 59, 60, 61, 80, 120, 250];
  const corner = fc.record({
    columns: fc.constantFrom(...edges),
    rows: fc.constantFrom(1, 2, 3, 9, 10, 13, 14, 24, 80),
  });
  fc.assert(
    fc.property(
      fc.oneof(sizes, corner),
      fc.constantFrom(...views),
      fc.constantFrom(coloured, plain, asciiOnly),
      (size, shown, look) => {
        const lines = textOf(shown, size, look);
        assert.equal(lines.length, size.rows);
        for (const line of lines) {
          assert.ok(stringWidth(line) <= size.columns, JSON.stringify(line));
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
          assert.doesNotMatch(line, look.ascii ? /[^\x20-\x7e]/ : /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
        }
      },
    ),
    { numRuns: 250 },
  );
});

test('without colour nothing is written but the text, with it only the sixteen of the terminal, taken back at the end of each line', () => {
  for (const shown of views) {
    for (const line of draw(shown, { columns: 100, rows: 30 }, plain)) {
      assert.equal(painted(line, plain), line.map(({ text }) => text).join(''));
    }
    for (const line of draw(shown, { columns: 100, rows: 30 }, coloured)) {
      const text = painted(line, coloured);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with it
      const codes = [...text.matchAll(/\u001b\[([\d;]*)m/g)].map(([, code]) => code);
      for (const code of codes) assert.match(code ?? '', /^(?:0|1|2|4|7|3[1-7])(?:;(?:1|4|7|3[1-7]))*$/);
      if (codes.length > 0) assert.equal(codes.at(-1), '0');
    }
  }
});

test('a row says how it stands by glyph and letter, and where the cursor is, without colour', () => {
  const lines = textOf(view, { columns: 120, rows: 34 }, plain);
  const of = (name: string): string => lines.find((line) => line.includes(`${name} `)) ?? assert.fail(name);
  assert.match(of('api-backend   '), /^ ✗D api-backend/);
  assert.match(of('10.1.1.12:8080'.padEnd(16)), /^▸ {2}✗D 10\.1\.1\.12:8080/);
  assert.match(of('10.1.1.11:8080'), /^ {3}◐G\*10\.1\.1\.11:8080/);
  assert.match(of('商店-支付'), /^ ⏸M 商店-支付/);
  const inAscii = textOf(view, { columns: 120, rows: 34 }, asciiOnly).join('\n');
  for (const mark of ['xD api-backend', '~G*10.1.1.11', '=M ????-????', '!W 10.1.2.10', '?N 10.1.2.11', '+U web']) {
    assert.ok(inAscii.includes(mark), mark);
  }
});

test('what is old says how old in words, and no cell of it looks like news', () => {
  const lines = draw(lost, { columns: 120, rows: 34 }, coloured);
  const texts = lines.map((line) => line.map(({ text }) => text).join(''));
  assert.match(texts[0] ?? '', / LOST ~12s .*connect ECONNREFUSED; asked again in 2s/);
  const rows = lines.slice(5, 13).filter((_, at) => at !== view.table.cursor);
  for (const line of rows) for (const { tone } of line) assert.equal(tone, 'stale');
});

test('numbers stay in their columns when they change, and names are whole while anything else can go', () => {
  const other: View = {
    ...view,
    table: {
      ...view.table,
      rows: view.table.rows.map((one) => ({
        ...one,
        cells: { ...one.cells, rps: { text: '9' }, err: { text: '99.9' } },
      })),
    },
  };
  for (const wide of [60, 72, 80, 100, 120, 160, 250]) {
    const size = { columns: wide, rows: 24 };
    const [now, then] = [textOf(view, size, plain), textOf(other, size, plain)];
    assert.equal(now[4], then[4], 'the titles do not move');
    assert.ok(
      now.some((line) => line.includes('10.1.1.12:8080 ')),
      `the name is whole at ${wide}`,
    );
    for (const title of ['ST', 'INFL', 'ERR%']) assert.match(now[4] ?? '', new RegExp(` ${title}( |$)`));
    const end = (now[4] ?? '').indexOf('ERR%') + 4;
    assert.equal(now[5]?.slice(0, end).trimEnd().length, end, 'a number ends where its title ends');
  }
});

test('columns go in their order: what says least first, what names and counts never', () => {
  const titles = (wide: number): string[] =>
    (textOf(view, { columns: wide, rows: 24 }, plain)[4] ?? '').trim().split(/ +/);
  assert.deepEqual(
    titles(140),
    columns.map(({ title }) => title),
  );
  const gone = [120, 100, 90, 84, 80, 76, 70, 64, 60].map((wide) =>
    columns.map(({ title }) => title).filter((title) => !titles(wide).includes(title)),
  );
  for (const [at, now] of gone.entries()) {
    const before = gone[at - 1] ?? [];
    assert.deepEqual(
      before.filter((title) => !now.includes(title)),
      [],
      'what was left out stays out when it gets narrower',
    );
  }
  assert.equal(gone.flat()[0], 'SINCE');
});

test('the cursor is seen wherever it is, and as many rows as the store counts on', () => {
  const many = Array.from({ length: 300 }, (_, at) => row(`t${at}`, 'up', 0, []));
  for (const cursor of [0, 1, 150, 299]) {
    for (const size of [
      { columns: 120, rows: 34 },
      { columns: 50, rows: 20 },
    ]) {
      const lines = textOf(
        { ...view, table: { ...view.table, rows: many, cursor, scroll: 100, marks: [] } },
        size,
        plain,
      );
      assert.ok(lines.some((line) => new RegExp(`^▸✓U t${cursor}( |$)`).test(line)));
      assert.equal(lines.filter((line) => /^[▸ ]✓U t\d/.test(line)).length, tableRows(size));
    }
  }
});

test('what was just done is said whole, in the place of why where the bottom line is too short for it', () => {
  const said = (words: string, size: Size): string[] =>
    textOf({ ...view, footer: { ...view.footer, notice: { words, tone: 'warn' } } }, size, plain).slice(-3);
  const refused =
    '10.1.1.12:8080 stays drained: the check of api-backend/10.1.1.12:8080 fails: connect ECONNREFUSED; it comes back when it passes';
  for (const columns of [80, 100, 250])
    assert.equal(
      said(refused, { columns, rows: 24 })
        .slice(columns === 250 ? 2 : columns === 100 ? 1 : 0)
        .join(' ')
        .replace('READ-WRITE', '')
        .replaceAll(/ +/g, ' ')
        .trim(),
      refused,
    );
  assert.match(said('short', { columns: 80, rows: 24 })[0] ?? '', /why: /);
  assert.match(said('word '.repeat(200), { columns: 80, rows: 24 })[2] ?? '', /…/);
  assert.equal(said(refused, { columns: 50, rows: 12 }).length, 3);
});

test('a rule with a title fits the page that it is shown on', () => {
  const lines = ['one', '', `${'─'.repeat(100)} runbook upstream-failure`, '', 'two'];
  const page = { ...view, overlay: { kind: 'explain', title: 't', lines, scroll: 0 } } as const;
  const seen = textOf(page, { columns: 80, rows: 24 }, plain);
  assert.equal(seen.filter((line) => /│ ─/.test(line)).length, 1);
  assert.match(seen.join('\n'), /│ ─+ runbook upstream-failure │/);
});

test('the mouse finds the row and the tab that are drawn there', () => {
  const size = { columns: 120, rows: 34 };
  const lines = textOf(view, size, plain);
  const at = lines.findIndex((line) => line.includes('10.1.1.11:8080'));
  assert.deepEqual(pointedAt(view, size, { column: 10, row: at }), { on: 'row', line: 2 });
  assert.deepEqual(pointedAt(view, size, { column: (lines[3] ?? '').indexOf('Errors'), row: 3 }), {
    on: 'tab',
    view: 'errors',
  });
  assert.equal(pointedAt(view, size, { column: 10, row: 30 }), null);
  assert.equal(pointedAt({ ...view, ...overlays[0] }, size, { column: 10, row: at }), null);
});

test('a question says what, where, effect, undo and expiry in this order; what is wrong with a filter is marked below it', () => {
  const question = overlays.find(({ overlay }) => overlay?.kind === 'confirm');
  const text = textOf({ ...view, ...question }, { columns: 100, rows: 34 }, plain).join('\n');
  const order = ['what ', 'where ', 'effect ', 'undo ', 'expires ', 'reason ', 'Cancel'].map((word) =>
    text.indexOf(word),
  );
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.ok(order.every((place) => place > 0));
  const footAt = (focus: 'cancel' | 'proceed'): string =>
    textOf(
      { ...view, overlay: { ...(question?.overlay as Extract<View['overlay'], { kind: 'confirm' }>), focus } },
      { columns: 100, rows: 34 },
      plain,
    ).join('\n');
  assert.match(footAt('cancel'), /y then Enter proceeds {2}Enter or Esc cancels/);
  assert.match(footAt('proceed'), /Enter proceeds {2}n or Esc cancels/);
  const quit = textOf({ ...view, overlay: { kind: 'quit' } }, { columns: 100, rows: 34 }, plain).join('\n');
  assert.match(quit, /y quit {2}any other key stays/);
  const filter = overlays.find(({ overlay }) => overlay?.kind === 'filter');
  const [input = '', below = ''] = textOf({ ...view, ...filter }, { columns: 100, rows: 34 }, plain).slice(-2);
  assert.equal(below.indexOf('^^^^^'), input.indexOf('sttae'));
  assert.match(below, /there is no field sttae/);
});
