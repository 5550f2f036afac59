/** Every kind of secret that can get into a bundle is out of it, under every profile, in every form; also for the second look. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createScrubber } from '../../../src/incident/redaction/bundle-scrubber.ts';
import { findLeaks } from '../../../src/incident/redaction/leaks.ts';
import { known, planted } from './planted-secrets.ts';

const profiles = ['internal', 'share', 'paranoid'] as const;
const values = Object.values(known);

/** The text and what it is when somebody encodes it, by ways of this test alone. */
function looksOf(text: string): readonly string[] {
  const base64 = (lead: string) => {
    const whole = Buffer.from(lead + text).toString('base64url');
    return whole.slice(Math.ceil((lead.length * 4) / 3), Math.floor(((lead.length + Buffer.byteLength(text)) * 4) / 3));
  };
  const encoded = ['', 'a', 'ab'].map(base64).filter((one) => one.length >= 8);
  return [
    text,
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
    Buffer.from(text).toString('hex'),
    ...encoded,
  ];
}

for (const profile of profiles) {
  test(`no planted secret is left under the profile ${profile}`, () => {
    const left = planted.flatMap(({ kind, place, content, text, gone }) => {
      const scrubber = createScrubber({ profile, key: Buffer.alloc(32, 7), known: values });
      const result = scrubber.scrub(`${place}/file`, content, text);
      const normal = result.replaceAll('+', '-').replaceAll('/', '_');
      const found = gone.filter((one) => looksOf(one).some((look) => result.includes(look) || normal.includes(look)));
      return found.length === 0 ? [] : [`${kind}: ${found.join(' | ')} in ${result}`];
    });
    assert.deepEqual(left, []);
  });

  test(`what was scrubbed for the profile ${profile} stays readable, and the second look finds nothing in it`, () => {
    for (const { kind, content, text } of planted) {
      const scrubber = createScrubber({ profile, key: Buffer.alloc(32, 7), known: values });
      const result = scrubber.scrub('file', content, text);
      if (content === 'json') assert.doesNotThrow(() => JSON.parse(result), `${kind}: ${result}`);
      if (content === 'ndjson')
        for (const line of result.split('\n').filter((one) => one !== ''))
          assert.doesNotThrow(() => JSON.parse(line), `${kind}: ${line}`);
      assert.equal(result.split('\n').length > 1 || !text.includes('\n'), true, kind);
      assert.deepEqual(
        findLeaks([{ path: kind, content: result }], { profile, known: values }),
        [],
        `${kind}: ${result}`,
      );
    }
  });
}

/** In a message of a log, and as the journal of the system and containers show lines. */
const wrappings: Readonly<Record<string, (text: string) => string>> = {
  message: (text) => `${JSON.stringify({ time: '2026-11-20T14:05:12.004Z', level: 'info', message: text })}\n`,
  journal: (text) => text.trimEnd().replace(/(?<=^|\n)/g, 'Nov 20 14:05:12 prod-1 sentinel[71]: '),
  container: (text) => text.trimEnd().replace(/(?<=^|\n)/g, 'app_1  | '),
  'message in the journal': (text) => `Nov 20 14:05:12 prod-1 sentinel[71]: ${JSON.stringify({ message: text })}\n`,
};

for (const [how, wrap] of Object.entries(wrappings))
  test(`no planted secret is left in a ${how}`, () => {
    const left = planted.flatMap(({ kind, text, gone }) => {
      const scrubber = createScrubber({ profile: 'internal', key: Buffer.alloc(32, 7), known: values });
      const result = scrubber.scrub('logs/file', how === 'message' ? 'ndjson' : 'text', wrap(text));
      return gone.some((one) => looksOf(one).some((look) => result.includes(look))) ? [`${kind}: ${result}`] : [];
    });
    assert.deepEqual(left, []);
  });

test('at least ninety kinds are planted', () => assert.ok(new Set(planted.map(({ kind }) => kind)).size >= 90));
