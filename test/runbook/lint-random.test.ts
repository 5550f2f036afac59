/** Whatever a runbook says, the lint ends, and points into the file. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { lintTexts } from './shelf-copy.ts';

const runs = Math.min(1000, Number(process.env['SENTINEL_FUZZ_RUNS'] ?? 150));
const head = '---\nid: small\ntitle: Small\nsymptoms: [slow]\n---\n';
const pieces = [
  '# A\n',
  '```kdl\n',
  '```\n',
  '```bash\n',
  '```kdl example\n',
  'sentinel ',
  'status ',
  '`',
  'sudo -u x ',
  'watch -n 1 ',
  '$(',
  ')',
  '| ',
  '&& ',
  'grep ',
  '/metrics ',
  'localhost:9090/',
  '/admin/',
  'a_b ',
  'sentinel_',
  'SNT-E',
  'kind=',
  '"',
  "'",
  '\\',
  '\n',
  '\n\n',
  '{pid}',
  '{',
  '}',
  'ask "a" { yes goto="#a" }\n',
  'step "a" "b" kind="change" { run "sentinel" "{target}" }\n',
  'cause "killed" "x" code="SNT-P081"\n',
  'wait until="err<1%"\n',
  '[x](y.md#z)',
  'upstream "x" ',
  'target ',
  'server {',
];

test('no mixture of the pieces of runbooks keeps the lint from answering', async () => {
  const mixture = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => head + parts.join(''));
  const property = fc.asyncProperty(mixture, async (text) => {
    for (const { span } of await lintTexts(new Map([['small.md', text]])))
      assert.ok(span.start >= 0 && span.start <= span.end && span.end <= span.source.text.length);
  });
  await fc.assert(property, { numRuns: runs });
});

test('a line of bash that goes on and on is judged as any other', async () => {
  for (const line of [
    `sudo ${'-a 1 '.repeat(5000)}x`,
    'sentinel '.repeat(5000),
    `${'$('.repeat(20_000)}sentinel x`,
    'a\\\n'.repeat(20_000),
  ]) {
    const problems = await lintTexts(new Map([['small.md', `${head}\`\`\`bash\n${line}\n\`\`\`\n`]]));
    assert.ok(problems.length < 10);
  }
});
