/** The second look finds what a scrubber would have missed, and says where without saying what. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { findLeaks } from '../../../src/incident/redaction/leaks.ts';
import { known, planted } from './planted-secrets.ts';

const values = Object.values(known);

test('a known value is found as it is and in every encoding, in any file', () => {
  const value = known.database;
  const forms = [
    value,
    encodeURIComponent(encodeURIComponent(value)),
    JSON.stringify(JSON.stringify({ a: value })),
    Buffer.from(value).toString('hex').toUpperCase(),
    Array.from(value, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    Array.from(value, (one) => `&#${one.charCodeAt(0)};`).join(''),
    ...['', 'a', 'ab'].map((lead) => Buffer.from(`${lead}${value}tail`).toString('base64')),
    Buffer.from(`x${value}`).toString('base64url'),
  ];
  for (const form of forms) {
    const files = [
      { path: 'state/a.json', content: '{}\n' },
      { path: 'logs/b.txt', content: Buffer.from(`one\ntwo\nthree ${form} four\n`) },
    ];
    const leaks = findLeaks(files, { profile: 'share', known: values });
    assert.deepEqual([...new Set(leaks.map(({ path, line }) => `${path}:${line}`))], ['logs/b.txt:3'], form);
    assert.equal(JSON.stringify(leaks).includes(form), false);
  }
});

test('a known value in the name of a file is found', () => {
  const leaks = findLeaks([{ path: `logs/${known.header}.txt`, content: '' }], { profile: 'internal', known: values });
  assert.deepEqual(
    leaks.map(({ line, rule }) => [line, rule]),
    [[0, 'known']],
  );
});

test('a password that is a word keeps no bundle from being written whose own files say that word', () => {
  const files = ['manifest.json', 'README.md', 'system/quokka.txt'].map((path) => ({ path, content: 'the quokka\n' }));
  const leaks = findLeaks(files, { profile: 'internal', known: ['quokka'] });
  assert.deepEqual(
    leaks.map(({ path, line }) => `${path}:${line}`),
    ['system/quokka.txt:1'],
  );
  assert.equal(findLeaks(files, { profile: 'internal', known: ['the quokka'] }).length, 3);
});

test('more than forty kinds that nobody knew are found by their looks', () => {
  const kinds = planted.filter(
    ({ text }) => findLeaks([{ path: 'f', content: text }], { profile: 'internal', known: [] }).length > 0,
  );
  assert.ok(kinds.length > 40, `${kinds.length}`);
});

test('what stands in the place of secrets is none', () => {
  const texts = [
    'password=[redacted]',
    '"token":"[redacted]"',
    'postgres://[redacted]@db/x',
    'Bearer [redacted]',
    '[HOST:02c1]',
    'password: ${DB_PASSWORD}',
  ];
  assert.deepEqual(
    findLeaks(
      texts.map((content, at) => ({ path: `${at}`, content })),
      { profile: 'internal', known: values },
    ),
    [],
  );
});
