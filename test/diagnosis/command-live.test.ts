/** `sentinel diagnose` beside real daemons: what it says of one that is well, hurt, frozen, dead, or that does not let it ask. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { progressOn } from '../../src/cli/diagnose/progress.ts';
import { type Output, styleFor } from '../../src/cli/streams.ts';
import { callSentinel, type Ended, runSentinel } from '../cli/command-line.ts';
import { type DaemonProcess, startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually, patienceMs } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { deadPort, startOrigin } from '../helpers/origin.ts';
import { programCommand } from '../helpers/program.ts';

const contacts = 'contacts { primary "the pager"; secondary "team lead"; channel "#ops" }';

function environmentOf({ folder, socket }: Pick<DaemonProcess, 'folder' | 'socket'>): Record<string, string> {
  return { SENTINEL_ADMIN_SOCKET: socket, XDG_STATE_HOME: folder };
}

function diagnose(daemon: Pick<DaemonProcess, 'folder' | 'socket' | 'configFile'>, ...args: string[]): Promise<Ended> {
  return callSentinel(['diagnose', '-c', daemon.configFile, ...args], { environment: environmentOf(daemon) });
}

/** Two targets, of which one does not listen, and the state beside the file. */
async function halfDown(t: TestContext): Promise<DaemonProcess> {
  const origin = await startOrigin(t);
  const folder = testFolder(t);
  const daemon = await startDaemonProcess(t, { folder, config: await halfDownConfig(origin.port, folder) });
  await eventually(async () => {
    const { data } = await daemon.client.call('status');
    assert.equal(data.upstreams.targets_down, 1);
  });
  return daemon;
}

async function halfDownConfig(port: number, folder: string): Promise<string> {
  return `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "api" }
upstream "api" {
  target "127.0.0.1:${port}"
  target "127.0.0.1:${await deadPort()}"
  health-check { type "tcp"; interval-secs 1; unhealthy-threshold 1 }
}
state-dir "${folder}"
${contacts}
`;
}

const otherAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

test('beside a daemon that is well', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: staticConfig('hello', contacts),
    environment: { SENTINEL_METRICS_ADDR: '0.0.0.0:0' },
  });

  await t.test('it says nothing but that, with 0, and whether it is the one that was meant', async () => {
    const { code, stdout } = await diagnose(daemon);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^verdict +✓ nothing wrong$/m);
    assert.doesNotMatch(stdout, /^causes|page the pager/m);
    // As a process of its own it ends, and leaves nothing behind that keeps it.
    const own = await runSentinel(['diagnose', '-c', daemon.configFile, '--short'], {
      environment: environmentOf(daemon),
    });
    assert.equal(own.code, 0, own.stdout + own.stderr);
    assert.match(own.stdout, /^✓ nothing wrong on /);
    const other = join(daemon.folder, 'other.kdl');
    writeFileSync(other, staticConfig('other'));
    const meant = await callSentinel(['diagnose', '-c', other], { environment: environmentOf(daemon) });
    assert.match(meant.stdout, /▲ the daemon that answers runs .*sentinel\.kdl, not .*other\.kdl/);
  });

  await t.test(
    '--guided asks before probes that open connections, goes through the tree, and ends with the verdict',
    async () => {
      const answers = ['n', ...Array.from({ length: 40 }, () => '')];
      const { code, stdout, stderr } = await callSentinel(['diagnose', '-c', daemon.configFile, '--guided'], {
        environment: environmentOf(daemon),
        terminal: true,
        stdin: { isTerminal: true, readUpTo: async () => Buffer.from(`${answers.shift() ?? 'q'}\n`) },
      });
      assert.match(stderr, /Run it\? .*\[Y\/n\]/);
      assert.match(stderr, /1\/\d+ .*Is the proxy process running\?/);
      assert.match(stdout, /you did not want it asked/);
      assert.ok(code === 0 || code === 3, stdout);
    },
  );

  await t.test(
    'that does not let anybody ask from elsewhere it knows nothing, with 4, and its machine is none of ours',
    {
      skip: otherAddress === undefined && 'this machine has no address but loopback',
    },
    async () => {
      const port = new URL(daemon.adminUrl()).port;
      const { code, stdout } = await callSentinel(['diagnose', '--daemon', `${otherAddress}:${port}`], {
        environment: { SENTINEL_ADMIN_SOCKET: '/nonexistent', XDG_STATE_HOME: daemon.folder },
      });
      assert.equal(code, 4, stdout);
      assert.match(stdout, /\? .*process.*: .*another machine/);
      assert.match(stdout, /^exit 4$/m);
    },
  );

  await t.test('that accepts and never answers any more it says what that is, in bounded time', async () => {
    daemon.child.kill('SIGSTOP');
    t.after(() => daemon.child.kill('SIGCONT'));
    const { code, stdout } = await diagnose(daemon, '--json');
    assert.equal(code, 1, stdout);
    const { verdict, took_ms } = JSON.parse(stdout).data;
    assert.equal(verdict.causes[0]?.cause, 'process-frozen');
    assert.ok(took_ms <= 10_000);
  });
});

test('beside a daemon that is half down', async (t) => {
  const daemon = await halfDown(t);

  await t.test('it tells whom to page by what the daemon says, with the file and without', async () => {
    const { code, stdout } = await diagnose(daemon);
    assert.equal(code, 1, stdout);
    assert.match(stdout, /^causes +1 ✗ SNT-U020 /m);
    assert.match(
      stdout,
      /✗ SEV3 Upstream Failure \(respond in < 1 h\)\n.*refuses connections.*\n +page the pager \(primary\) +talk in #ops/,
    );
    const { stdout: remote } = await callSentinel(['diagnose', '--daemon', daemon.socket], {
      environment: environmentOf(daemon),
    });
    assert.match(remote, /page the pager \(primary\)/);
    const status = await callSentinel(['status'], { environment: environmentOf(daemon) });
    assert.match(status.stdout, /^contacts +page the pager, then team lead, talk in #ops$/m);
  });

  await t.test('--wait ends with 6 when nothing mended it in time', async () => {
    const { code, stdout } = await diagnose(daemon, '--wait', '--timeout', '0s', '--json');
    assert.equal(code, 6);
    assert.deepEqual([JSON.parse(stdout).exit_code, JSON.parse(stdout).status], [6, 'problems']);
  });

  await t.test(
    'mended, --wait ends with 0, and --watch has printed a verdict, then what changed, a document a line',
    async () => {
      const lines: string[] = [];
      const child = spawnSentinel(
        t,
        ['diagnose', '-c', daemon.configFile, '--watch', '--interval', '1s', '--json'],
        daemon,
      );
      child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.split('\n').filter(Boolean)));
      const documents = () => lines.slice(1).map((line) => JSON.parse(line));
      // A diagnosis takes its seconds, and more of them beside other tests.
      await eventually(() => assert.ok(documents().length > 0), 2 * patienceMs);
      assert.deepEqual(JSON.parse(lines[0] ?? ''), { schema: 'sentinel.diagnose.stream/1' });
      assert.equal(documents()[0].verdict.causes[0].cause, 'target-refused');
      const waiting = diagnose(daemon, '--wait', '--timeout', '60s', '--interval', '1s');
      daemon.writeConfig(staticConfig('hello', `state-dir "${daemon.folder}"\n${contacts}`));
      await daemon.client.call('config-reload');
      const { code, stdout } = await waiting;
      assert.equal(code, 0, stdout);
      assert.match(stdout, /✓ nothing wrong/);
      await eventually(() => assert.equal(documents().at(-1).verdict.status, 'ok'));
      const over = documents()
        .flatMap(({ changes }) => changes)
        .filter(({ kind }: { kind: string }) => kind === 'over');
      assert.ok(over.some(({ code: one }: { code: string }) => one === 'SNT-U020'));
      child.kill('SIGINT');
      const [ended] = await once(child, 'close');
      assert.equal(ended, 130);
    },
  );

  await t.test('killed, it tells whom to page by the file, as nobody else can say', async () => {
    daemon.child.kill('SIGKILL');
    await daemon.ended();
    const { code, stdout } = await diagnose(daemon, '--json');
    assert.equal(code, 1, stdout);
    const { verdict } = JSON.parse(stdout).data;
    assert.deepEqual([verdict.procedure, verdict.severity], ['process-crash', 'SEV1']);
    assert.equal(verdict.causes[0].cause, 'killed');
    assert.deepEqual(verdict.page.slice(0, 2), [
      { role: 'primary', contact: 'the pager' },
      { role: 'secondary', contact: 'team lead' },
    ]);
  });
});

function spawnSentinel(
  t: TestContext,
  args: readonly string[],
  daemon: DaemonProcess,
): ChildProcessByStdio<null, Readable, null> {
  const [program, ...first] = programCommand();
  const child = spawn(program, [...first, ...args], {
    env: { PATH: process.env['PATH'], ...environmentOf(daemon) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

test('no secret of a configuration, a request or a response is in a report or in kept facts', async (t) => {
  const secrets = ['tok-en-of-admin-1', 'q-u-e-r-y-secret-2', 'h-e-a-d-e-r-3', 'u-r-l-password-4'];
  const folder = testFolder(t);
  const origin = await startOrigin(t);
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "api"; policies { request-headers { set { "Authorization" "Bearer \${UPSTREAM_TOKEN}" } } } }
upstream "api" { target "127.0.0.1:${origin.port}" }
route "gone" { matches { path-prefix "/gone" }; upstream "lost" }
upstream "lost" { target "127.0.0.1:${await deadPort()}" }
state-dir "${folder}"
`,
    environment: { UPSTREAM_TOKEN: secrets[0] as string },
  });
  for (const path of ['/', '/gone'])
    await fetch(`${daemon.url()}${path}?token=${secrets[1]}&next=http://me:${secrets[3]}@host/`, {
      headers: { authorization: `Bearer ${secrets[2]}`, cookie: `sid=${secrets[2]}` },
    }).then((answer) => answer.text());
  const file = join(folder, 'facts.json');
  const { stdout } = await callSentinel(['diagnose', '-c', daemon.configFile, '--json', '--save-facts', file], {
    environment: { ...environmentOf(daemon), UPSTREAM_TOKEN: secrets[0] as string },
  });
  const texts = [stdout, readFileSync(file, 'utf8')];
  for (const format of ['text', 'markdown', 'slack', 'junit'])
    texts.push((await callSentinel(['diagnose', '--facts', file, '--format', format])).stdout);
  assert.match(texts[1] ?? '', /\/gone/, 'the failed request is among the facts');
  for (const text of texts) for (const secret of secrets) assert.ok(!text.includes(secret), `${secret}\n${text}`);
});

test('on a terminal it says which probes it waits for, and takes that away; on a pipe it says nothing', () => {
  const clock = new ManualClock();
  const written: string[] = [];
  const output = { isTerminal: true, style: styleFor(false, 80), write: (text: string) => void written.push(text) };
  const progress = progressOn(output as unknown as Output, clock);
  progress.onProgress({ probe: 'targets', title: 'targets', state: 'started', tookMs: 0 });
  clock.advance(1_000);
  assert.match(written.at(-1) ?? '', /^\r0 of 1 probes done, 1\.0s; waiting for targets/);
  progress.end();
  assert.match(written.at(-1) ?? '', /^\r +\r$/);
  written.length = 0;
  progressOn({ ...output, isTerminal: false } as unknown as Output, clock).end();
  clock.advance(1_000);
  assert.deepEqual(written, []);
});
