/** The door to the KDL parser: places, versions, and every syntax problem of a text in one reading. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { KdlNode, SyntaxProblem } from '../../src/kdl/document.ts';
import { readKdl } from '../../src/kdl/reader.ts';
import { lineText, makeSource, positionOf, spanText } from '../../src/kdl/source.ts';
import { kdlName, kdlScalar, kdlString } from '../../src/kdl/text.ts';

function nodesOf(text: string): readonly KdlNode[] {
  const reading = readKdl(makeSource('test', text));
  assert.ok(reading.ok, JSON.stringify(reading));
  return reading.ok ? reading.document.nodes : [];
}

function problemsOf(text: string): readonly SyntaxProblem[] {
  const reading = readKdl(makeSource('test', text));
  assert.ok(!reading.ok, 'the text is valid');
  return reading.ok ? [] : reading.problems;
}

/** `line:column message`, as an editor would list them. */
function listed(text: string): string[] {
  return problemsOf(text).map(({ span, message }) => {
    const { line, column } = positionOf(span.source, span.start);
    return `${line}:${column} ${message}`;
  });
}

test('names, values and nodes know where they stand', () => {
  const [node] = nodesOf('// x\n  route "é😀" key=#true {\n child 1.5\n}\n') as [KdlNode];
  assert.equal(spanText(node.nameSpan), 'route');
  assert.equal(spanText(node.args[0]?.span ?? node.span), '"é😀"');
  assert.equal(spanText(node.props[0]?.span ?? node.span), 'key=#true');
  assert.equal(spanText(node.props[0]?.valueSpan ?? node.span), '#true');
  const [child] = node.children as [KdlNode];
  assert.equal(child.args[0]?.value, 1.5);
  const { line, column, byte } = positionOf(child.nameSpan.source, child.nameSpan.start);
  assert.deepEqual({ line, column, byte }, { line: 3, column: 2, byte: 35 });
});

test('columns count characters, bytes count bytes, lines end as editors end them', () => {
  const source = makeSource('test', 'a\r\n😀é b\rc\nd');
  assert.equal(lineText(source, 2), '😀é b');
  assert.deepEqual(positionOf(source, source.text.indexOf('b')), { line: 2, column: 4, byte: 10 });
  assert.equal(positionOf(source, source.text.indexOf('c')).line, 3);
  assert.equal(positionOf(source, source.text.length).line, 4);
});

test('a node without a block differs from one with an empty block', () => {
  const [without, empty] = nodesOf('a\nb {}\n');
  assert.equal(without?.children, null);
  assert.deepEqual(empty?.children, []);
});

test('a text of version 1 is read as it was meant, and can be rewritten', () => {
  const reading = readKdl(makeSource('test', 'a true null r"\\d" // why\nb false\n'));
  assert.ok(reading.ok);
  if (!reading.ok) return;
  assert.equal(reading.document.version, 1);
  assert.deepEqual(
    reading.document.nodes.map(({ args }) => args.map(({ value }) => value)),
    [[true, null, '\\d'], [false]],
  );
  assert.match(reading.document.upgraded ?? '', /a #true #null #"\\d"# \/\/ why/);
  assert.equal(spanText(reading.document.nodes[0]?.args[0]?.span ?? reading.document.nodes[0]!.span), 'true');
});

test('a mistake in version 2 that an old parser would let pass is still a mistake', () => {
  assert.deepEqual(listed('a "x""y"\n'), ['1:6 two values run into each other']);
});

test('five mistakes in five places are five problems', () => {
  const text = 'a {\n    b "unclosed\n    c true\n    d = 5\n    e 1..2\n}\n}\nf 1\n';
  assert.deepEqual(listed(text), [
    '2:7 string is never closed',
    '3:7 the keyword `true` is written `#true`',
    '4:7 unexpected `=`',
    '5:7 invalid decimal number, a decimal point must be followed by a digit',
    '7:1 unexpected `}`',
  ]);
});

test('a string that is not closed is one problem, whatever its line opens or closes', () => {
  assert.deepEqual(listed('a "x {\n b 1\n}\nc 1\n'), ['1:3 string is never closed']);
  assert.deepEqual(listed('a { b "x }\nc 1\n'), ['1:7 string is never closed']);
  assert.deepEqual(listed('a { b #"x }\nc 1\n'), ['1:7 string is never closed']);
  assert.deepEqual(listed('a """\nb 1\n'), ['1:3 string is never closed']);
  assert.deepEqual(listed('a k="x\nb 1\n'), ['1:5 string is never closed']);
});

test('a property without value and an annotation without end are one problem each, where they begin', () => {
  const starts = (text: string) => problemsOf(text).map(({ span, message }) => [span.start, message]);
  assert.deepEqual(starts('a { b w= }\n'), [[7, 'a property has no value']]);
  assert.deepEqual(starts('a (x {\n}\nb (y z) 1\n'), [
    [2, 'a type annotation `(name)` is not well formed'],
    [11, 'a type annotation `(name)` is not well formed'],
  ]);
});

test('a block or comment that is not closed is shown where it was opened', () => {
  assert.deepEqual(listed('a {\n b {\n c 1\n}\n'), ['1:3 block is never closed']);
  assert.deepEqual(listed('a "{" {\n // {\n'), ['1:7 block is never closed']);
  assert.deepEqual(listed('a 1\n/* b\n/* c */\n'), ['2:1 comment is never closed']);
});

test('habits of other languages are recognised', () => {
  assert.deepEqual(listed('a 1\n# b { "c\nd 1\n'), ['2:1 a comment begins with `//`, not with `#`']);
  assert.deepEqual(listed('a {} b 1\n'), ['1:6 a `;` or a line break is missing after the `}`']);
  assert.deepEqual(listed('a "x""y"\n'), ['1:6 two values run into each other']);
  assert.deepEqual(listed('a [1]\n'), ['1:3 `[1]` cannot stand here as it is']);
  assert.deepEqual(listed('a "\\d+"\n'), ['1:3 unknown escape `\\d` in a string']);
  assert.deepEqual(listed('a #ture\n'), ['1:3 unknown keyword `#ture`']);
});

test('blocks nested without end are one problem', () => {
  assert.deepEqual(listed(`${'a{'.repeat(65)}${'}'.repeat(65)}`), ['1:129 blocks are nested too deeply']);
  assert.deepEqual(listed('a{'.repeat(100_000)), ['1:1 blocks are nested too deeply']);
  assert.equal(nodesOf(`${'a{'.repeat(64)}${'}'.repeat(64)}`).length, 1);
});

test('values are written so that they read back', () => {
  for (const value of [
    '',
    'plain',
    'a "b" \\ c',
    'line\nbreak\ttab\r',
    '\u0000\u001b\u202e\ufeff',
    '日本 😀',
    'true',
    '#',
    '"""',
  ]) {
    const [node] = nodesOf(`a ${kdlString(value)}\n${kdlName(value === '' ? 'x' : value)} 1\n`);
    assert.equal(node?.args[0]?.value, value);
  }
  for (const value of [0, -1, 1.5, 1e21, true, false, null])
    assert.equal(nodesOf(`a ${kdlScalar(value)}`)[0]?.args[0]?.value, value);
  assert.equal(kdlName('null'), '"null"');
  assert.equal(kdlName('max-idle'), 'max-idle');
});

test('a `;` behind a hexadecimal number ends the node, as behind every other', () => {
  const names = (text: string): unknown => {
    const reading = readKdl(makeSource('x', text));
    assert.ok(reading.ok, text);
    const [node] = reading.document.nodes;
    return [
      reading.document.nodes.map(({ name }) => name),
      (node?.children ?? []).map(({ name, args, props }) => [name, ...args.map(({ value }) => value), props.length]),
    ];
  };
  assert.deepEqual(names('p { a 0xFF;b 2 }; q'), [
    ['p', 'q'],
    [
      ['a', 255, 0],
      ['b', 2, 0],
    ],
  ]);
  assert.deepEqual(names('p { a k=0x1_0; b 2; c "0xff;" }\n'), [
    ['p'],
    [
      ['a', 1],
      ['b', 2, 0],
      ['c', '0xff;', 0],
    ],
  ]);
  assert.deepEqual(names('p 0xff;q'), [['p', 'q'], []]);
  assert.deepEqual(names('p (u8)0xff;q /-0x1;r'), [['p', 'q', 'r'], []]);
});
