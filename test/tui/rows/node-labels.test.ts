/** What daemons are called in the narrow column of a table: never the same for two of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelColumns, labelsOf } from '../../../src/tui/rows/node-labels.ts';
import { rowsOf } from '../../../src/tui/rows/rows.ts';
import { readingNews, sampleState } from '../sample-state.ts';

test('daemons whose names begin or end alike are told apart in the room of the column', () => {
  const tried: readonly (readonly [readonly string[], readonly string[]])[] = [
    [
      ['prod-1', './prod-2'],
      ['prod-1', './prod-2'],
    ],
    [
      ['/run/a/admin.sock', '/run/b/admin.sock'],
      ['a', 'b'],
    ],
    [
      ['/tmp/x/admin.sock', '/tmp/x/hang.sock', '/tmp/nowhere.sock'],
      ['x/admin', 'x/hang', 'nowhere'],
    ],
    [
      ['10.0.0.1:9090', '10.0.0.2:9090'],
      ['10.0.0.1', '10.0.0.2'],
    ],
    [
      ['edge-frankfurt-1.example.com:9090', 'edge-frankfurt-2.example.com:9090'],
      ['edge-…rt-1', 'edge-…rt-2'],
    ],
    [
      ['aaaaaaaa-1-bbbbbbbb', 'aaaaaaaa-2-bbbbbbbb'],
      ['#1', '#2'],
    ],
  ];
  for (const [names, labels] of tried) {
    assert.deepEqual(labelsOf(names), labels);
    assert.equal(new Set(labels).size, names.length);
    assert.ok(labels.every((label) => label.length <= labelColumns));
  }
  const nodes = ['/run/sentinel-one/admin.sock', '/run/sentinel-two/admin.sock'];
  const state = sampleState(
    nodes.map((node) => readingNews({ node })),
    { nodes },
  );
  const told = new Set(rowsOf(state).rows.map(({ cells }) => cells['node']?.text));
  for (const label of ['senti…-one', 'senti…-two']) assert.ok(told.has(label), [...told].join());
});
