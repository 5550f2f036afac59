/** The launcher stands between a caller and sentinel without being noticed: status, signals, streams, life and death. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import launcher from '../../bin/launch.js';
import { requireOlderNode } from '../helpers/components.ts';
import { eventually } from '../helpers/eventually.ts';

const root = new URL('../..', import.meta.url).pathname;

/** What stands in for sentinel: reports its start and its signals, ends as it is told. */
const program = `
import { holdToLauncher, reportSignals } from ${JSON.stringify(path.join(root, 'src/cli/lifeline.ts'))};
holdToLauncher(process.env);
const [verb, value] = process.argv.slice(2);
const say = (word) => process.stdout.write(word + '\\n');
for (const signal of ['SIGHUP', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'])
  process.on(signal, () => { say(signal); if (signal === 'SIGTERM' && value === 'obey') process.exit(0); });
if (verb === 'run') reportSignals(process.env);
if (verb === 'exit') process.exit(Number(value));
if (verb === 'die') { process.removeAllListeners(value); process.kill(process.pid, value); }
setInterval(() => {}, 1000);
say(['started', process.pid, process.execArgv.join(' '), process.versions.node].join(' '));
`;

/** A tree like the installed one, with the stand-in where the built program is. */
function install(t: TestContext, options: { readonly nodeBeside: boolean } = { nodeBeside: true }): string {
  const home = mkdtempSync(path.join(tmpdir(), 'sentinel-launcher-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  cpSync(path.join(root, 'bin'), path.join(home, 'bin'), { recursive: true });
  mkdirSync(path.join(home, 'dist/cli'), { recursive: true });
  writeFileSync(path.join(home, 'package.json'), '{ "type": "module" }');
  for (const name of ['sentinel', 'sentinel-proxy']) writeFileSync(path.join(home, `dist/cli/${name}.js`), program);
  if (options.nodeBeside) symlinkSync(path.join(root, 'node_modules'), path.join(home, 'node_modules'));
  return home;
}

interface Started {
  readonly launcher: ChildProcess;
  /** Everything printed so far. */
  output(): string;
  errors(): string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Pid of the stand-in, once it runs. */
  pid(): Promise<number>;
}

function start(t: TestContext, node: string, home: string, args: readonly string[], bin = 'sentinel'): Started {
  const launcher = spawn(node, [path.join(home, `bin/${bin}.js`), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  let errors = '';
  launcher.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text));
  launcher.stderr.setEncoding('utf8').on('data', (text: string) => void (errors += text));
  const ended = once(launcher, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));
  t.after(() => {
    try {
      process.kill(-(launcher.pid as number), 'SIGKILL');
    } catch {
      // Already gone, as it should be.
    }
  });
  const pid = (): Promise<number> =>
    eventually(() => Number((/^started (\d+)/m.exec(output) ?? assert.fail(`not started: ${output}${errors}`))[1]));
  return { launcher, output: () => output, errors: () => errors, ended, pid };
}

const commandLine = (pid: number): readonly string[] => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');

const usr1 = 1n << 9n;

/** A set of signals of a process as the kernel tells it. */
function signalMask(pid: number, name: string): bigint {
  const line = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return BigInt(`0x${line?.[1]}`);
}

function gone(pid: number): boolean {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

for (const [age, nodeOf] of [
  ['a Node that fits', () => process.execPath],
  ['an old Node', requireOlderNode],
] as const) {
  test(`under ${age}, the exit status is the program's own`, async (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    const home = install(t);
    for (const code of [0, 1, 6, 70]) {
      const exited = start(t, node, home, ['exit', String(code)]);
      assert.equal((await exited.ended).code, code);
    }
    const killed = start(t, node, home, ['die', 'SIGKILL']);
    assert.equal((await killed.ended).signal, 'SIGKILL');
  });

  test(`under ${age}, the daemon runs in the right Node, opens no inspector and gets its signals once`, async (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    for (const [bin, args] of [
      ['sentinel', ['run']],
      ['sentinel-proxy', []],
    ] as const) {
      const one = start(t, node, install(t), args, bin);
      const pid = await one.pid();
      assert.match(one.output(), /^started \d+ --inspect-port=no\.\.inspector:9229 .*2[4-9]\./m);
      for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const) {
        one.launcher.kill(signal);
        await eventually(() => assert.match(one.output(), new RegExp(`^${signal}$`, 'm')));
      }
      process.kill(pid, 'SIGKILL');
      assert.equal((await one.ended).signal, 'SIGKILL');
      assert.doesNotMatch(one.errors(), /Debugger listening/);
    }
  });

  test(`under ${age}, a signal to the whole group arrives once`, async (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    const one = start(t, node, install(t), ['run']);
    await one.pid();
    process.kill(-(one.launcher.pid as number), 'SIGINT');
    await eventually(() => assert.match(one.output(), /SIGINT/));
    // What comes after it was sent later, so a second INT would stand before it.
    one.launcher.kill('SIGHUP');
    await eventually(() => assert.match(one.output(), /SIGHUP/));
    assert.equal(one.output().match(/SIGINT/g)?.length, 1);
  });
}

test('no inspector opens, however early USR1 comes', async (t) => {
  const entry = path.join(install(t), 'dist/cli/sentinel.js');
  writeFileSync(entry, `const end = performance.now() + 300; while (performance.now() < end);\n${program}`);
  const child = spawn(process.execPath, [...launcher.daemonFlags, entry, 'run'], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => void (output += String(chunk)));
  child.stderr.on('data', (chunk) => void (output += String(chunk)));
  const pid = child.pid as number;
  // Before Node has taken the signal over, its default effect is the end of the process.
  await eventually(() => (signalMask(pid, 'SigCgt') & usr1) !== 0n);
  while (!output.includes('started')) {
    child.kill('SIGUSR1');
    await pause(5);
  }
  await eventually(() => {
    child.kill('SIGUSR1');
    assert.match(output, /^SIGUSR1$/m);
  });
  assert.match(output, /no\.\.inspector/, 'Node was asked for an inspector while nobody listened');
  assert.doesNotMatch(output, /Debugger listening/);
});

test('under an old Node, the launcher keeps its own name and ends an orphan in an orderly way', async (t) => {
  const node = requireOlderNode(t);
  if (node === undefined) return;
  const one = start(t, node, install(t), ['run', 'obey']);
  const pid = await one.pid();
  assert.notEqual(pid, one.launcher.pid);
  assert.equal(path.basename(commandLine(one.launcher.pid as number)[0] as string), 'node');
  one.launcher.kill('SIGKILL');
  await eventually(() => gone(pid));
  await eventually(() => assert.match(one.output(), /SIGTERM/, 'the program was told to stop before it ended'));
});

test('under a Node that fits, the launcher becomes the daemon', async (t) => {
  const one = start(t, process.execPath, install(t), ['run']);
  assert.equal(await one.pid(), one.launcher.pid);
});

test('under a Node that fits, a short command needs no second process and no exec', async (t) => {
  const one = start(t, process.execPath, install(t), ['status']);
  assert.equal(await one.pid(), one.launcher.pid);
  assert.doesNotMatch(one.output(), /--inspect-port/);
});

test('without a Node that fits, one sentence says which is needed', async (t) => {
  const node = requireOlderNode(t);
  if (node === undefined) return;
  const one = start(t, node, install(t, { nodeBeside: false }), ['status']);
  assert.equal((await one.ended).code, 3);
  assert.match(one.errors(), /^sentinel needs Node 24\.15 or newer and found \d+\.\d+\.\d+; .*\n$/);
});

test('it may be called through a link, as `npm link` makes one', async (t) => {
  const home = install(t);
  const links = install(t, { nodeBeside: false });
  rmSync(path.join(links, 'bin/sentinel.js'));
  symlinkSync(path.join(home, 'bin/sentinel.js'), path.join(links, 'bin/sentinel.js'));
  const one = start(t, requireOlderNode(t) ?? process.execPath, links, ['exit', '7']);
  assert.equal((await one.ended).code, 7);
});

test('a tree that was not built says how to build it', async (t) => {
  const home = install(t);
  rmSync(path.join(home, 'dist'), { recursive: true });
  const one = start(t, process.execPath, home, ['status']);
  assert.equal((await one.ended).code, 3);
  assert.match(one.errors(), /npm run build/);
});
