/** Filters as mathematics: what is written out reads back, logic is logic, and expressions mean what JavaScript's mean. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { filterText, type Filter } from '../../src/filter/filter.ts';
import { matches } from '../../src/filter/match.ts';
import { parseFilter } from '../../src/filter/parse.ts';
import { compilePattern, PatternFault } from '../../src/filter/pattern.ts';
import { findsPattern } from '../../src/filter/pattern-run.ts';
import { filterOf, subject } from './filter-scene.ts';

const numRuns = 500;

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.string({ maxLength: 12 }).map((text): Filter => ({ kind: 'word', text })),
  fc.constantFrom('a.c', '^/x"y\\\\', '(a|b)+ c', '\\d').map((source): Filter => ({ kind: 'pattern', source })),
  fc
    .record({
      field: fc.constantFrom('path', 'client'),
      op: fc.constantFrom('=', '!='),
      text: fc.string({ maxLength: 9 }),
    })
    .map(({ field, op, text }) => ({ kind: 'text', field, op, text }) as Filter),
  fc
    .record({ op: fc.constantFrom('~', '!~'), source: fc.constantFrom('x y', 'a"b', '[)]') })
    .map(({ op, source }) => ({ kind: 'field-pattern', field: 'path', op, source }) as Filter),
  fc
    .record({ op: fc.constantFrom('=', '!=', '>', '<', '>=', '<='), value: fc.nat(9999) })
    .map(({ op, value }) => ({ kind: 'number', field: 'p99', op, written: `${value}ms`, value }) as Filter),
  fc
    .record({ op: fc.constantFrom('=', '!='), hundreds: fc.integer({ min: 1, max: 9 }) })
    .map(({ op, hundreds }) => ({ kind: 'class', field: 'status', op, hundreds }) as Filter),
);

const { tree } = fc.letrec<{ tree: Filter }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((of): Filter => ({ kind: 'and', of })),
    fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((of): Filter => ({ kind: 'or', of })),
    tie('tree').map((of): Filter => ({ kind: 'not', of })),
  ),
}));

test('a filter that is written out reads back as itself', () => {
  fc.assert(
    fc.property(tree, (filter) => {
      const text = filterText(filter);
      fc.pre(text.length <= 1024);
      assert.deepEqual(filterOf(text), filter);
    }),
    { numRuns },
  );
});

test('any text is read or has a problem within itself', () => {
  const piece = fc.constantFrom(
    '(',
    ')',
    '!',
    '"',
    '~',
    '=',
    '!=',
    ' ',
    'and',
    'or',
    '&&',
    '||',
    'a',
    'path',
    'p99',
    '>',
    '5ms',
    '\\',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (text) => {
        const parsed = parseFilter(text, 'requests');
        if (parsed.ok) assert.deepEqual(filterOf(filterText(parsed.filter)), parsed.filter);
        else assert.ok(parsed.problem.from <= parsed.problem.to && parsed.problem.to <= text.length);
      },
    ),
    { numRuns: 2000 },
  );
});

/** Words a–d joined every way that the language has; JavaScript's own `!`, `&&`, `||` say what it means. */
const joined = fc
  .tuple(
    fc.array(
      fc.record({
        turns: fc.nat(2),
        word: fc.constantFrom('a', 'b', 'c', 'd'),
        join: fc.constantFrom(
          [' and ', '&&'],
          [' && ', '&&'],
          [' ', '&&'],
          [' AND ', '&&'],
          [' or ', '||'],
          ['||', '||'],
        ),
        opens: fc.nat(1),
      }),
      { minLength: 1, maxLength: 9 },
    ),
    fc.nat(15),
  )
  .map(([parts, bits]) => {
    let [ours, theirs, open] = ['', '', 0];
    parts.forEach(({ turns, word, join, opens }, index) => {
      const last = index === parts.length - 1;
      const begin = '!'.repeat(turns) + (opens === 1 ? '(' : '');
      open += opens;
      const closes = last ? open : opens === 0 && open > 0 ? 1 : 0;
      open -= closes;
      const end = ')'.repeat(closes);
      ours += begin + word + end + (last ? '' : join[0]);
      theirs += `${begin}v.${word}${end}${last ? '' : join[1]}`;
    });
    return { ours, theirs, bits };
  });

test('"!" binds closest, then what stands side by side, then "or"', () => {
  fc.assert(
    fc.property(joined, ({ ours, theirs, bits }) => {
      const v = { a: (bits & 1) > 0, b: (bits & 2) > 0, c: (bits & 4) > 0, d: (bits & 8) > 0 };
      const name = Object.entries(v)
        .map(([word, is]) => (is ? word : ''))
        .join('');
      const expected = (runInThisContext(`(v) => ${theirs}`) as (values: typeof v) => boolean)(v);
      assert.equal(matches(filterOf(ours), subject({ name })), expected, ours);
    }),
    { numRuns: 2000 },
  );
});

const atom = fc.constantFrom(
  'a',
  'b',
  'A',
  '.',
  '\\d',
  '\\w',
  '\\S',
  '[ab]',
  '[^a]',
  '[a-c1]',
  '\\.',
  '1',
  '-',
  '\\b',
  '\\B',
);
const expression = fc.letrec<{ all: string }>((tie) => ({
  all: fc.oneof(
    { maxDepth: 4 },
    atom,
    fc.tuple(tie('all'), tie('all')).map(([one, other]) => one + other),
    fc.tuple(tie('all'), tie('all')).map(([one, other]) => `(${one}|${other})`),
    fc
      .tuple(tie('all'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}', '*?'))
      .map(([one, times]) => `(?:${one})${times}`),
    tie('all').map((one) => `^${one}`),
    tie('all').map((one) => `${one}$`),
  ),
})).all;

test('an expression finds what JavaScript would find', () => {
  fc.assert(
    fc.property(
      expression,
      fc.string({ unit: fc.constantFrom('a', 'b', 'A', '1', '.', '-', ' ', '\n'), maxLength: 12 }),
      (source, text) => {
        let pattern;
        try {
          pattern = compilePattern(source);
        } catch (error) {
          assert.ok(
            error instanceof PatternFault && /too much|at most/.test(error.message),
            `${source}: ${String(error)}`,
          );
          return;
        }
        const theirs = new RegExp(source, pattern.foldsCase ? 'i' : '');
        assert.equal(findsPattern(pattern, text), theirs.test(text), `${source} in ${JSON.stringify(text)}`);
      },
    ),
    { numRuns: 3000 },
  );
});
