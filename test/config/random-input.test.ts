/** Whatever bytes a file has, reading it ends, and ends in a configuration or in diagnostics. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { codes } from '../../src/base/codes.ts';
import { loadConfigText } from '../../src/config/load.ts';
import type { LoadResult } from '../../src/config/load.ts';
import { printConfig } from '../../src/config/print.ts';
import { diagnosticFormats, renderDiagnostics } from '../../src/config/render/render.ts';
import { starterConfig } from '../../src/config/starter.ts';
import { caseBytes, caseEnvironment, caseFiles, caseNames } from './case-files.ts';

const runs = Number(process.env['SENTINEL_FUZZ_RUNS'] ?? 300);

function judge(bytes: Uint8Array): LoadResult {
  const result = loadConfigText(bytes, {
    fileName: 'random.kdl',
    baseDir: '/cases/ok',
    env: caseEnvironment,
    files: caseFiles,
  });
  assert.notEqual(result.kind, 'unreadable');
  if (result.kind === 'unreadable') return result;
  if (result.kind === 'invalid') assert.ok(result.diagnostics.some(({ level }) => level === 'error'));
  for (const { code, span, secondary } of result.diagnostics) {
    assert.ok(code in codes);
    for (const { source, start, end } of [span, ...secondary.map((one) => one.span)]) {
      assert.ok(start >= 0 && start <= end && end <= source.text.length);
    }
  }
  for (const format of diagnosticFormats) renderDiagnostics(result.diagnostics, format, { colour: true, version: '0' });
  return result;
}

/** What is valid must also print and read back. */
function judgeAndPrint(bytes: Uint8Array): void {
  const result = judge(bytes);
  if (result.kind !== 'ok') return;
  const again = judge(Buffer.from(printConfig(result, { origin: true })));
  assert.equal(again.kind, 'ok');
  if (again.kind === 'ok') assert.deepEqual(again.config, result.config);
}

test('any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => judgeAndPrint(bytes)),
    { numRuns: runs },
  );
});

const words = [
  'listener',
  'listeners',
  'route',
  'routes',
  'upstream',
  'upstreams',
  'target',
  'targets',
  'server',
  'limits',
  'include',
  'matches',
  'path',
  'policies',
  'set',
  'static',
  'address',
  'weight',
  'max-connections',
  'health-check',
  'rate-limit',
  'load-balancing',
  'backend',
  'discover',
  'type',
  'enabled',
  'expected-status',
  'min-healthy',
  'requests-per-second',
  'key',
  '"http"',
  '"redis"',
  '"sticky"',
  '"dns"',
  '"2xx"',
  '"50%"',
  '"a"',
  '"127.0.0.1:80"',
  '"/x"',
  '#true',
  '#null',
  'true',
  '1',
  '-1',
  '0.5',
  '1e999',
  '{',
  '}',
  ';',
  '\n',
  ' ',
  '=',
  '(u8)',
  '/-',
  '//',
  '/*',
  '*/',
  '"',
  '"""',
  '#"',
  '\\',
  '${',
  '${CASE_HOST}',
  '"${CASE_SECRET}"',
  '\u{1f600}',
  '\u202e',
  '\t',
  'r"',
  '#',
];

test('any sequence of the words of the language', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 60 }), fc.boolean(), (parts, spaced) =>
      judgeAndPrint(Buffer.from(parts.join(spaced ? ' ' : ''))),
    ),
    { numRuns: runs },
  );
});

const seeds = [
  Buffer.from(starterConfig),
  ...(['ok', 'err'] as const).flatMap((kind) => caseNames(kind).map((name) => Buffer.from(caseBytes(kind, name)))),
];

test('real files with a few bytes cut, doubled or changed', () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(12),
    kind: fc.constantFrom('cut', 'double', 'change'),
    byte: fc.nat(255),
  });
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 4 }), (seed, edits) => {
      let bytes = seed;
      for (const { at, length, kind, byte } of edits) {
        const start = Math.floor(at * bytes.length);
        const [head, middle, tail] = [
          bytes.subarray(0, start),
          bytes.subarray(start, start + length),
          bytes.subarray(start + length),
        ];
        if (kind === 'cut') bytes = Buffer.concat([head, tail]);
        else if (kind === 'double') bytes = Buffer.concat([head, middle, middle, tail]);
        else bytes = Buffer.concat([head, Buffer.from([byte]), bytes.subarray(start + 1)]);
      }
      judgeAndPrint(bytes);
    }),
    { numRuns: runs },
  );
});
