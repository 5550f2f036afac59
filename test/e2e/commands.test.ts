/** The built program through its launchers, as somebody at a shell meets it: under the Node that fits and under an old one. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { requireComponent, requireOlderNode } from '../helpers/components.ts';
import { eventually } from '../helpers/eventually.ts';
import { compileCache } from '../helpers/compile-cache.ts';
import { builtProgram, programCommand } from '../helpers/program.ts';

const root = new URL('../..', import.meta.url).pathname;

/** A built program has a Node of its own. */
const nodes: readonly (readonly [string, (t: TestContext) => string | undefined])[] =
  builtProgram === undefined
    ? [
        ['the Node that fits', () => process.execPath],
        ['an old Node', requireOlderNode],
      ]
    : [['its own Node', () => builtProgram]];

/** Through its launcher; a built program has none. */
function launched(node: string, bin: string): readonly [string, ...string[]] {
  if (builtProgram === undefined) return [node, path.join(root, 'bin', bin)];
  return programCommand(bin === 'sentinel-proxy.js' ? 'sentinel-proxy' : 'sentinel');
}

/** For a shell. */
function launchedLine(node: string, bin: string): string {
  return launched(node, bin)
    .map((word) => `'${word}'`)
    .join(' ');
}

interface Shell {
  readonly folder: string;
  readonly node: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** A folder with the run-time files of one daemon, and everything that a command needs to find it. */
function shell(t: TestContext, node: string): Shell {
  const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-e2e-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const environment = {
    SENTINEL_INCIDENTS: path.join(folder, 'incidents'),
    PATH: process.env['PATH'],
    ...compileCache(),
    TERM: 'dumb',
    SENTINEL_ADMIN_SOCKET: path.join(folder, 'admin.sock'),
    SENTINEL_METRICS_ADDR: '127.0.0.1:0',
  };
  return { folder, node, environment };
}

interface Running {
  readonly launcher: ChildProcess;
  output(): string;
  line(message: string, count?: number): Promise<Record<string, unknown>>;
  url(): Promise<string>;
  /** The daemon's own pid, from its pid file. */
  pid(): number;
  ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

function start(t: TestContext, { node, folder, environment }: Shell, bin: string, args: readonly string[]): Running {
  const [program, ...first] = launched(node, bin);
  const launcher = spawn(program, [...first, ...args], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  launcher.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text));
  launcher.stderr.setEncoding('utf8').on('data', (text: string) => void (output += text));
  const ended = once(launcher, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  t.after(async () => {
    try {
      process.kill(-(launcher.pid as number), 'SIGKILL');
    } catch {
      // Already gone, as it should be.
    }
    await ended;
  });
  const line = (message: string, count = 1): Promise<Record<string, unknown>> =>
    eventually(() => {
      const found = output.split('\n').filter((one) => one.includes(`"${message}"`))[count - 1];
      return JSON.parse(found ?? assert.fail(`no ${message} in: ${output}`)) as Record<string, unknown>;
    });
  return {
    launcher,
    output: () => output,
    line,
    url: async () => `http://${Object.values((await line('Ready'))['listeners'] as Record<string, string>)[0]}`,
    pid: () => Number(readFileSync(path.join(folder, 'sentinel.pid'), 'utf8')),
    ended,
  };
}

function command({ node, folder, environment }: Shell, ...args: readonly string[]): string {
  const [program, ...first] = launched(node, 'sentinel.js');
  return execFileSync(program, [...first, ...args], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  });
}

function gone(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

const staticConfig = `
state-dir "state"
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "one" } }
`;

for (const [age, nodeOf] of nodes) {
  test(`under ${age}: write a file, check it, run it, change it, reload it, stop it`, async (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    const at = shell(t, node);
    const file = path.join(at.folder, 'sentinel.kdl');
    assert.match(command(at, 'init'), /^wrote sentinel\.kdl/);
    assert.match(command(at, 'validate', 'sentinel.kdl'), /^ok: no problems/);
    writeFileSync(file, staticConfig);
    const daemon = start(t, at, 'sentinel.js', ['run', '-c', 'sentinel.kdl', '--workers', '1']);
    const url = await daemon.url();
    assert.equal(await (await fetch(url)).text(), 'one');
    assert.match(command(at, 'status'), /✓ ready/);
    assert.match(
      command(at, 'route', 'explain', 'GET', '/x', '--daemon', path.join(at.folder, 'admin.sock')),
      /route "all" takes it/,
    );
    writeFileSync(file, staticConfig.replace('"one"', '"two"'));
    assert.match(command(at, 'reload', '--reason', 'a test'), /generation 2/);
    assert.equal(await (await fetch(url)).text(), 'two');
    daemon.launcher.kill('SIGTERM');
    assert.deepEqual(await daemon.ended, { code: 0, signal: null });
  });

  test(`under ${age}: the runbooks' lines find the daemon, and only the daemon, by its name`, async (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    for (const name of ['pidof', 'ps', 'ss', 'pmap']) if (requireComponent(t, name) === undefined) return;
    const at = shell(t, node);
    writeFileSync(path.join(at.folder, 'sentinel.kdl'), staticConfig);
    for (const [bin, args] of [
      ['sentinel', ['run', '-c', 'sentinel.kdl']],
      ['sentinel-proxy', ['--config', 'sentinel.kdl']],
    ] as const) {
      const daemon = start(t, at, `${bin}.js`, args);
      const port = new URL(await daemon.url()).port;
      const pid = daemon.pid();
      const sh = (line: string): string => execFileSync('bash', ['--norc', '-c', line], { encoding: 'utf8' });
      const named = sh(`pidof ${bin}`).trim().split(' ').map(Number);
      assert.ok(named.includes(pid), `pidof ${bin} names ${named.join(' ')}, not ${pid}`);
      if (pid !== daemon.launcher.pid)
        assert.ok(!named.includes(daemon.launcher.pid as number), 'the launcher has a name of its own');
      assert.match(sh(`ps aux | grep ${bin}`), new RegExp(`^\\S+\\s+${pid}\\s`, 'm'));
      assert.match(sh('ss -tlnp | grep sentinel'), new RegExp(`:${port}\\b.*pid=${pid}\\b`));
      assert.match(sh(`pmap -x ${pid} | tail -n 1`), /total/);
      // What the runbooks do with the pid file reaches the daemon itself.
      process.kill(pid, 'SIGHUP');
      await daemon.line('Configuration reload completed');
      process.kill(pid, 'SIGUSR1');
      await daemon.line('Debug logging switched on');
      process.kill(pid, 'SIGUSR2');
      await daemon.line('Debug logging switched off');
      assert.doesNotMatch(sh('ss -tlnp'), new RegExp(`:9229\\b.*pid=${pid}\\b`));
      daemon.launcher.kill('SIGINT');
      assert.deepEqual(await daemon.ended, { code: 0, signal: null });
    }
  });

  test(`under ${age}: a TERM to the whole group lets a request finish`, async (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    const at = shell(t, node);
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      const target = createServer((_request, response) => {
        answer = () => void response.end('finished');
        resolve();
      });
      target.listen(0, '127.0.0.1');
      t.after(() => target.close());
      t.after(() => target.closeAllConnections());
      target.on('listening', () => {
        const { port } = target.address() as AddressInfo;
        writeFileSync(
          path.join(at.folder, 'sentinel.kdl'),
          staticConfig.replace(/static \{.*\} \}/, `target "127.0.0.1:${port}" }`),
        );
      });
    });
    await eventually(() => existsSync(path.join(at.folder, 'sentinel.kdl')));
    const daemon = start(t, at, 'sentinel.js', ['run', '-c', 'sentinel.kdl', '--workers', '1']);
    const response = fetch(await daemon.url());
    await asked;
    process.kill(-(daemon.launcher.pid as number), 'SIGTERM');
    await daemon.line('Draining');
    answer();
    assert.equal(await (await response).text(), 'finished');
    assert.deepEqual(await daemon.ended, { code: 0, signal: null });
    assert.doesNotMatch(daemon.output(), /Stopping at once/);
  });

  test(`under ${age}: the seeds' spellings say which spelling is new`, (t) => {
    const node = nodeOf(t);
    if (node === undefined) return;
    const at = shell(t, node);
    writeFileSync(path.join(at.folder, 'sentinel.kdl'), staticConfig);
    const line = `${launchedLine(node, 'sentinel-proxy.js')} --validate --config sentinel.kdl 2>&1 >/dev/null`;
    const notes = execFileSync('bash', ['--norc', '-c', line], {
      cwd: at.folder,
      env: at.environment,
      encoding: 'utf8',
    });
    assert.equal(notes, 'note: the new spelling is `sentinel validate sentinel.kdl`\n');
  });
}

test('killing the launcher ends the daemon, and the next one starts without help', async (t) => {
  const node = requireOlderNode(t);
  if (node === undefined) return;
  const at = shell(t, node);
  writeFileSync(path.join(at.folder, 'sentinel.kdl'), staticConfig);
  const first = start(t, at, 'sentinel.js', ['run', '-c', 'sentinel.kdl']);
  await first.url();
  const pid = first.pid();
  first.launcher.kill('SIGKILL');
  await eventually(() => gone(pid));
  const second = start(t, at, 'sentinel.js', ['run', '-c', 'sentinel.kdl']);
  process.kill((await second.url(), second.pid()), 'SIGKILL');
  assert.equal((await second.ended).signal, 'SIGKILL');
  const third = start(t, at, 'sentinel.js', ['run', '-c', 'sentinel.kdl']);
  assert.equal(await (await fetch(await third.url())).text(), 'one');
});

test('a reader that goes away is no failure', (t) => {
  const at = shell(t, process.execPath);
  const line = `set -o pipefail; ${launchedLine(process.execPath, 'sentinel.js')} explain | head -n 1`;
  const first = execFileSync('bash', ['--norc', '-c', line], { env: at.environment, encoding: 'utf8' });
  assert.match(first, /^SNT-A001/);
});

test('the demo carries what it prints, and leaves nothing behind', async (t) => {
  const at = shell(t, process.execPath);
  const [port, tlsPort, metricsPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const { SENTINEL_METRICS_ADDR: _unset, ...environment } = at.environment;
  const here = { ...at, environment };
  const ports = ['--port', port, '--tls-port', tlsPort, '--metrics-port', metricsPort].map(String);
  const demo = start(t, here, 'sentinel.js', ['demo', ...ports]);
  await eventually(() => assert.match(demo.output(), /Ctrl-C ends it/));
  const file = (/(\S+\/sentinel\.kdl)/.exec(demo.output()) as RegExpExecArray)[1] as string;
  for (const [, line] of demo.output().matchAll(/^ {2}curl (?:-i )?(http:\S+)/gm)) {
    assert.equal((await fetch(line as string)).status, line?.endsWith('/fail') === true ? 500 : 200, line);
  }
  const secured = await connectHttp2(t, tlsPort, readFileSync(path.join(path.dirname(file), 'demo.crt')));
  assert.equal(await secured.status('/blue'), 200);
  assert.match(command(here, 'cert-check', '-c', file), /localhost/);
  // One of the lines has stopped a target.
  const down = /✗ unhealthy [^\n]*L4CON[^\n]*refused/;
  await eventually(() =>
    assert.throws(
      () => command(here, 'upstreams'),
      ({ stdout }) => down.test(stdout),
    ),
  );
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
  assert.match(command(here, 'block', 'add', '192.0.2.7', '--for', '10m'), /192\.0\.2\.7/);
  assert.match(command(here, 'status'), /✓ ready/);
  assert.match(command(here, 'route', 'explain', 'GET', '/blue/x', '-c', file), /✓ blue/);
  writeFileSync(file, readFileSync(file, 'utf8').replace('hello from', 'greetings from'));
  command(here, 'reload');
  assert.match(await (await fetch(`http://127.0.0.1:${port}/hello`)).text(), /^greetings from/);
  writeFileSync(file, readFileSync(file, 'utf8').replace('greetings from', 'hello from'));
  demo.launcher.kill('SIGINT');
  assert.deepEqual(await demo.ended, { code: 0, signal: null });
  assert.ok(!existsSync(file));
});

test('what help and status cost', async (t) => {
  const at = shell(t, process.execPath);
  writeFileSync(path.join(at.folder, 'sentinel.kdl'), staticConfig);
  const daemon = start(t, at, 'sentinel.js', ['run', '-c', 'sentinel.kdl', '--workers', '1']);
  await daemon.url();
  for (const args of [['--help'], ['status']]) {
    const child = spawn(
      'bash',
      [
        '--norc',
        '-c',
        `TIMEFORMAT='%U %S'; time ${process.execPath} ${path.join(root, 'dist/cli/sentinel.js')} ${args.join(' ')} >/dev/null`,
      ],
      {
        env: at.environment,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let spent = '';
    child.stderr.on('data', (chunk) => void (spent += String(chunk)));
    await once(child, 'close');
    const [user = 0, system = 0] = spent.trim().split(' ').map(Number);
    t.diagnostic(`sentinel ${args.join(' ')}: ${Math.round((user + system) * 1000)} ms of CPU`);
  }
});

/** A client that believes the certificate in `ca` alone. */
async function connectHttp2(
  t: TestContext,
  port: number,
  ca: Buffer,
): Promise<{ status(path: string): Promise<number> }> {
  const session = connect(`https://localhost:${port}`, { ca });
  t.after(() => session.destroy());
  await once(session, 'connect');
  return {
    async status(path) {
      const stream = session.request({ ':path': path });
      const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & IncomingHttpStatusHeader];
      stream.resume();
      return headers[':status'] ?? 0;
    },
  };
}

/** A port that was free a moment ago: the demo takes numbers only. */
async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
