/** The single binary: what is in it, and that it does everything on a machine that has no Node, no package and no pages. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { allCommands } from '../../src/cli/tree.ts';
import { binaryPath, buildBinary, builtBinary, digestOf, root } from '../binary/built.ts';
import { enterMinbase, installed, type Minbase, type Running } from '../binary/minbase.ts';
import { requireComponent } from '../helpers/components.ts';
import { eventually } from '../helpers/eventually.ts';
import { openTerminal } from '../tui/stage/terminal.ts';

/** What `--help` may cost, in milliseconds of processor. */
const HELP_CPU_MS = 200;

let binary = '';
before(() => {
  binary = builtBinary();
});

test('every command says what it does, from the binary alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-binary-'));
  try {
    for (const { path } of allCommands) {
      const { status, stdout, stderr } = spawnSync(binary, [...path, '--help'], {
        cwd: folder,
        env: {},
        encoding: 'utf8',
      });
      assert.equal(status, 0, `${path.join(' ')}: ${stderr}`);
      assert.match(stdout, new RegExp(`^Usage: sentinel(?:-proxy)? ${path.join(' ')}`, 'm'));
      assert.equal(stderr, '', path.join(' '));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test(`the help costs less than ${HELP_CPU_MS} ms of processor`, (t) => {
  // Of several: what else the machine does can only make one dearer.
  const spent = Array.from({ length: 9 }, () => cpuMsOf([binary, '--help'])).sort((a, b) => a - b);
  t.diagnostic(`ms: ${spent.map((ms) => ms.toFixed(0)).join(' ')}`);
  assert.ok((spent[0] as number) < HELP_CPU_MS, `${spent.join(' ')} ms`);
});

test('its digest stands beside it, and the list beside it names what is inside and no tool of development', () => {
  const named = binaryPath();
  if (binary !== named && !existsSync(`${binary}.sha256`)) return;
  assert.equal(readFileSync(`${binary}.sha256`, 'utf8'), `${digestOf(binary)}  sentinel\n`);
  const list = JSON.parse(readFileSync(`${binary}.cdx.json`, 'utf8')) as {
    readonly bomFormat: string;
    readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
    readonly components: readonly { readonly name: string; readonly version: string; readonly licenses?: unknown }[];
  };
  assert.equal(list.bomFormat, 'CycloneDX');
  assert.equal(list.metadata.component.name, 'sentinel');
  const names = list.components.map(({ name }) => name);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  assert.deepEqual(
    Object.keys(manifest.dependencies).filter((name) => !names.includes(name)),
    [],
  );
  // What tests import too, because a library that the program has brings it along.
  const brought = ['@opentelemetry/api'];
  assert.deepEqual(
    [...Object.keys(manifest.devDependencies), 'blessed', 'blessed-contrib', 'esbuild'].filter(
      (name) => names.includes(name) && !brought.includes(name),
    ),
    [],
  );
  const node = list.components.find(({ name }) => name === 'node');
  const ready = execFileSync(binary, ['env', '--json'], { env: {}, encoding: 'utf8' });
  assert.ok(node !== undefined && node.version.startsWith('26.'), JSON.stringify(node));
  assert.equal((JSON.parse(ready) as { exit_code: number }).exit_code, 0);
  // Their package files say nothing of it; the file beside each does.
  const silent = list.components.filter(({ licenses }) => licenses === undefined).map(({ name: of }) => of);
  assert.deepEqual(silent, ['format']);
});

test('two builds of the same sources are the same bytes, and one for the other processor is one', (t) => {
  const again = mkdtempSync(join(tmpdir(), 'sentinel-binary-'));
  t.after(() => rmSync(again, { recursive: true, force: true }));
  for (const name of ['one', 'two']) buildBinary('--out', join(again, name));
  assert.equal(digestOf(join(again, 'one/sentinel')), digestOf(join(again, 'two/sentinel')));
  assert.equal(
    readFileSync(join(again, 'one/sentinel.cdx.json'), 'utf8'),
    readFileSync(join(again, 'two/sentinel.cdx.json'), 'utf8'),
  );
  buildBinary('--arch', 'arm64', '--out', again);
  const header = readFileSync(join(again, 'sentinel-arm64')).subarray(0, 20);
  assert.equal(header.subarray(0, 4).toString('latin1'), '\x7fELF');
  assert.equal(header.readUInt16LE(18), 183, 'AArch64');
  assert.equal(
    readFileSync(join(again, 'sentinel-arm64.sha256'), 'utf8'),
    `${digestOf(join(again, 'sentinel-arm64'))}  sentinel-arm64\n`,
  );
});

test('on a machine with three libraries and nothing else, the demo runs and what is typed beside it works', async (t) => {
  const machine = enterMinbase(t, binary);
  if (machine === undefined) return;
  for (const absent of ['node', 'npm', 'man', 'less', 'curl', 'ss'])
    assert.notEqual((await machine.run('sh', '-c', `command -v ${absent}`)).code, 0, absent);
  const [port, tls, metrics] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports = ['--port', port, '--tls-port', tls, '--metrics-port', metrics].map(String);
  const demo = machine.start(t, installed, 'demo', ...ports);
  await eventually(() => assert.match(demo.output(), /Ctrl-C ends it/));
  assert.match(await (await fetch(`http://127.0.0.1:${port}/blue/x`)).text(), /^blue got GET \/blue\/x/);
  const target = (/sentinel drain (127\.0\.0\.1:\d+)/.exec(demo.output()) ?? [])[1] as string;
  const file = (/(\S+\/sentinel\.kdl)/.exec(demo.output()) ?? [])[1] as string;

  await holds(machine, ['top', '--once'], /sentinel top [^]*Upstreams[^]*blue-only/);
  await holds(machine, ['top', '--once', '--json'], /"schema":/);
  await holds(machine, ['diagnose'], /✓ running pid/);
  await holds(machine, ['status'], /✓ ready[^]*node 26\./);
  await holds(
    machine,
    ['drain', target, '--reason', 'a new kernel', '--yes'],
    new RegExp(target.replaceAll('.', '\\.')),
  );
  await holds(machine, ['drains'], new RegExp(target));
  await holds(machine, ['undrain', target, '--yes'], /./);
  await holds(machine, ['incident', 'snapshot', '--fast'], /INC-\d{8}-001/);
  await holds(machine, ['incident', 'timeline'], /drain/);
  await holds(machine, ['cert-check', '-c', file], /localhost/);
  await holds(machine, ['cert-check', `127.0.0.1:${tls}`], /SNT-T024/);
  await holds(machine, ['validate', file], /ok: no problems/);
  await holds(machine, ['config', 'print', file], /listener/);
  await holds(machine, ['route', 'explain', 'GET', '/blue/x', '-c', file], /✓ blue/);
  await holds(machine, ['man', 'drain'], /SENTINEL-DRAIN\(1\)/);
  await holds(machine, ['man', 'kdl'], /SENTINEL\.KDL\(5\)/i);
  await holds(machine, ['help', 'card'], /Stay calm/);
  await holds(machine, ['runbook', 'list'], /first-five-minutes/);
  await holds(machine, ['runbook', 'show', 'first-five-minutes'], /five minutes/i);
  await holds(machine, ['runbook', 'lint'], /no problems/);
  await holds(machine, ['explain', 'SNT-P110'], /chart wall/);
  for (const shell of ['bash', 'zsh', 'fish']) await holds(machine, ['completion', shell], /sentinel/);

  demo.child.kill('SIGINT');
  assert.equal(await demo.ended, 0, demo.output());
  assert.ok(!existsSync(machine.path(file)), 'the demo leaves nothing behind');
});

test('on that machine a daemon is reloaded, restarted, signalled, upgraded and stopped', async (t) => {
  const machine = enterMinbase(t, binary);
  if (machine === undefined || requireComponent(t, 'ss') === undefined) return;
  const config = (workers: number): string => `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed" }
upstream "fixed" { static { body "hello" } }
server { worker-threads ${workers}; graceful-shutdown-timeout-secs 5; drain-idle-secs 0 }
observability { metrics { address "127.0.0.1:0" } }
`;
  mkdirSync(machine.path('/etc/sentinel'), { recursive: true });
  writeFileSync(machine.path('/etc/sentinel/sentinel.kdl'), config(1));
  const daemon = machine.start(t, installed, 'run', '-c', '/etc/sentinel/sentinel.kdl');
  const url = await urlOf(daemon);
  const answers = async (): Promise<void> => assert.equal(await (await fetch(url)).text(), 'hello');
  await answers();

  // Another number of workers: threads begin and end, and their sockets are handed on by a child that is the binary too.
  for (const workers of [2, 1, 2]) {
    writeFileSync(machine.path('/etc/sentinel/sentinel.kdl'), config(workers));
    await holds(machine, ['reload'], /generation \d/);
    await eventually(async () => {
      const { stdout } = await machine.run(installed, 'status');
      assert.match(stdout, new RegExp(`${workers} of ${workers} up`));
    });
    await answers();
  }
  await holds(machine, ['restart', '--workers', '--yes'], /2 workers restarted in [^,]+, 0 cut/);
  await answers();

  const pid = daemon.child.pid as number;
  const ports = portsOf(pid);
  process.kill(pid, 'SIGUSR1');
  await eventually(() => assert.ok(daemon.output().includes('Garbage collected')));
  assert.deepEqual(portsOf(pid), ports, 'no port for a debugger');
  assert.doesNotMatch(daemon.output(), /debugger listening/i);
  process.kill(pid, 'SIGUSR2');

  // To itself, as it is on disk now; then to another copy.
  await holds(machine, ['upgrade', '--yes'], new RegExp(`pid ${pid} has ended`));
  assert.equal(await endedOf(daemon), 0);
  await answers();
  mkdirSync(machine.path('/opt/next'));
  copyFileSync(binary, machine.path('/opt/next/sentinel'));
  await holds(machine, ['upgrade', '--binary', '/opt/next/sentinel', '--yes'], /✓ pid \d+ serves/);
  await answers();
  const heir = Number(readFileSync(machine.path('/run/sentinel.pid'), 'utf8'));
  assert.match(execFileSync('readlink', [`/proc/${heir}/exe`], { encoding: 'utf8' }), /\/opt\/next\/sentinel$/m);
  process.kill(heir, 'SIGTERM');
  await eventually(() => assert.ok(!existsSync(`/proc/${heir}`)));
});

test('on that machine the screen is drawn on a terminal, and the chart wall says how to get it', async (t) => {
  const machine = enterMinbase(t, binary);
  if (machine === undefined) return;
  const [port, tls, metrics] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports = ['--port', port, '--tls-port', tls, '--metrics-port', metrics].map(String);
  const demo = machine.start(t, installed, 'demo', ...ports);
  await eventually(() => assert.match(demo.output(), /Ctrl-C ends it/));
  const open = (...args: readonly string[]) => {
    const [command, ...rest] = machine.command([installed, 'top', ...args], 'xterm-256color');
    return openTerminal(t, { command, args: rest, columns: 110, rows: 34 });
  };
  const screen = await open();
  if (screen === undefined) return;
  await screen.until(/all clear[^]*blue-only/);
  assert.ok(screen.modes().alternateScreen);
  screen.type('?');
  await screen.until(/[Kk]eys/);
  screen.key('escape');
  screen.type('q');
  assert.deepEqual(await screen.exit(), { code: 0, signal: null });
  assert.ok(!screen.modes().alternateScreen);

  const wall = await open('--charts');
  assert.deepEqual(await wall?.exit(), { code: 3, signal: null });
  assert.match(wall?.output().toString() ?? '', /SNT-P110[^]*npm install --global sentinel/);
});

async function holds(machine: Minbase, args: readonly string[], says: RegExp): Promise<void> {
  const { code, stdout, stderr } = await machine.run(installed, ...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`);
  assert.match(stdout, says, `${args.join(' ')}: ${stderr}`);
}

async function urlOf(daemon: Running): Promise<string> {
  return await eventually(() => {
    const line = daemon
      .output()
      .split('\n')
      .find((one) => one.includes('"Ready"'));
    const { listeners } = JSON.parse(line ?? assert.fail(daemon.output())) as { listeners: Record<string, string> };
    return `http://${listeners['http']}`;
  });
}

/** Its heir holds the same pipes, so that its end is not theirs. */
async function endedOf({ child }: Running): Promise<number | null> {
  await eventually(() => assert.notEqual(child.exitCode ?? child.signalCode, null));
  return child.exitCode;
}

function portsOf(pid: number): readonly string[] {
  return [...execFileSync('ss', ['-tlnpH'], { encoding: 'utf8' }).matchAll(/^LISTEN\s+\d+\s+\d+\s+(\S+).*pid=(\d+)/gm)]
    .filter(([, , of]) => of === String(pid))
    .map(([, address]) => address as string)
    .sort();
}

/** User and system time of a command and its threads, as the kernel counts them for the shell's `times`. */
function cpuMsOf(command: readonly string[]): number {
  const script =
    'import os,resource,subprocess,sys\nsubprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,check=True,env={})\nu=resource.getrusage(resource.RUSAGE_CHILDREN)\nprint((u.ru_utime+u.ru_stime)*1000)';
  return Number(execFileSync('python3', ['-c', script, ...command], { encoding: 'utf8' }));
}

/** A port that was free a moment ago: the demo takes numbers only. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
