/** What a failure shows: a sentence and the next command; stacks only on demand; a defect leaves what its report needs. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync } from 'node:fs';
import test from 'node:test';
import { callSentinel } from './command-line.ts';

const unreachable = ['status', '--daemon', '/nonexistent/admin.sock'];

test('an error is a sentence with a code and the next command', async () => {
  const { code, stdout, stderr } = await callSentinel(unreachable);
  assert.equal(code, 3);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^error\[SNT-A001\]: no daemon answers \(\/nonexistent\/admin\.sock: no such socket\)\n {2}next: .+\n$/,
  );
});

test('--debug shows the stack', async () => {
  const { stderr } = await callSentinel([...unreachable, '--debug']);
  assert.match(stderr, /^\s+at .*:\d+:\d+\)?$/m);
});

test('a usage error names what is wrong, what was meant, and the help of that command', async () => {
  const wrong = async (...args: readonly string[]): Promise<string> => (await callSentinel(args)).stderr;
  assert.equal(
    await wrong('statsu'),
    "error: unknown command 'statsu'; did you mean `status`?\n  next: sentinel --help\n",
  );
  assert.match(
    await wrong('route', 'explain', 'GET'),
    /missing required argument 'url'\n {2}next: sentinel route explain --help\n$/,
  );
  assert.match(
    await wrong('validate', '--fail-onn', 'warn'),
    /did you mean `--fail-on`\?\n {2}next: sentinel validate --help\n$/,
  );
});

test('a defect exits with 70 and leaves a crash file that only its owner may read', async (t) => {
  const stdin = { isTerminal: false, readUpTo: () => Promise.reject(new TypeError('planted')) };
  const { code, stderr } = await callSentinel(['validate', '-'], { stdin });
  assert.equal(code, 70);
  const file = (
    /^error\[SNT-P070\]: internal error: planted\. The details are in (\S+)\.$/m.exec(stderr) as RegExpExecArray
  )[1] as string;
  t.after(() => rmSync(file));
  assert.match(
    readFileSync(file, 'utf8'),
    /^sentinel .*\nnode .*\n[\s\S]*validate -\n[\s\S]*TypeError: planted\n\s+at /,
  );
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('a failure writes to one stream: under --json to stdout, else to stderr', async () => {
  const plain = await callSentinel(unreachable);
  const json = await callSentinel([...unreachable, '--json']);
  assert.deepEqual([plain.stdout === '', plain.stderr === ''], [true, false]);
  assert.deepEqual([json.stdout === '', json.stderr === ''], [false, true]);
});
