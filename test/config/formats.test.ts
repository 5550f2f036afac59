/** The same diagnostics in every format: places, messages and suggestions agree, and frames keep to the terminal. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { applySuggestions } from '../../src/config/diagnostic.ts';
import type { Diagnostic } from '../../src/config/diagnostic.ts';
import { loadConfigText } from '../../src/config/load.ts';
import { textWidth } from '../../src/config/render/display-width.ts';
import type { ConfigFinding } from '../../src/config/render/finding.ts';
import { diagnosticFormats, renderDiagnostics } from '../../src/config/render/render.ts';
import type { DiagnosticFormat } from '../../src/config/render/render.ts';
import { renderSummary, renderText } from '../../src/config/render/text.ts';
import { positionOf } from '../../src/kdl/source.ts';
import { caseNames, loadCase } from './case-files.ts';

function diagnosticsOf(text: string, fileName = 'a.kdl'): readonly Diagnostic[] {
  const result = loadConfigText(text, { fileName });
  return result.kind === 'unreadable' ? [] : result.diagnostics;
}

function caseDiagnostics(name: string): readonly Diagnostic[] {
  const result = loadCase('err', name);
  return result.kind === 'unreadable' ? [] : result.diagnostics;
}

const render = (found: readonly Diagnostic[], format: DiagnosticFormat, colour = false): string =>
  renderDiagnostics(found, format, { colour, version: '1.2.3' });

interface Sarif {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly version: string;
        readonly rules: readonly { readonly id: string }[];
      };
    };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: Record<string, number>;
        };
      }[];
      readonly fixes?: readonly unknown[];
    }[];
  }[];
}

for (const name of ['ten-mistakes', 'five-syntax-errors', 'include-with-mistakes', 'frames']) {
  test(`${name}: text, json, short, github and sarif carry the same findings`, () => {
    const found = caseDiagnostics(name);
    const places = found.map(({ span }) => {
      const { line, column } = positionOf(span.source, span.start);
      return `${span.source.name}:${line}:${column}`;
    });

    const text = render(found, 'text');
    assert.deepEqual(
      [...text.matchAll(/^ +--> (.*)$/gm)].map(([, place]) => place),
      places,
    );

    const findings = JSON.parse(render(found, 'json')) as ConfigFinding[];
    assert.deepEqual(
      findings.map(({ location: { file, start } }) => `${file}:${start.line}:${start.col}`),
      places,
    );
    assert.deepEqual(
      findings.map(({ detail }) => detail),
      found.map(({ message }) => message),
    );

    const short = render(found, 'short').trimEnd().split('\n');
    assert.equal(short.length, found.length);
    for (const [index, line] of short.entries()) {
      const one = found[index] as Diagnostic;
      assert.ok(line.startsWith(`${places[index]}: ${one.level}[${one.code}]: ${one.message}`), line);
    }

    const github = render(found, 'github').trimEnd().split('\n');
    assert.equal(github.length, found.length);
    for (const line of github)
      assert.match(
        line,
        /^::(error|warning|notice) file=[^,]+,line=\d+,col=\d+,endLine=\d+,endColumn=\d+,title=SNT-C\d{3}::./,
      );

    const sarif = JSON.parse(render(found, 'sarif')) as Sarif;
    const [run] = sarif.runs;
    assert.equal(sarif.version, '2.1.0');
    assert.equal(run?.tool.driver.version, '1.2.3');
    assert.equal(run?.results.length, found.length);
    for (const [index, result] of (run?.results ?? []).entries()) {
      const one = found[index] as Diagnostic;
      const region = result.locations[0]?.physicalLocation.region ?? {};
      assert.equal(result.ruleId, one.code);
      assert.equal(run?.tool.driver.rules[result.ruleIndex]?.id, one.code);
      assert.ok(result.message.text.startsWith(one.message));
      assert.ok(places[index]?.endsWith(`:${region['startLine']}:${region['startColumn']}`));
      assert.equal(result.fixes !== undefined, (one.suggestion?.edit ?? null) !== null);
    }
  });
}

test('no line of any frame is wider than 120 columns', () => {
  for (const name of caseNames('err')) {
    for (const line of render(caseDiagnostics(name), 'text').split('\n'))
      assert.ok(textWidth(line) <= 120, `${name}: ${line}`);
  }
  const long = `route "${'n'.repeat(500)}" { ${'u'.repeat(3000)} "x" }\n`.repeat(2);
  for (const line of render(diagnosticsOf(long, `${'d/'.repeat(20)}a.kdl`), 'text').split('\n'))
    assert.ok(textWidth(line) <= 120, line);
});

test('the marks stand under what they mark, behind tabs and wide characters too', () => {
  const [, found] = diagnosticsOf('// no listener\n\tfoo\t"日本" 5\n');
  assert.equal(found?.code, 'SNT-C104');
  const lines = render([found as Diagnostic], 'text').split('\n');
  assert.equal(lines[3], ' 2 |     foo "日本" 5');
  assert.equal(lines[4], '   |     ^^^');
  const wide = diagnosticsOf('route "日本語" { upstream "x" }\n').find(({ code }) => code === 'SNT-C140');
  const [, , , source = '', owner = '', marks = ''] = render([wide as Diagnostic], 'text').split('\n');
  assert.equal(textWidth(source.slice(0, source.indexOf('"x"'))), marks.indexOf('^'));
  assert.equal(owner.trimEnd(), '   | -------------- used by this');
});

test('a diagnostic is drawn as the manual shows it', () => {
  const text = 'route "api" {\n  matchs { path-prefix "/x" }\n  upstream "maintenance-page"\n}\n';
  const [, found] = diagnosticsOf(text, 'sentinel.kdl');
  assert.equal(
    render([found as Diagnostic], 'text'),
    [
      'error[SNT-C104]: unknown node `matchs` in route "api"',
      '  --> sentinel.kdl:2:3',
      '   |',
      ' 1 | route "api" {',
      '   |       ----- in this route',
      ' 2 |   matchs { path-prefix "/x" }',
      '   |   ^^^^^^ did you mean `matches`?',
      '   = help: apply with `sentinel validate --apply-suggestions`   = docs: sentinel explain SNT-C104',
      '',
    ].join('\n'),
  );
});

test('what a file contains cannot steer the terminal', () => {
  const evil = '"\\u{1b}]0;x\\u{7}" "\u202e" 1\n// \u009b\nroute "\\u{1b}[2J" {}\n';
  for (const format of diagnosticFormats) {
    const shown = render(diagnosticsOf(evil, 'a\u001b[1m.kdl'), format).replaceAll('\n', '');
    if (format === 'text' || format === 'short') assert.ok(!/\p{Cc}|\u202e/u.test(shown), format);
    else assert.ok(!shown.includes('\u001b') || format === 'github', format);
  }
});

test('colours come only when asked for, and change nothing else', () => {
  const found = caseDiagnostics('ten-mistakes');
  const plain = render(found, 'text');
  const coloured = render(found, 'text', true);
  const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
  assert.notEqual(coloured, plain);
  assert.ok(!escapes.test(plain));
  assert.equal(coloured.replaceAll(escapes, ''), plain);
});

test('the summary counts by level', () => {
  const options = { colour: false };
  const found = diagnosticsOf('timeouts {}\ntimeouts {}\nupstream "a" { target "b:1" }\n');
  assert.equal(
    renderSummary(found, { files: 1, elapsedMs: 12.4 }, options),
    'error: 1 error, 1 warning, 1 info in 1 file (12ms)\n',
  );
  assert.equal(renderSummary([], { files: 2, elapsedMs: 3 }, options), 'ok: no problems in 2 files (3ms)\n');
});

test('applying the suggestions corrects what they were made for', () => {
  const text = [
    'listener "http" { address "127.0.0.1:8080"; backlog "512" }',
    'route "api" { matchs { method "get"; path "x" }; upstream "api-backnd"; priority "hihg"; enabled "yes" }',
    'upstrem "api-backend" { target "http://127.0.0.1:3000" wieght=2 }',
  ].join('\n');
  let current = text;
  // A name that was misspelled hides what stands under it.
  for (let round = 0; round < 3; round++) {
    const found = diagnosticsOf(current);
    const [first] = found;
    if (first !== undefined) current = applySuggestions(first.span.source, found);
  }
  assert.deepEqual(diagnosticsOf(current), []);
  assert.equal(
    current,
    [
      'listener "http" { address "127.0.0.1:8080"; backlog 512 }',
      'route "api" { matches { method "GET"; path "/x" }; upstream "api-backend"; priority "high"; enabled #true }',
      'upstream "api-backend" { target "127.0.0.1:3000" weight=2 }',
    ].join('\n'),
  );
});

test('applying the suggestion of a version 1 document gives version 2 with its comments', () => {
  const text =
    '// keep me\nlistener "a" { address "127.0.0.1:1"; } // and me\nroute "r" { enabled false; upstream "emergency-static"; }\n';
  const found = diagnosticsOf(text);
  assert.deepEqual(
    found.map(({ code }) => code),
    ['SNT-C101'],
  );
  const upgraded = applySuggestions((found[0] as Diagnostic).span.source, found);
  assert.match(upgraded, /\/\/ keep me\n.*\/\/ and me\n.*enabled #false/);
  assert.deepEqual(diagnosticsOf(upgraded), []);
});

test('a suggestion is made only for what is near, and the only one that near', () => {
  const label = (text: string): string | undefined =>
    diagnosticsOf(text).find(({ code }) => code === 'SNT-C104')?.suggestion?.text;
  assert.equal(label('sever {}'), 'did you mean `server`?');
  assert.equal(label('Server {}'), 'did you mean `server`?');
  assert.equal(label('rotue "x" {}'), 'did you mean `route`?');
  assert.equal(label('gateway {}'), undefined);
  assert.equal(label('x {}'), undefined);
});

test('what stands in no file is not said to be correctable by a command', () => {
  const mistake = 'listner "a" { address "127.0.0.1:1" }\n';
  const shown = (fileName: string): string => {
    const result = loadConfigText(mistake, { fileName });
    assert.equal(result.kind, 'invalid');
    return result.kind === 'invalid' ? renderText(result.diagnostics, { colour: false }) : '';
  };
  assert.match(shown('a.kdl'), /--apply-suggestions/);
  for (const name of ['<stdin>', '--to']) assert.doesNotMatch(shown(name), /--apply-suggestions/);
});
