/** `sentinel events`: what it lists, what it follows, and how it ends. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { EventsReply, EventState } from '../../src/admin/contract/event-shapes.ts';
import { compileCache } from '../helpers/compile-cache.ts';
import { type DaemonProcess, startDaemonProcess, staticConfig } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { callSentinel } from './command-line.ts';
import { programCommand } from '../helpers/program.ts';

const start = (t: TestContext) => startDaemonProcess(t, { workers: 1 });
const call = (daemon: DaemonProcess, ...args: string[]) => callSentinel(['events', '--daemon', daemon.socket, ...args]);

test('it lists what happened with who did it and why, the newest last', async (t) => {
  const daemon = await start(t);
  await daemon.client.call('config-reload', { reason: 'for a test' });
  daemon.writeConfig('listener');
  await assert.rejects(daemon.client.call('config-reload'));
  const { code, stdout } = await call(daemon);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^TIME +EVENT +SUBJECT +ACTOR +WHAT$/);
  assert.match(stdout, /^\d\d:\d\d:\d\dZ {2}• {2}ready +– +– +Ready$/m);
  assert.match(stdout, /^\S+ {2}• {2}reload +– +user \S+ +Configuration reload completed \(“for a test”\)$/m);
  assert.match(stdout, /^\S+ {2}✗ {2}reload +– +user \S+ +Configuration reload failed: /m);
  assert.match(stdout, /^\S+ {2}• {2}admin_action +config-reload +user \S+ +Admin action: .+$/m);
});

test('it lists only what is asked for', async (t) => {
  const daemon = await start(t);
  await daemon.client.call('config-reload', { reason: 'for a test' });
  const kinds = async (...args: string[]) => {
    const { stdout } = await call(daemon, '--json', ...args);
    return (JSON.parse(stdout) as { data: EventsReply }).data.events.map(({ kind }) => kind);
  };
  assert.deepEqual(await kinds(), ['ready', 'reload', 'admin_action']);
  assert.deepEqual(await kinds('--kind', 'reload,ready'), ['ready', 'reload']);
  assert.deepEqual(await kinds('--filter', 'actor~"^user " and !kind=reload'), ['admin_action']);
  assert.deepEqual(await kinds('--filter', 'completed'), ['reload']);
  assert.deepEqual(await kinds('--limit', '1'), ['admin_action']);
  assert.deepEqual(await kinds('--since', '2026-01-31T14:00:00Z'), ['ready', 'reload', 'admin_action']);
  assert.deepEqual(await kinds('--since', '2999-01-31T14:00:00Z'), []);
  assert.deepEqual(await kinds('--since', '15m'), ['ready', 'reload', 'admin_action']);
  const none = await call(daemon, '--kind', 'worker_death');
  assert.match(none.stdout, /^no such events among those kept since \d\d:\d\d:\d\dZ\n$/);
  const older = await call(daemon, '--limit', '1');
  assert.match(older.stdout, /^2 older ones are left out; --limit shows more\n/);
});

test('a slip in an option is one of usage, with its place', async (t) => {
  const daemon = await start(t);
  const slips: readonly (readonly [args: string[], words: RegExp])[] = [
    [['--filter', 'kidn=reload'], /kidn=reload\n +\^\^\^\^/],
    [['--since', 'yesterday'], /--since is "yesterday", expected a duration such as 15m/],
    [['--limit', '0'], /--limit is "0", expected a number from 1 to/],
  ];
  for (const [args, words] of slips) {
    const { code, stderr } = await call(daemon, ...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, words);
  }
  assert.match((await call(daemon, '--kind', 'relaod')).stderr, /there is no event "relaod"/);
  assert.match((await call(daemon, '--kind', 'toString')).stderr, /there is no event "toString"/);
});

/** The command as a process of its own, which goes on until it is told to end. */
function following(t: TestContext, daemon: DaemonProcess, ...more: string[]) {
  const [program, ...first] = programCommand();
  const child = spawn(program, [...first, 'events', '-f', '--daemon', daemon.socket, ...more], {
    env: { PATH: process.env['PATH'], ...compileCache() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => void (said[stream] += text));
  }
  return {
    child,
    said,
    says: (stream: 'stdout' | 'stderr', words: RegExp) => eventually(() => assert.match(said[stream], words)),
    async end(signal: 'SIGINT' | 'SIGTERM') {
      child.kill(signal);
      return (await once(child, 'close')) as [number | null, string | null];
    },
  };
}

test('following, it shows what there was and what comes, one JSON document a line, until Ctrl-C', async (t) => {
  const daemon = await start(t);
  const { said, says, end } = following(t, daemon, '--json');
  await says('stdout', /"kind":"ready"/);
  await daemon.client.call('config-reload', { reason: 'while somebody looks' });
  await says('stdout', /"kind":"admin_action"/);
  assert.deepEqual(await end('SIGINT'), [130, null]);
  const [schema, ...events] = said.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  assert.deepEqual(schema, { schema: 'sentinel.events.stream/1' });
  assert.deepEqual(
    (events as EventState[]).map(({ kind, reason }) => [kind, reason]),
    [
      ['ready', null],
      ['reload', 'while somebody looks'],
      ['admin_action', 'while somebody looks'],
    ],
  );
});

test('for people each event is a line, and a daemon that is started anew is waited for and told of', async (t) => {
  const daemon = await start(t);
  const { said, says, end } = following(t, daemon);
  await says('stdout', /^\d{4}-\d\d-\d\dT\S+ {2}• {2}ready {2}Ready$/m);
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  // It may have been about to connect.
  await says('stderr', /^– (?:the connection broke|no daemon answers \(.*\)); tries again in 0\.5 s$/m);
  await startDaemonProcess(t, { folder: daemon.folder, workers: 1 });
  await says('stderr', /^– some events may be missing until \S+Z: the daemon was started anew$/m);
  await says('stdout', /ready {2}Ready\n[^]*ready {2}Ready\n/);
  assert.equal(said.stdout.includes('–'), false, 'remarks are not among the events');
  assert.deepEqual(await end('SIGTERM'), [143, null]);
});

test('whoever reads no more ends it without an error', async (t) => {
  const daemon = await start(t);
  const { child, says } = following(t, daemon, '--json');
  await says('stdout', /"kind":"ready"/);
  child.stdout.destroy();
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  const poke = async () => {
    await daemon.client.call('config-reload');
    return child.exitCode !== null;
  };
  await eventually(poke);
  assert.deepEqual(await closed, [0, null]);
});

test('an event is made by a configuration on disk that differs, and by one that no longer does', async (t) => {
  const daemon = await start(t);
  const look = async () => {
    await daemon.client.call('status');
    return (await daemon.client.call('events', { query: { kind: 'config_disk' } })).data.events;
  };
  assert.deepEqual(await look(), []);
  daemon.writeConfig(staticConfig('other'));
  const [differs] = await look();
  assert.deepEqual(
    [differs?.severity, differs?.words],
    ['warn', 'Configuration on disk differs from the one that runs'],
  );
  daemon.writeConfig('listener {{{');
  assert.equal((await look()).at(-1)?.words, 'Configuration on disk would not load at the next start');
  daemon.writeConfig(staticConfig());
  assert.equal((await look()).at(-1)?.words, 'Configuration on disk is the one that runs again');
  await look();
  assert.deepEqual(
    (await look()).map(({ severity }) => severity),
    ['warn', 'warn', 'info'],
  );
});
