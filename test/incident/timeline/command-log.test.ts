/** The log of commands: what is in it after commands that changed something, and that nothing gets lost in it or out of it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { systemRoots } from '../../../src/base/run-files.ts';
import { commandLogFolder, writeDown } from '../../../src/cli/command-log.ts';
import type { Surroundings } from '../../../src/cli/command.ts';
import {
  appendCommand,
  COMMANDS_FULL_BYTES,
  commandLogPaths,
  MOST_LINE_BYTES,
  moveCommandsAway,
  readCommands,
} from '../../../src/incident/timeline/command-log.ts';
import type { LoggedCommand } from '../../../src/incident/timeline/logged-command.ts';
import { redactedArgv } from '../../../src/incident/timeline/redacted-argv.ts';
import { callSentinel, runSentinel } from '../../cli/command-line.ts';
import { testFolder } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { programCommand } from '../../helpers/program.ts';

const one: LoggedCommand = {
  at: '2026-11-20T14:05:00.000Z',
  duration_ms: 12,
  actor: 'ada',
  by: null,
  host: 'prod-1',
  pid: 1,
  program: 'sentinel',
  command: 'reload',
  argv: ['reload'],
  exit: 0,
  daemon: null,
  incident: null,
};
const nowMs = Date.parse(one.at);

test('a command that changes something is written down with who typed what, when and what came of it', async (t) => {
  const folder = join(testFolder(t), 'incidents');
  const environment = { SENTINEL_INCIDENTS: folder };
  const args = [
    'block',
    'add',
    '203.0.113.7',
    '--reason',
    'token=hunter2hunter2 leaked',
    '--daemon',
    '/nowhere/x.sock',
  ];
  const { code, stderr } = await runSentinel(args, { environment });
  assert.equal(code, 3, stderr);
  const { commands } = readCommands(folder);
  const [{ at, duration_ms: ms, pid, host, ...rest } = one] = commands;
  assert.deepEqual(rest, {
    actor: userInfo().username,
    by: null,
    program: 'sentinel',
    command: 'block add',
    argv: ['block', 'add', '203.0.113.7', '--reason', 'token=[redacted] leaked', '--daemon', '/nowhere/x.sock'],
    exit: 3,
    daemon: '/nowhere/x.sock',
    addresses: ['/nowhere/x.sock'],
    config: null,
    incident: null,
  });
  assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(ms >= 0 && pid > 1 && host !== '');
  assert.equal(commands.length, 1);
  const [file] = commandLogPaths(folder);
  assert.deepEqual([statSync(folder).mode & 0o777, statSync(file).mode & 0o777], [0o700, 0o600]);
});

test('a command that only looks is not written down, and neither is one that was mistyped', async (t) => {
  const folder = join(testFolder(t), 'incidents');
  const environment = { SENTINEL_INCIDENTS: folder };
  for (const line of [
    'drains --daemon /nowhere/x',
    'breakers --daemon /nowhere/x',
    'drain a:1 --nope',
    'explain SNT-C001',
  ])
    await callSentinel(line.split(' '), { environment });
  assert.equal(existsSync(folder), false);
});

for (const [signal, exit] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  test(`a command that ${signal} ends in the middle is written down with ${exit}`, async (t) => {
    const folder = testFolder(t);
    const socket = join(folder, 'silent.sock');
    let asked = false;
    const silent = createServer((connection) => {
      asked = true;
      connection.on('error', () => undefined);
    }).listen(socket);
    await once(silent, 'listening');
    t.after(() => silent.close());
    const [program, ...first] = programCommand();
    const child = spawn(program, [...first, 'reload', '--daemon', socket], {
      env: { PATH: process.env['PATH'], SENTINEL_INCIDENTS: folder },
      stdio: 'ignore',
    });
    const ended = once(child, 'close');
    await eventually(() => assert.ok(asked));
    child.kill(signal);
    assert.deepEqual(await ended, [null, signal], 'it ends as it always has');
    assert.deepEqual(
      readCommands(folder).commands.map((command) => [command.command, command.exit]),
      [['reload', exit]],
    );
  });
}

test('what twenty processes write at once is all there, line by line, also while the file is moved away', async (t) => {
  const folder = testFolder(t);
  const [path, older] = commandLogPaths(folder);
  const old = `${JSON.stringify({ ...one, argv: ['old'] })}\n`;
  const olds = Math.floor((COMMANDS_FULL_BYTES - 100_000) / old.length);
  writeFileSync(path, old.repeat(olds));
  const source = new URL('../../../src/incident/timeline/command-log.ts', import.meta.url).href;
  const script = `
    import { appendCommand } from ${JSON.stringify(source)};
    const one = ${JSON.stringify(one)};
    for (let index = 0; index < 25; index++)
      appendCommand(${JSON.stringify(folder)}, { ...one, pid: process.pid, duration_ms: index, argv: ['x'.repeat(900)] }, ${nowMs});
  `;
  const children = Array.from({ length: 20 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  const codes = await Promise.all(children.map(async (child) => ((await once(child, 'close')) as [number | null])[0]));
  assert.deepEqual(new Set(codes), new Set([0]));
  const { commands, foreign, unread } = readCommands(folder);
  assert.deepEqual([foreign, unread], [0, []]);
  assert.equal(commands.length, olds + 500);
  assert.equal(new Set(commands.map(({ pid, duration_ms: ms }) => `${pid} ${ms}`)).size, 501);
  assert.ok(statSync(older).size >= COMMANDS_FULL_BYTES && statSync(path).size < 500 * 1200);
  assert.equal(existsSync(join(folder, '.commands.lock')), false);
});

test('a lock that its holder left behind holds nobody up, and is taken away when it is old', (t) => {
  const folder = testFolder(t);
  const [path, older] = commandLogPaths(folder);
  const lock = join(folder, '.commands.lock');
  writeFileSync(path, 'x'.repeat(COMMANDS_FULL_BYTES));
  writeFileSync(lock, '');
  const lockedMs = statSync(lock).mtimeMs;
  appendCommand(folder, one, lockedMs + 1_000);
  assert.deepEqual([existsSync(lock), existsSync(older)], [true, false]);
  appendCommand(folder, one, lockedMs + 60_000);
  appendCommand(folder, one, lockedMs + 60_000);
  assert.deepEqual([existsSync(lock), existsSync(older)], [false, true]);
  assert.deepEqual([readCommands(folder).commands.length, readCommands(folder).foreign], [3, 1]);
});

test('a file that somebody else has just moved away is not moved away once more', (t) => {
  const folder = testFolder(t);
  const [path, older] = commandLogPaths(folder);
  writeFileSync(older, 'full');
  appendCommand(folder, one, nowMs);
  moveCommandsAway(folder, nowMs);
  assert.deepEqual([existsSync(path), readFileSync(older, 'utf8')], [true, 'full']);
});

test('a line that a full disk has cut off takes no other with it', (t) => {
  const folder = testFolder(t);
  const [path] = commandLogPaths(folder);
  writeFileSync(path, `${JSON.stringify(one)}\n{"at":"2026-11-20T14:0`);
  appendCommand(folder, { ...one, pid: 2 }, nowMs);
  const { commands, foreign } = readCommands(folder);
  assert.deepEqual([commands.map(({ pid }) => pid), foreign], [[1, 2], 1]);
});

test('a line has its bound, whatever was typed', (t) => {
  const folder = testFolder(t);
  const [path] = commandLogPaths(folder);
  const long = [
    ['config', 'apply', '🧨'.repeat(5000)],
    ['x'.repeat(100_000)],
    Array.from({ length: 3000 }, () => '"\n\u0000'),
  ];
  for (const argv of long) appendCommand(folder, { ...one, argv }, nowMs);
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  assert.equal(lines.length, 3);
  for (const line of lines) assert.ok(Buffer.byteLength(line) < MOST_LINE_BYTES, String(Buffer.byteLength(line)));
  for (const { argv } of readCommands(folder).commands) assert.match(argv.join(' '), /…$/);
});

test('what is no file in its place is said, and waited for by nobody', (t) => {
  const folder = testFolder(t);
  const [path] = commandLogPaths(folder);
  execFileSync('mkfifo', [path]);
  assert.throws(() => appendCommand(folder, one, nowMs), /not a file/);
  assert.match(readCommands(folder).unread[0]?.why ?? '', /pipe or a device/);
  rmSync(path);
  mkdirSync(path);
  assert.throws(() => appendCommand(folder, one, nowMs), { code: 'EISDIR' });
});

test('the address of a daemon is written down without the password that somebody put into it', (t) => {
  const folder = testFolder(t);
  const run = (args: readonly string[], daemon: string | undefined, environment: Record<string, string>) =>
    writeDown(machine(t, { SENTINEL_INCIDENTS: folder, ...environment }), {
      spec: { path: ['reload'] },
      args,
      daemon,
      startedMs: nowMs,
      durationMs: 1,
      exitCode: 3,
    });
  for (const address of ['http://ada:hunter22@127.0.0.1:9', 'ada:hunter22@127.0.0.1:9', 'ada:hunt@er22@127.0.0.1:9']) {
    assert.equal(run(['reload', '--daemon', address], address, {}), null);
    assert.equal(run(['reload', `--daemon=${address}`], address, {}), null);
    assert.equal(run(['reload'], undefined, { SENTINEL_DAEMON: address }), null);
  }
  const { commands } = readCommands(folder);
  assert.equal(commands.length, 9);
  for (const { daemon } of commands) assert.match(daemon ?? '', /^(?:http:\/\/)?\[redacted\]@127\.0\.0\.1:9$/);
  assert.doesNotMatch(JSON.stringify(commands), /hunt|er22|ada:/);
});

test('a link in the place of the file is not followed', (t) => {
  const folder = testFolder(t);
  const other = join(folder, 'other');
  writeFileSync(other, 'mine');
  symlinkSync(other, commandLogPaths(folder)[0]);
  assert.throws(() => appendCommand(folder, one, nowMs), { code: 'ELOOP' });
  assert.equal(readFileSync(other, 'utf8'), 'mine');
});

for (const [typed, kept] of [
  [
    ['runbook', 'run', 'x', '--set', 'token=abc def', '--set', 'upstream=api'],
    ['runbook', 'run', 'x', '--set', 'token=[redacted]', '--set', 'upstream=api'],
  ],
  [
    ['drain', 'a:1', '--reason', 'the password=hunter22 is out'],
    ['drain', 'a:1', '--reason', 'the password=[redacted] is out'],
  ],
  [
    ['x', '--api-key', 'abc', '--password=abc def'],
    ['x', '--api-key', '[redacted]', '--password=[redacted]'],
  ],
  [
    ['config', 'apply', 'https://ada:pw@example.com/new.kdl?sig=abc&v=2'],
    ['config', 'apply', 'https://[redacted]@example.com/new.kdl?sig=[redacted]&v=2'],
  ],
  [
    ['incident', 'note', 'Authorization:', 'Bearer', 'abcdefgh'],
    ['incident', 'note', 'Authorization:', '[redacted]'],
  ],
  [
    ['maintenance', 'on', '--reason', 'key is AKIAABCDEFGHIJKLMNOP'],
    ['maintenance', 'on', '--reason', 'key is [redacted]'],
  ],
  [
    ['drain', 'a:1', '--exec', "curl -H 'X-Api-Key: abc' s3cr3t-of-env"],
    ['drain', 'a:1', '--exec', "curl -H 'X-Api-Key: [redacted]"],
  ],
  [
    ['drain', '10.1.1.10:8080', '--timeout', '5m', 's3cr3t-of-env'],
    ['drain', '10.1.1.10:8080', '--timeout', '5m', '[redacted]'],
  ],
  [
    ['config', 'apply', '/srv/site/new.kdl'],
    ['config', 'apply', '/srv/site/new.kdl'],
  ],
] as const) {
  test(`of \`${typed.join(' ')}\` no secret is kept`, () => {
    assert.deepEqual(redactedArgv(typed, { DEPLOY_TOKEN: 's3cr3t-of-env', HOME: '/root', PWD: '/srv/site' }), kept);
  });
}

/** A machine of its own: nothing of this one is looked at. */
function machine(t: TestContext, environment: Surroundings['context']['environment'] = {}): Surroundings {
  const folder = testFolder(t);
  const roots = { ...systemRoots, varLib: join(folder, 'lib'), varLog: join(folder, 'log'), run: join(folder, 'run') };
  const context = { environment, uid: process.getuid?.() ?? 0, roots };
  const clock = new ManualClock();
  return { program: 'sentinel', directory: folder, context, clock } as unknown as Surroundings;
}

test('nothing is made on a machine on which nothing is kept, and nothing is said about it', (t) => {
  const at = machine(t);
  const ended = {
    spec: { path: ['reload'] as const },
    args: ['reload'],
    daemon: undefined,
    startedMs: 0,
    durationMs: 1,
    exitCode: 0,
  };
  assert.equal(commandLogFolder(at, undefined), null);
  assert.equal(writeDown(at, ended), null);
  assert.equal(existsSync(at.context.roots.varLib), false);
});

test('it goes where incidents are, else where the state is, else into the home of the user', (t) => {
  const home = testFolder(t);
  const at = machine(t, { HOME: home });
  const { varLib, varLog } = at.context.roots;
  assert.equal(commandLogFolder(at, undefined), join(home, '.local/state/sentinel'));
  rmSync(join(home, '.local'), { recursive: true });
  mkdirSync(join(varLib, 'sentinel'), { recursive: true, mode: 0o700 });
  assert.equal(commandLogFolder(at, undefined), join(varLib, 'sentinel'));
  mkdirSync(join(varLog, 'sentinel/incidents'), { recursive: true, mode: 0o700 });
  assert.equal(commandLogFolder(at, undefined), join(varLog, 'sentinel/incidents'));
  chmodSync(join(varLog, 'sentinel/incidents'), 0o777);
  assert.equal(commandLogFolder(at, undefined), join(varLib, 'sentinel'), 'others may write there');
});

test('what cannot be written is said, and changes nothing else', async (t) => {
  const folder = testFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const environment = { SENTINEL_INCIDENTS: join(folder, 'file/incidents') };
  const args = ['reload', '--daemon', '/nowhere/x.sock'];
  const { code, stderr } = await callSentinel(args, { environment });
  assert.equal(code, 3);
  assert.equal(stderr.match(/^note: this command could not be written down/gm)?.length, 1, stderr);
  const json = await callSentinel([...args, '--json'], { environment });
  assert.deepEqual([json.code, json.stderr], [3, '']);
});

test('a state folder of somebody else, who lets nobody look, keeps no command from being written down', (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can be somebody else for a while');
  const nobody = 65_534;
  const home = testFolder(t);
  chownSync(home, nobody, nobody);
  const at = machine(t, { HOME: home });
  chmodSync(at.directory, 0o755);
  mkdirSync(join(at.context.roots.varLib, 'sentinel'), { recursive: true, mode: 0o700 });
  process.seteuid?.(nobody);
  try {
    const user = { ...at, context: { ...at.context, uid: nobody } };
    assert.equal(commandLogFolder(user, undefined), join(home, '.local/state/sentinel'));
  } finally {
    process.seteuid?.(0);
  }
});
