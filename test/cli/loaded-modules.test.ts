/** Commands start fast because they load little: none of the heavy libraries is touched by help, status or explain. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { compileCache } from '../helpers/compile-cache.ts';
import { runSentinel } from './command-line.ts';

const heavy = [
  'ink',
  'react',
  'blessed-contrib',
  'execa',
  'undici',
  'prom-client',
  'kdljs',
  'pino',
  'zod',
  '@bgotink/kdl',
  '@opentelemetry',
  'yaml',
  'micromark',
  'mdast-util-from-markdown',
];

/** What the screen and the chart wall are drawn with. */
const drawing = ['ink', 'react', 'blessed', 'blessed-contrib'];

/** Prints, when the process ends, every module that was loaded from a file. */
const recorder = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module';
import { writeSync } from 'node:fs';
const loaded = new Set();
registerHooks({ load(url, context, next) { loaded.add(url); return next(url, context); } });
process.on('exit', () => writeSync(2, [...loaded].map((url) => '\\nloaded ' + url).join('')));
`)}`;

async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
  const { stderr } = await runSentinel(args, { nodeFlags: ['--import', recorder] });
  return [...stderr.matchAll(/^loaded (.*)$/gm)].map((match) => match[1] as string);
}

for (const args of [
  ['--help'],
  ['status'],
  ['upstreams'],
  ['breakers'],
  ['reload'],
  ['explain', 'SNT-C001'],
  ['validate', '--help'],
  ['top', '--help'],
]) {
  test(`sentinel ${args.join(' ')} loads none of the heavy libraries`, async () => {
    const modules = await loadedBy(args);
    assert.ok(
      modules.some((url) => url.includes('/commander/')),
      'the recorder sees libraries',
    );
    assert.deepEqual(
      modules.filter((url) => heavy.some((name) => url.includes(`/node_modules/${name}/`))),
      [],
    );
    assert.deepEqual(
      modules.filter((url) => url.includes('/src/proxy/') && !url.endsWith('/causes.ts')),
      [],
    );
  });
}

for (const form of ['--once', '--json']) {
  test(`sentinel top ${form} loads nothing that draws`, async () => {
    const modules = await loadedBy(['top', form]);
    assert.ok(
      modules.some((url) => url.endsWith('/src/tui/print/once.ts')),
      'it was printed',
    );
    assert.deepEqual(
      modules.filter((url) => drawing.some((name) => url.includes(`/node_modules/${name}/`))),
      [],
    );
  });
}

test('the recorder would see a heavy library', async () => {
  const modules = await loadedBy(['validate', '-']);
  assert.ok(modules.some((url) => url.includes('/node_modules/@bgotink/kdl/')));
});

test('what reads Markdown is loaded for a code that a runbook deals with, and not for another', async () => {
  const modules = await loadedBy(['explain', 'SNT-P082']);
  assert.ok(modules.some((url) => url.includes('/node_modules/mdast-util-from-markdown/')));
});

test('a daemon begins without the client of requests that it may never send', () => {
  const daemon = new URL('../../src/proxy/control/daemon.ts', import.meta.url).href;
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--import', recorder, '--input-type=module', '-e', `import '${daemon}'`],
    {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...compileCache() },
    },
  );
  assert.equal(status, 0, stderr);
  assert.match(stderr, /\/node_modules\/pino\//);
  assert.doesNotMatch(stderr, /\/node_modules\/undici\//);
});
