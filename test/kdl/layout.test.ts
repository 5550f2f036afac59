/** A text that is laid out anew says the same with the same comments, and laying it out once more changes nothing. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { commentsOf } from '../../src/kdl/between.ts';
import { laidOut } from '../../src/kdl/layout.ts';
import { meaningOf } from '../../src/kdl/meaning.ts';
import { readKdl } from '../../src/kdl/reader.ts';
import { makeSource } from '../../src/kdl/source.ts';

test('nodes get a line each and four spaces a level, and comments stay beside what they are about', () => {
  const text = `// top


  upstream "a" { // x
\ttargets { target "h:1" weight=1 /* c */ ; target { address h; "weight" 3 } }
    /- target "x" { /* in */ weight 3; }
    target "h:3"   weight = 2 // trailing


    target \\ // goes on
  "h:4" /-weight=5 weight=6 { }
    // last

  }
/* one */ /* two */
log #true; /- gone "b" // end`;
  assert.equal(
    laidOut(text),
    `// top

upstream "a" { // x
    targets {
        target "h:1" weight=1 /* c */
        target {
            address "h"
            weight 3
        }
    }
    /- target "x" {
        /* in */ weight 3
    }
    target "h:3" weight=2 // trailing

    target \\ // goes on
        "h:4" /-weight=5 weight=6 {}
    // last
}

/* one */ /* two */
log #true
/- gone "b" // end
`,
  );
});

const folder = join(import.meta.dirname, '../config/cases/ok');

function judge(text: string): void {
  const reading = readKdl(makeSource('x', text));
  if (!reading.ok || reading.document.version === 1) return;
  const once = laidOut(text);
  assert.equal(laidOut(once), once, `not the same twice:\n${text}`);
  const again = readKdl(makeSource('x', once));
  assert.ok(again.ok, once);
  assert.deepEqual(again.document.nodes.map(meaningOf), reading.document.nodes.map(meaningOf));
  assert.deepEqual(commentsOf(once), commentsOf(text.replaceAll(/\r\n?/g, '\n')));
}

test('every configuration of the golden cases keeps its meaning and its comments', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.kdl'));
  assert.ok(files.length > 5);
  for (const file of files) judge(readFileSync(join(folder, file), 'utf8'));
});

const word = fc.constantFrom(
  'a',
  'route',
  '"quoted"',
  '"with space"',
  '"a\\nb"',
  '#"raw "q""#',
  '1',
  '-2.5e3',
  '0xff',
  '#true',
  '#null',
  'k=v',
  '"k" = "v"',
  'k=#false',
  '(u8)5',
  'k=(t)"x"',
  '"""\n  many\n  lines\n  """',
);
const gap = fc.constantFrom(
  ' ',
  '  ',
  '\t',
  ' /* c */ ',
  ' \\\n',
  ' \\ // on\n  ',
  ' \\ /* b */ // on\n',
  ' /* m\n m */ ',
);
const end = fc.constantFrom(
  '\n',
  '\r\n',
  ';',
  '; ',
  ' // e\n',
  ' /* e */\n',
  ';// e\n',
  '\n\n\n',
  ' /* e */ ; ',
  '\n/- out { a; b }\n',
  '\n// own\n\n',
  ' /-{ x }\n',
  ' /-"out"\n',
  '\n/-\n// why\nnode 1\n',
);

const node: fc.Memo<string> = fc.memo((depth) =>
  fc
    .tuple(
      fc.constantFrom('a', 'route', '"b c"', '"plain"', '(t)x'),
      fc.array(fc.tuple(gap, fc.constantFrom('', '', '', '/-'), word), { maxLength: 3 }),
      depth > 1
        ? fc.option(fc.tuple(gap, nodes(depth - 1), fc.constantFrom('', ' // o\n', '\n', ' /* o */ ')))
        : fc.constant(null),
      end,
    )
    .map(([name, words, block, tail]) => {
      const line = name + words.map(([g, dash, w]) => `${g}${dash}${w}`).join('');
      return `${line}${block === null ? '' : `${block[0]}{${block[2]}${block[1]}}`}${tail}`;
    }),
);
const nodes: fc.Memo<string> = fc.memo((depth) =>
  fc
    .tuple(fc.constantFrom('', '\n', ' // first\n', '/* f */ '), fc.array(node(depth), { maxLength: 4 }))
    .map(([first, all]) => first + all.join('')),
);

test('whatever is KDL keeps its meaning and its comments in any layout', () => {
  let judged = 0;
  fc.assert(
    fc.property(nodes(3), (text) => {
      if (readKdl(makeSource('x', text)).ok) judged++;
      judge(text);
    }),
    { numRuns: Number(process.env['SENTINEL_FUZZ_RUNS'] ?? 500), seed: 20_261_120 },
  );
  assert.ok(judged > 100, `${judged} of the texts were KDL`);
});
