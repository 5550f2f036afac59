/** Files that are no configuration at all: a finding or an outcome, never a throw. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { codes } from '../../src/base/codes.ts';
import { loadConfigFile, loadConfigText } from '../../src/config/load.ts';
import { renderText } from '../../src/config/render/text.ts';
import { positionOf } from '../../src/kdl/source.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sentinel-config-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function reasonOf(path: string): string {
  const result = loadConfigFile(path, {});
  assert.equal(result.kind, 'unreadable');
  if (result.kind !== 'unreadable') return '';
  assert.equal(result.error.code, 'SNT-C001');
  assert.ok(result.error.message.includes(path));
  return result.error.message;
}

test('a file that does not exist is unreadable, and is not created', (t) => {
  const path = join(folder(t), 'missing.kdl');
  assert.match(reasonOf(path), /there is no such file/);
  assert.match(reasonOf(path), /there is no such file/);
});

test('a directory is unreadable', (t) => {
  assert.match(reasonOf(folder(t)), /it is a directory/);
});

test('a file of 50 MB is refused before it is read', (t) => {
  const path = join(folder(t), 'large.kdl');
  writeFileSync(path, '');
  truncateSync(path, 50_000_000);
  const before = process.memoryUsage().rss;
  assert.match(reasonOf(path), /larger than 8 MiB/);
  assert.ok(process.memoryUsage().rss - before < 40_000_000);
});

test('a text of more than 8 MiB is refused too', () => {
  const result = loadConfigText(Buffer.alloc((8 << 20) + 1, 10), { fileName: '<stdin>' });
  assert.equal(result.kind, 'unreadable');
});

test('a link that leads to itself is unreadable', (t) => {
  const path = join(folder(t), 'loop.kdl');
  symlinkSync(path, path);
  assert.match(reasonOf(path), /too many symbolic links/);
});

test('a file that may not be read is unreadable', (t) => {
  if (process.getuid?.() === 0) return t.skip('root may read everything');
  const path = join(folder(t), 'secret.kdl');
  writeFileSync(path, '');
  chmodSync(path, 0);
  assert.match(reasonOf(path), /permission denied/);
});

test('a named pipe into which nobody writes is unreadable, and holds nobody up for ever', (t) => {
  const path = join(folder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  assert.match(reasonOf(path), /it is a pipe into which nobody writes/);
});

test('a named pipe is read to its end', (t) => {
  const path = join(folder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const text = 'listener "a" { address "127.0.0.1:1" }\n';
  const result = execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { spawn } from 'node:child_process';
       import { loadConfigFile } from ${JSON.stringify(new URL('../../src/config/load.ts', import.meta.url).href)};
       spawn('sh', ['-c', 'cat > "$0"', process.argv[1]], { stdio: ['pipe', 'inherit', 'inherit'] }).stdin.end(${JSON.stringify(text)});
       setImmediate(() => process.stdout.write(loadConfigFile(process.argv[1], {}).kind));`,
      path,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(result, 'ok');
});

test('invalid UTF-8 is found at its place, a replacement character that the file contains is not', () => {
  const bytes = Buffer.concat([
    Buffer.from('// fine: \ufffd\nroute "é'),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('" {}\n'),
  ]);
  const result = loadConfigText(bytes, { fileName: 'a.kdl' });
  assert.equal(result.kind, 'invalid');
  if (result.kind !== 'invalid') return;
  const [found, ...others] = result.diagnostics;
  assert.deepEqual(others, []);
  assert.equal(found?.code, 'SNT-C102');
  const { line, column } = positionOf(found.span.source, found.span.start);
  assert.deepEqual({ line, column }, { line: 2, column: 9 });
});

test('a byte order mark is not part of the text', () => {
  const result = loadConfigText('\ufefflistener "a" { address "127.0.0.1:1" }\n');
  assert.equal(result.kind, 'ok');
});

test('an empty file is a configuration that does nothing, and says so', () => {
  const result = loadConfigText('');
  assert.equal(result.kind, 'ok');
  if (result.kind !== 'ok') return;
  assert.deepEqual(
    result.diagnostics.map(({ code }) => code),
    ['SNT-C146'],
  );
  assert.match(renderText(result.diagnostics, { colour: false }), /there is no listener/);
});

test('a file that includes itself is a circle, shown step by step', (t) => {
  const path = join(folder(t), 'self.kdl');
  writeFileSync(path, 'include "*.kdl"\n');
  const result = loadConfigFile(path, {});
  assert.equal(result.kind, 'invalid');
  if (result.kind !== 'invalid') return;
  assert.match(result.diagnostics[0]?.message ?? '', /self\.kdl → .*self\.kdl/);
});

test('more than a thousand included files are refused', (t) => {
  const path = folder(t);
  mkdirSync(join(path, 'conf.d'));
  for (let index = 0; index < 1002; index++) writeFileSync(join(path, 'conf.d', `${index}.kdl`), '');
  writeFileSync(join(path, 'main.kdl'), 'include "conf.d/*.kdl"\n');
  const result = loadConfigFile(join(path, 'main.kdl'), {});
  assert.equal(result.kind, 'invalid');
});

test('included files count towards the 8 MiB', (t) => {
  const path = folder(t);
  writeFileSync(join(path, 'part.kdl'), `// ${'x'.repeat(5 << 20)}\n`);
  writeFileSync(join(path, 'main.kdl'), 'include "part.kdl"\ninclude "part.kdl"\n');
  const result = loadConfigFile(join(path, 'main.kdl'), {});
  assert.equal(result.kind, 'invalid');
  if (result.kind !== 'invalid') return;
  assert.match(result.diagnostics.find(({ code }) => code === 'SNT-C122')?.message ?? '', /larger than/);
});

test('a pattern begins at the folder of its file, whatever characters that has', (t) => {
  const path = join(folder(t), 'a[b]{c}*');
  mkdirSync(path);
  writeFileSync(join(path, 'part.kdl'), 'listener "a" { address "127.0.0.1:1" }\n');
  writeFileSync(join(path, 'main.kdl'), 'include "p*.kdl"\n');
  assert.equal(loadConfigFile(join(path, 'main.kdl'), {}).kind, 'ok');
});

test('a file of another kind gives a thousand problems and one that says so', () => {
  const result = loadConfigText('x\n'.repeat(20_000));
  assert.equal(result.kind, 'invalid');
  if (result.kind !== 'invalid') return;
  assert.equal(result.diagnostics.length, 1001);
  assert.ok(result.diagnostics.some(({ code, message }) => code === 'SNT-C119' && message.includes('more than 1000')));
});

test('a page, a program and a YAML file are told apart from a configuration', () => {
  const texts = [
    '<!doctype html>\n<p class="x">a & b</p>\n',
    '#!/bin/sh\necho "hi"\n',
    'server:\n  - listen: 80\n',
    '{"a": [1, 2]}',
    '\0\0\0',
  ];
  for (const text of texts) {
    const result = loadConfigText(text);
    assert.equal(result.kind, 'invalid', text);
    if (result.kind !== 'invalid') continue;
    assert.ok(result.diagnostics.length > 0);
    for (const { code } of result.diagnostics) assert.ok(code in codes);
  }
});

test('the message about a URL with a password in it, which goes into logs, does not tell the password', () => {
  const text = 'observability { tracing { backend "otlp" { endpoint "http://anna:orchid@collector:4318" } } }';
  const result = loadConfigText(text);
  const found = result.kind !== 'invalid' ? [] : result.diagnostics.filter(({ code }) => code === 'SNT-C178');
  assert.deepEqual(
    found.map(({ message }) => message),
    ['`endpoint` is "http://[redacted]@collector:4318", expected a URL such as "http://localhost:4318"'],
  );
});
