#!/usr/bin/env node
/**
 * What `npm start`, `npm test` and the other scripts run: makes the checkout ready (dependencies, build), then runs the
 * asked task under the Node that sentinel needs, by absolute path. Plain JavaScript for whatever Node is installed;
 * npm runs no pre and post scripts here, so this is the only place that prepares anything.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import launcher from '../bin/launch.js';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const inRoot = (...parts) => path.join(root, ...parts);
const [task, ...args] = process.argv.slice(2);

/** Rooms whose tests are quick and need neither the build nor another program: what `check` runs. */
const quickRooms = ['architecture', 'base', 'kdl', 'config', 'routing', 'admin'];
/** Of other rooms: whether the runbooks of the package say what is so. */
const quickFiles = ['test/runbook/planted-faults.test.ts', 'test/runbook/documented-example.test.ts'];
/** Test files at a time. They wait a good part of their time: a third one keeps two processors busy. */
const lanes = 3;
/** A test that takes longer than this hangs. */
const testTimeoutMs = 180_000;
const acceptTimeoutMs = 45 * 60_000;

const tasks = {
  start() {
    build();
    launcher.become(node(), [...launcher.daemonFlags, inRoot('dist/cli/sentinel.js'), 'demo', ...args]);
  },
  test() {
    build();
    const fast = testFiles('test').filter((file) => !file.startsWith(path.join('test', 'accept')));
    nodeTest(fast, [`--test-concurrency=${lanes}`, `--test-timeout=${testTimeoutMs}`]);
  },
  accept() {
    build();
    nodeTest(testFiles('test/accept'), ['--test-concurrency=1', `--test-timeout=${acceptTimeoutMs}`]);
  },
  check() {
    tool('format', 'biome', ['format']);
    tool('lint', 'oxlint', ['--deny-warnings']);
    tool('types', 'tsc', ['-p', 'tsconfig.json']);
    nodeTest(
      [...quickRooms.flatMap((room) => testFiles(path.join('test', room))), ...quickFiles],
      ['--test-concurrency=2', `--test-timeout=${testTimeoutMs}`],
    );
  },
  bench() {
    build();
    run(node(), [inRoot('bench/run.ts'), ...args]);
  },
  diagnosis() {
    build();
    run(node(), [inRoot('test/diagnosis/benchmark.ts'), ...args]);
  },
  build,
  // Another Node, which the program is put into, and a bundler: installed for this alone, from a lockfile of its own.
  'build:binary'() {
    const folder = inRoot('packaging/binary');
    const digest = digestOf([readFileSync(path.join(folder, 'package-lock.json'))]);
    const stamp = path.join(folder, 'node_modules/.sentinel-lock');
    if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
      npm(['ci', '--prefix', folder, '--force']);
      writeFileSync(stamp, digest);
    }
    run(node(), [inRoot('packaging/binary/build.mjs'), ...args]);
  },
  // The end-to-end part of the tests, with the single binary in the place of the sources; or with one that is named.
  async 'test:binary'() {
    if (!process.env.SENTINEL_TEST_PROGRAM) {
      tasks['build:binary']();
      process.env.SENTINEL_TEST_PROGRAM = inRoot('dist/sentinel');
    }
    const { files, leftOut } = await import('../test/binary/end-to-end.mjs');
    const skipped = leftOut.map(([title]) => `--test-skip-pattern=${title}`);
    nodeTest(files, ['--test-concurrency=2', `--test-timeout=${testTimeoutMs}`, ...skipped]);
  },
  docs() {
    run(node(), [inRoot('scripts/docs.ts')]);
  },
  format() {
    tool('format', 'biome', ['format', '--write']);
  },
};

if (!Object.hasOwn(tasks, task ?? '')) fail(`usage: node scripts/setup.mjs ${Object.keys(tasks).join('|')}`, 2);
install();
await tasks[task]();

/** The Node that runs everything but this file. */
function node() {
  return launcher.findNode() ?? fail(launcher.needed(), 3);
}

/** Runs `npm ci` unless `node_modules` is what the lockfile asks for. */
function install() {
  const lockText = readFileSync(inRoot('package-lock.json'));
  const digest = digestOf([lockText]);
  const stamp = inRoot('node_modules/.sentinel-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  if (!installed(JSON.parse(lockText).packages)) {
    npm(['ci']);
  }
  writeFileSync(stamp, digest);
}

/** Whether npm's own record of what it installed has every package that `locked` asks for. */
function installed(locked) {
  const record = inRoot('node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const present = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(locked).every(([name, wanted]) => {
    if (name === '' || (wanted.optional && !present[name])) return true;
    return present[name]?.version === wanted.version && existsSync(inRoot(name));
  });
}

/** The npm that started us, else the one on the path. */
function npm(command) {
  const all = [...command, '--ignore-scripts', '--loglevel=error', '--no-fund', '--no-audit'];
  const own = process.env.npm_execpath;
  if (own?.endsWith('.js')) run(process.execPath, [own, ...all]);
  else run('npm', all);
}

/** Compiles `src` to `dist` unless `dist` was made from these very sources. A failed build leaves the old one. */
function build() {
  const sources = filesUnder('src');
  const digest = digestOf(
    [...sources, 'tsconfig.json', 'tsconfig.build.json'].flatMap((file) => [file, readFileSync(inRoot(file))]),
  );
  const stamp = inRoot('dist/.sources');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  const fresh = inRoot('.tmp', `dist-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  tool('build', 'tsc', ['-p', 'tsconfig.build.json', '--outDir', fresh]);
  for (const asset of sources.filter((file) => !file.endsWith('.ts'))) {
    const to = path.join(fresh, path.relative('src', asset));
    mkdirSync(path.dirname(to), { recursive: true });
    copyFileSync(inRoot(asset), to);
  }
  writeFileSync(path.join(fresh, '.sources'), digest);
  rmSync(inRoot('dist'), { recursive: true, force: true });
  renameSync(fresh, inRoot('dist'));
}

/** Runs test files; paths and `--test-…` flags given by the caller come on top or instead. */
function nodeTest(files, flags) {
  const named = args.filter((arg) => !arg.startsWith('-'));
  const own = args.filter((arg) => arg.startsWith('-'));
  const chosen = named.length > 0 ? named : files;
  if (chosen.length === 0) fail('no test files found', 3);
  // Hundreds of processes load the same sources: what they compile is kept from run to run.
  process.env.NODE_COMPILE_CACHE ??= inRoot('node_modules/.cache/compiled');
  run(node(), ['--test', '--test-reporter=spec', ...flags, ...own, ...chosen]);
}

function testFiles(directory) {
  return existsSync(inRoot(directory)) ? filesUnder(directory).filter((file) => file.endsWith('.test.ts')) : [];
}

/** Every file below `directory`, relative to the root, sorted. */
function filesUnder(directory) {
  return readdirSync(inRoot(directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

function digestOf(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

/** Runs a development tool of `node_modules/.bin` and says which step it was. */
function tool(step, name, toolArgs) {
  process.stdout.write(`${step}\n`);
  run(node(), [inRoot('node_modules/.bin', name), ...toolArgs]);
}

/** Runs a program in the root with our streams; anything but success ends this process with the same status. */
function run(program, programArgs) {
  const { status, signal, error } = spawnSync(program, programArgs, { cwd: root, stdio: 'inherit' });
  if (error) fail(`${program}: ${error.message}`, 3);
  if (signal) fail(`${path.basename(program)} was ended by ${signal}`, 1);
  if (status !== 0) process.exit(status);
}

function fail(sentence, code) {
  process.stderr.write(`${sentence}\n`);
  process.exit(code);
}
