/** What is no secret stays, byte by byte: a bundle without it tells nothing. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createScrubber } from '../../../src/incident/redaction/bundle-scrubber.ts';
import { findLeaks } from '../../../src/incident/redaction/leaks.ts';
import { harmless } from './harmless-texts.ts';
import { known } from './planted-secrets.ts';

const values = Object.values(known);

test('what is no secret is left alone under the profile internal', () => {
  const changed = harmless.flatMap(({ content, text }) => {
    const scrubber = createScrubber({ profile: 'internal', key: Buffer.alloc(32, 7), known: values });
    const result = scrubber.scrub('file', content, text);
    return result === text ? [] : [`${text}  →  ${result}`];
  });
  assert.deepEqual(changed, []);
});

test('the second look finds no leak in what is harmless', () => {
  const alarms = harmless.flatMap(({ text }) =>
    findLeaks([{ path: text, content: text }], { profile: 'internal', known: values }),
  );
  assert.deepEqual(alarms, []);
});

test('the profile none leaves even secrets, and looks for none', () => {
  const scrubber = createScrubber({ profile: 'none', key: Buffer.alloc(32, 7), known: values });
  const text = `password=${known.header}\n`;
  assert.equal(scrubber.scrub('file', 'text', text), text);
  assert.deepEqual(findLeaks([{ path: 'file', content: text }], { profile: 'none', known: values }), []);
});
