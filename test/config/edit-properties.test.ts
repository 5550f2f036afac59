/** However a file is laid out, an edit of a target changes what was asked for and not one byte more. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { addTarget, removeTarget, setTargetWeight } from '../../src/config/edit/targets.ts';
import type { FileEdit } from '../../src/config/edit/file-edit.ts';
import { loadConfigText, type LoadedConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/model.ts';

const runs = { numRuns: Number(process.env['SENTINEL_FUZZ_RUNS'] ?? 150), seed: 20_261_120 };

/** The same configuration in one of many layouts. */
interface Layout {
  readonly weights: readonly (number | null)[];
  readonly text: string;
}

const comment = fc.constantFrom(
  '',
  '',
  '// plain { not a block',
  '// "open quote',
  '/* block } */',
  '/* one\n   /* nested */ two\n*/',
  '/-target "10.9.9.9:1"',
  '/- target { address "10.9.9.8:1"; weight 4 }',
);
const gap = fc.constantFrom(' ', '  ', '\t', ' /* in between */ ', ' \\\n    ', ' \\ // goes on\n\t');
const behind = fc.constantFrom('', '', ' ', ' // rack 3', ' /* rack 4 */', ' // { "', ';', ' ; // end');

function targetForm(index: number, weight: number | null): fc.Arbitrary<string> {
  const address = `10.0.0.${index}:80`;
  const w = weight === null ? '' : String(weight);
  const forms: fc.Arbitrary<string>[] = [
    fc.tuple(gap, gap).map(([a, b]) => `target${a}"${address}"${w === '' ? '' : `${b}weight=${w}`}`),
    fc.tuple(gap, gap).map(([a, b]) => `target${w === '' ? '' : `${a}weight=${w}`}${b}"${address}"`),
    fc.constantFrom(' ', '').map((s) => `target {${s}address "${address}"${w === '' ? '' : `; weight ${w}`}${s}}`),
    fc.tuple(behind, fc.constantFrom('', '// inside', '/-weight 8')).map(([b, c]) => {
      const lines = [`address #"${address}"#${b}`, ...(w === '' ? [] : [`weight ${w}`])];
      return `target { // why\n    ${c}\n    ${lines.join('\n    ')}\n  }`;
    }),
    gap.map((a) => `target${a}"${address}"${w === '' ? '' : ` /-weight=9 weight=${w}`} /-{ weight 3 }`),
    gap.map((a) => `"target"${a}"${address}" {${w === '' ? '' : ` weight ${w}; `}}`),
  ];
  return fc.oneof(...forms);
}

const layout: fc.Arbitrary<Layout> = fc
  .array(fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 4 })
  .chain((weights) =>
    fc
      .record({
        targets: fc.tuple(...weights.map((weight, index) => fc.tuple(targetForm(index, weight), behind, comment))),
        wrapped: fc.boolean(),
        oneLine: fc.boolean(),
        outer: fc.boolean(),
        lines: fc.constantFrom('\n', '\r\n'),
        last: fc.boolean(),
      })
      .map(({ targets, wrapped, oneLine, outer, lines, last }) => {
        const plain = targets.every(
          ([form, , remark]) => !form.includes('\n') && !form.includes('//') && !/\n|\/\//.test(remark),
        );
        const inner =
          oneLine && plain
            ? `{ ${targets.map(([form, , remark]) => (remark.startsWith('/-') ? `${remark}; ${form}` : `${remark} ${form}`)).join('; ')}${last ? ';' : ''} }`
            : `{\n${targets.map(([form, end, remark]) => `  ${remark}\n  ${form}${end}`).join('\n')}\n}`;
        const upstream = wrapped
          ? `upstream "u" {\n  targets ${inner}\n  load-balancing "weighted" // last\n}`
          : `upstream "u" ${inner}`;
        const body = [
          '// the file',
          'listener "l" { address "127.0.0.1:8080" }',
          'route "r" { upstream "u" } // bare',
          outer ? `upstreams {\n${upstream}\n}` : upstream,
          'upstream "other" { target "10.0.0.0:80" weight=7 }',
        ].join('\n');
        return { weights, text: (body + (last ? '\n' : '')).replaceAll(/\r?\n/g, lines) };
      }),
  );

function load(text: string): LoadedConfig {
  const result = loadConfigText(text, { fileName: 'layout.kdl' });
  if (result.kind !== 'ok') {
    assert.fail(
      `${text}\n${result.kind === 'invalid' ? result.diagnostics.map(({ message }) => message).join('\n') : ''}`,
    );
  }
  return result;
}

type Targets = Config['upstreams'][number]['targets'];

function withTargets(config: Config, change: (targets: Targets) => Targets): Config {
  const upstreams = config.upstreams.map((one) => (one.name === 'u' ? { ...one, targets: change(one.targets) } : one));
  return { ...config, upstreams };
}

function sameButFor(loaded: LoadedConfig, edit: FileEdit, change: (targets: Targets) => Targets): void {
  assert.deepEqual(load(edit.after).config, withTargets(loaded.config, change), edit.after);
  assert.equal(edit.before, loaded.sources[0]?.text);
}

/** Bytes that both texts begin and end with are all there is of the longer one, but for a piece within one line. */
function changesOneLine({ before, after, diff }: FileEdit): void {
  const [gone, come] = [diff.filter((line) => line.startsWith('-')), diff.filter((line) => line.startsWith('+'))];
  assert.ok(gone.length <= 1 && come.length <= 1, `${diff.join('\n')}\n${before}\n=>\n${after}`);
}

test('a weight that is set changes one line, and nothing else of what the file means', () => {
  fc.assert(
    fc.property(layout, fc.nat(3), fc.integer({ min: 0, max: 99 }), ({ text, weights }, pick, weight) => {
      const loaded = load(text);
      const address = `10.0.0.${pick % weights.length}:80`;
      const edit = setTargetWeight(loaded, 'u', address, weight);
      sameButFor(loaded, edit, (targets) => targets.map((one) => (one.address === address ? { ...one, weight } : one)));
      changesOneLine(edit);
      // Taking it back leaves the file as it was, wherever the weight was written.
      const old = weights[pick % weights.length] ?? null;
      if (old === null || edit.diff.length === 0) return;
      assert.equal(setTargetWeight(load(edit.after), 'u', address, old).after, text);
    }),
    runs,
  );
});

test('a target that is added changes one line, and taken out again leaves what the file meant', () => {
  fc.assert(
    fc.property(layout, fc.integer({ min: 0, max: 5 }), ({ text }, weight) => {
      const loaded = load(text);
      const edit = addTarget(loaded, 'u', '[::1]:9', weight);
      sameButFor(loaded, edit, (targets) => [
        ...targets,
        { address: '[::1]:9', socket: { kind: 'tcp', host: '::1', port: 9 }, weight },
      ]);
      changesOneLine(edit);
      const back = removeTarget(load(edit.after), 'u', '[::1]:9');
      assert.deepEqual(load(back.after).config, loaded.config);
      changesOneLine(back);
    }),
    runs,
  );
});

test('a target that is removed takes its own lines with it and no others', () => {
  fc.assert(
    fc.property(layout, fc.nat(3), ({ text, weights }, pick) => {
      fc.pre(weights.length > 1);
      const loaded = load(text);
      const address = `10.0.0.${pick % weights.length}:80`;
      const edit = removeTarget(loaded, 'u', address);
      sameButFor(loaded, edit, (targets) => targets.filter((one) => one.address !== address));
      assert.ok(edit.diff.filter((line) => line.startsWith('+')).length <= 1, edit.diff.join('\n'));
      for (const remark of ['// the file', '// bare', '10.9.9.9', '10.9.9.8', '/* one', '// last']) {
        assert.ok(edit.after.split(remark).length >= Math.min(2, text.split(remark).length), `${remark} is gone`);
      }
    }),
    runs,
  );
});
