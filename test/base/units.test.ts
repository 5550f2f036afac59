/** Moments as people write them for `--since` and `since=`: one reading for commands and daemon. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMoment } from '../../src/base/units.ts';

const now = Date.parse('2026-01-31T14:00:00Z');

test('a duration is so long before now', () => {
  assert.equal(parseMoment('1h30m', now), now - 90 * 60_000);
  assert.equal(parseMoment('0s', now), now);
});

test('a time of RFC 3339 is that time, with or without seconds, in any zone', () => {
  for (const text of [
    '2026-01-31T14:00:00Z',
    '2026-01-31T14:00Z',
    '2026-01-31T14:00:00.000Z',
    '2026-01-31T15:00:00+01:00',
  ]) {
    assert.equal(parseMoment(text, 0), now, text);
  }
});

test('whatever leaves its zone or its day open is no moment', () => {
  for (const text of [
    '',
    '5',
    '14:00',
    '2026-01-31',
    '2026-01-31T14:00:00',
    '2026-01-31 14:00:00Z',
    '2026-13-31T14:00Z',
  ]) {
    assert.equal(parseMoment(text, now), null, text);
  }
});
