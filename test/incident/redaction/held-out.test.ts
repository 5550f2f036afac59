/** Secrets that were written down before anybody looked at the rules are out of bundles, wherever a log or a file says them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createScrubber } from '../../../src/incident/redaction/bundle-scrubber.ts';
import { knownSecrets } from '../../../src/incident/redaction/known-values.ts';
import { findLeaks } from '../../../src/incident/redaction/leaks.ts';
import { textCleaner } from '../../../src/incident/redaction/plain-text.ts';
import type { ContentKind, Profile } from '../../../src/incident/redaction/scrubber.ts';
import { redactedArgv } from '../../../src/incident/timeline/redacted-argv.ts';
import { redactText } from '../../../src/base/redaction.ts';
import { heldOut, heldOutHarmless } from './held-out.ts';

/** What the environment of the daemon holds, and what its configuration asks it for. */
const environment = Object.fromEntries(
  heldOut.filter(({ place }) => place === 'environment').map(({ text }) => text.split(/=(.*)/s).slice(0, 2)),
) as Record<string, string>;
const known = knownSecrets({ config: null, environment, texts: ['set { "X-Thing" "${BACKEND_THING}" }'] });

const eachLine = (head: string) => (text: string) => `${head}${text.replaceAll('\n', `\n${head}`)}\n`;
const surroundings: Readonly<Record<string, readonly [ContentKind, (text: string) => string]>> = {
  'a line': ['ndjson', (text) => `${text}\n`],
  'a message': ['ndjson', (text) => `${JSON.stringify({ time: '2026-11-20T14:05:12.004Z', message: text })}\n`],
  'a message in a message': [
    'ndjson',
    (text) => `${JSON.stringify({ err: JSON.stringify({ stack: ['x', text] }) })}\n`,
  ],
  'a line that begins with a bracket': ['text', (text) => `[2026/11/20 14:05:12] [error] 812#0: ${text}\n`],
  'the journal': ['text', eachLine('Nov 20 14:05:12 prod-1 app[71]: ')],
  'the log of a container': ['text', eachLine('app_1  | ')],
  'a document': ['json', (text) => JSON.stringify({ data: { detail: text } }, null, 1)],
  'a command within quotes': ['text', (text) => `+ sh -c 'echo ${text.replaceAll("'", String.raw`'\''`)}'\n`],
  'a draft': ['markdown', (text) => `# Notes\n\n- 14:05 note: ${text}\n`],
};

function scrubbed(profile: Profile, kind: ContentKind, text: string): string {
  return createScrubber({ profile, key: Buffer.alloc(32, 7), known }).scrub('file', kind, text);
}

/** The text and what it is when somebody encodes it, by ways of this test alone. */
function looksOf(text: string): readonly string[] {
  const base64 = (lead: string) => {
    const whole = Buffer.from(lead + text).toString('base64url');
    return whole.slice(Math.ceil((lead.length * 4) / 3), Math.floor(((lead.length + Buffer.byteLength(text)) * 4) / 3));
  };
  return [
    text,
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
    Buffer.from(text).toString('hex'),
    ...['', 'a', 'ab'].map(base64).filter((one) => one.length >= 8),
  ];
}

for (const profile of ['internal', 'share', 'paranoid'] as const)
  test(`no secret that was held out is left under the profile ${profile}`, () => {
    const left = heldOut
      .filter(({ expected }) => expected)
      .flatMap((one) =>
        Object.entries(surroundings).flatMap(([where, [kind, around]]) => {
          const result = scrubbed(profile, kind, around(one.text));
          const normal = result.replaceAll('+', '-').replaceAll('/', '_');
          const found = [one.secret, ...(one.pieces ?? [])]
            .flatMap(looksOf)
            .some((look) => result.includes(look) || normal.includes(look));
          return found ? [`${one.kind} in ${where}: ${result}`] : [];
        }),
      );
    assert.deepEqual(left, []);
  });

test('secrets of a configuration are out of it as a file', () => {
  const left = heldOut
    .filter(({ place }) => place === 'kdl')
    .flatMap(({ kind, secret, text }) => {
      const result = scrubbed('internal', 'kdl', `route "a" {\n  ${text}\n}\n`);
      return result.includes(secret) ? [`${kind}: ${result}`] : [];
    });
  assert.deepEqual(left, []);
});

test('what only looks like a secret is left as it is, wherever it stands', () => {
  const changed = heldOutHarmless.flatMap((text) =>
    Object.values(surroundings).flatMap(([kind, around]) => {
      const whole = around(text);
      const result = scrubbed('internal', kind, whole);
      const leaks = findLeaks([{ path: 'file', content: whole }], { profile: 'internal', known });
      return result === whole && leaks.length === 0 ? [] : [`${whole} → ${result}`];
    }),
  );
  assert.deepEqual(changed, []);
});

test('what somebody types into a journal or on a command line is kept without them', () => {
  const clean = textCleaner(known);
  const left = heldOut
    .filter(({ expected }) => expected)
    .flatMap(({ kind, secret, pieces = [], text }) => {
      const kept = [clean(text), ...redactedArgv(['incident', 'note', text], environment)].join('\n');
      return [secret, ...pieces].some((one) => kept.includes(one)) && kind !== 'variable of the configuration'
        ? [`${kind}: ${kept}`]
        : [];
    });
  assert.deepEqual(left, []);
  assert.equal(clean('token=Zt7Qm2Xw9 was in the log of 10.1.1.12'), 'token=[redacted] was in the log of 10.1.1.12');
});

test('of what was redacted in part when it was logged nothing is left', () => {
  const left = heldOut
    .filter(({ expected, place }) => expected && place === undefined)
    .flatMap((one) => {
      const result = scrubbed('internal', 'ndjson', `${JSON.stringify({ message: redactText(one.text) })}\n`);
      return [one.secret, ...(one.pieces ?? [])].some((part) => result.includes(part))
        ? [`${one.kind}: ${result}`]
        : [];
    });
  assert.deepEqual(left, []);
});

test('a line that was redacted when it was written holds nothing behind the quotes of its parameters', () => {
  const { secret, text } = heldOut.find(({ kind }) => kind === 'curl -v digest') ?? assert.fail();
  assert.ok(!scrubbed('internal', 'text', redactText(text)).includes(secret));
  assert.equal(redactText('{"authorization: x1": "y", "status": 502}').includes('"status": 502'), true);
});
