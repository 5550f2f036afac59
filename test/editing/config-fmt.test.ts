/** `sentinel config fmt`: files laid out in place, from a pipe, and for builds that only ask. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { callSentinel } from '../cli/command-line.ts';
import { testFolder } from '../helpers/daemon.ts';

const untidy = `listener "l" { address "127.0.0.1:8080" } // in front
/- route "old" { upstream "u" }
route "r" { upstream "u"; }


upstream "u" { static { status 200; body "x" } }`;

const tidy = `listener "l" {
    address "127.0.0.1:8080"
} // in front

/- route "old" {
    upstream "u"
}

route "r" {
    upstream "u"
}

upstream "u" {
    static {
        status 200
        body "x"
    }
}
`;

test('a file is laid out in place, with its permissions, through a link, and once is enough', async (t) => {
  const folder = testFolder(t);
  const real = join(folder, 'real.kdl');
  const file = join(folder, 'config.kdl');
  writeFileSync(real, untidy);
  chmodSync(real, 0o640);
  symlinkSync('real.kdl', file);
  const first = await callSentinel(['config', 'fmt', file]);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(readFileSync(real, 'utf8'), tidy);
  assert.equal(statSync(real).mode & 0o777, 0o640);
  const second = await callSentinel(['config', 'fmt', file]);
  assert.match(second.stdout, /is in the canonical layout already/);
  assert.equal(readFileSync(real, 'utf8'), tidy);
});

test('with --check and --diff nothing is written, and the exit status of --check says whether it would be', async (t) => {
  const file = join(testFolder(t), 'config.kdl');
  writeFileSync(file, untidy);
  for (const more of [[], ['--json']]) {
    assert.equal((await callSentinel(['config', 'fmt', '--check', file, ...more])).code, 1);
  }
  const diff = await callSentinel(['config', 'fmt', '--diff', file]);
  assert.equal(diff.code, 0);
  assert.match(diff.stdout, /^--- .*config\.kdl\n\+\+\+ /);
  assert.match(diff.stdout, /^\+ {4}address "127\.0\.0\.1:8080"$/m);
  assert.equal(readFileSync(file, 'utf8'), untidy);
  writeFileSync(file, tidy);
  const good = await callSentinel(['config', 'fmt', '--check', file]);
  assert.deepEqual([good.code, good.stdout], [0, '']);
});

test('a text from a pipe comes out laid out, though it is no configuration that checks', async () => {
  const ended = await callSentinel(['config', 'fmt', '-'], { input: 'router { matchs "x" ; /* why */ y 1 }' });
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(ended.stdout, 'router {\n    matchs "x"\n    /* why */ y 1\n}\n');
});

test('what is no KDL is left alone, and the next command is named', async (t) => {
  const file = join(testFolder(t), 'config.kdl');
  writeFileSync(file, 'route "a" {\n  upstream "u\n}\n');
  const ended = await callSentinel(['config', 'fmt', file]);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /SNT-P062/);
  assert.match(ended.stderr, new RegExp(`sentinel validate ${file}`));
  assert.equal(readFileSync(file, 'utf8'), 'route "a" {\n  upstream "u\n}\n');
});

test('a file of KDL version 1 becomes version 2, says the same, and keeps its comments', async (t) => {
  const file = join(testFolder(t), 'config.kdl');
  writeFileSync(
    file,
    'server {\n  auto-reload true // watch\n}\nlistener "l" {\n address r"127.0.0.1:8080"\n}\nroute "r" {\n upstream "u"\n}\nupstream "u" {\n static {\n status 200\n }\n}\n',
  );
  const ended = await callSentinel(['config', 'fmt', file]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /upgraded to KDL version 2/);
  const text = readFileSync(file, 'utf8');
  assert.match(text, /auto-reload #true \/\/ watch\n\}/);
  const checked = await callSentinel(['validate', file, '--fail-on', 'warn']);
  assert.equal(checked.code, 0, checked.stderr + checked.stdout);
});

test('a byte order mark goes', async (t) => {
  const file = join(testFolder(t), 'config.kdl');
  writeFileSync(file, `\ufeff${tidy}`);
  assert.equal((await callSentinel(['config', 'fmt', file])).code, 0);
  assert.equal(readFileSync(file, 'utf8'), tidy);
});
