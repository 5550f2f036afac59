/** Log files when the world around them fails: full disks, readers that go, files that others move, changes under way. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LogFile, type LogFileNews } from '../../src/proxy/shared/log-file.ts';
import { LogRing, newLogRing } from '../../src/proxy/shared/log-ring.ts';
import { openLogTarget } from '../../src/proxy/shared/log-target.ts';
import { startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

function scene(t: TestContext) {
  const folder = testFolder(t);
  const clock = new ManualClock();
  const ring = new LogRing(newLogRing(1 << 16));
  const news: LogFileNews[] = [];
  const seen = { dropped: 0 };
  const onDropped = (lines: number) => void (seen.dropped += lines);
  const log = new LogFile({ ring, clock, onDropped, onNews: (one) => news.push(one) });
  t.after(() => log.close());
  return { folder, clock, ring, log, news, seen };
}

/** Under a bound on the size of files, as a full disk it takes the beginning of a line and refuses the rest. */
const fullDisk = `
  import { readFileSync, truncateSync } from 'node:fs';
  const [file, target, ring, clocks] = await Promise.all(process.argv.slice(2).map((path) => import(path)));
  const path = process.argv[1];
  const clock = new clocks.ManualClock();
  const lines = new ring.LogRing(ring.newLogRing(1 << 16));
  const seen = { dropped: 0, news: [], whole: [] };
  const log = new file.LogFile({
    ring: lines,
    clock,
    onDropped: (count) => void (seen.dropped += count),
    onNews: ({ kind, lost }) => seen.news.push(lost === undefined ? kind : [kind, lost]),
  });
  await log.use(target.openLogTarget(path));
  const write = async (count, length) => {
    for (let n = 0; n < count; n++) {
      lines.append(JSON.stringify({ n, text: 'x'.repeat(length) }));
      await log.flush();
    }
    const text = readFileSync(path, 'utf8');
    seen.whole.push(text.endsWith('\\n') && text.split('\\n').slice(0, -1).every((line) => JSON.parse(line) !== null));
  };
  await write(20, 300);
  await write(3, 1);
  truncateSync(path);
  clock.advance(6000);
  await write(2, 10);
  seen.kept = readFileSync(path, 'utf8').split('\\n').length - 1;
  await log.close();
  console.log(JSON.stringify(seen));
`;

test('a full disk costs lines, each counted, and leaves no half one; it is said once, and when there is space again', (t) => {
  const folder = testFolder(t);
  const sources = [
    '../../src/proxy/shared/log-file.ts',
    '../../src/proxy/shared/log-target.ts',
    '../../src/proxy/shared/log-ring.ts',
    '../helpers/manual-clock.ts',
  ];
  const modules = sources.map((source) => new URL(source, import.meta.url).href);
  // Eight blocks of 512 bytes.
  const command = [
    '-c',
    'ulimit -f 8; exec "$@"',
    'sh',
    process.execPath,
    '--input-type=module',
    '-e',
    fullDisk,
    '--',
    join(folder, 'a.log'),
    ...modules,
  ];
  const seen = JSON.parse(execFileSync('sh', command, { encoding: 'utf8' }));
  assert.deepEqual(seen.whole, [true, true, true]);
  assert.equal(seen.dropped > 5, true);
  assert.deepEqual(seen.news, ['fault', ['recovered', seen.dropped]]);
  assert.equal(seen.kept, 2);
});

test('a change of the destination divides exactly: nothing that came before is in the new file, nothing after in the old', async (t) => {
  const { folder, ring, log } = scene(t);
  const [old, fresh, last] = ['old', 'new', 'last'].map((name) => join(folder, name)) as [string, string, string];
  await log.use(openLogTarget(old));
  ring.append('{"before":1}');
  // The write is under way when the change is asked for, and more comes before it is done.
  const flushed = log.flush();
  ring.append('{"before":2}');
  const changed = log.use(openLogTarget(fresh));
  ring.append('after 1');
  const again = log.use(openLogTarget(last));
  ring.append('at last');
  assert.equal(log.path, last);
  await Promise.all([flushed, changed, again]);
  await log.flush();
  assert.equal(readFileSync(old, 'utf8'), '{"before":1}\n{"before":2}\n');
  assert.equal(readFileSync(fresh, 'utf8'), 'after 1\n');
  assert.equal(readFileSync(last, 'utf8'), 'at last\n');
});

test('a file that somebody deletes or moves is made anew after a while, and that is said', async (t) => {
  const { folder, clock, ring, log, news } = scene(t);
  const path = join(folder, 'access.log');
  await log.use(openLogTarget(path));
  rmSync(path);
  clock.advance(10_000);
  ring.append('found again');
  await log.flush();
  assert.equal(readFileSync(path, 'utf8'), 'found again\n');
  renameSync(path, `${path}.1`);
  writeFileSync(path, '');
  clock.advance(10_000);
  ring.append('in the new one');
  await log.flush();
  assert.equal(readFileSync(path, 'utf8'), 'in the new one\n');
  assert.deepEqual(news, [
    { kind: 'reopened', path },
    { kind: 'reopened', path },
  ]);
});

test('a FIFO waits for no reader, keeps what fits, and goes on when a reader comes back', async (t) => {
  const { folder, ring, log, news, seen } = scene(t);
  const path = join(folder, 'fifo');
  execFileSync('mkfifo', [path]);
  await log.use(openLogTarget(path));
  ring.append('before anybody reads');
  await log.flush();
  const read = () => {
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const buffer = Buffer.alloc(1 << 17);
    const text = buffer.toString('utf8', 0, readSync(reader, buffer));
    closeSync(reader);
    return text;
  };
  assert.equal(read(), 'before anybody reads\n');
  const line = 'y'.repeat(999);
  for (let n = 0; n < 100; n++) {
    ring.append(line);
    await log.flush();
  }
  assert.ok(seen.dropped > 0);
  assert.ok(read().startsWith(`${line}\n`));
  ring.append('and again');
  await log.flush();
  assert.match(read(), /and again\n$/);
  assert.deepEqual(news, []);
});

test('under the journal every line on its socket has a priority: of the log, of a worker, of the access log', async (t) => {
  const folder = testFolder(t);
  const accepted: Socket[] = [];
  const journal = createServer((socket) => accepted.push(socket)).listen(join(folder, 'journal.sock'));
  await once(journal, 'listening');
  t.after(() => journal.close());
  const stdout = connect(join(folder, 'journal.sock'));
  await once(stdout, 'connect');
  const facts = fstatSync((stdout as unknown as { _handle: { fd: number } })._handle.fd);
  const observability = 'observability { logging { access-log { file "stdout" } } }';
  writeFileSync(join(folder, 's.kdl'), staticConfig('hello', observability));
  const options = {
    source: { kind: 'file', path: join(folder, 's.kdl') },
    title: 'sentinel-test',
    overrides: { workers: 1 },
    roots: { varLib: folder },
  };
  const entry = new URL('../helpers/daemon-entry.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, JSON.stringify(options)], {
    env: {
      JOURNAL_STREAM: `${facts.dev}:${facts.ino}`,
      SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'),
      SENTINEL_METRICS_ADDR: '127.0.0.1:0',
    },
    stdio: ['ignore', stdout, 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  stdout.destroy();
  let text = '';
  await eventually(() => accepted.length === 1);
  accepted[0]?.setEncoding('utf8').on('data', (part: string) => void (text += part));
  const ready = await eventually(() => {
    const found = /^<6>(\{.*"Ready"\})$/m.exec(text)?.[1];
    if (found === undefined) throw new Error(`no line: ${text}`);
    return JSON.parse(found) as { listeners: { http: string } };
  });
  await (await fetch(`http://${ready.listeners.http}/seen`)).text();
  await eventually(() => /^<6>\{"time".*"path":"\/seen"/m.test(text));
  child.kill('SIGUSR1');
  await eventually(() => /^<6>\{.*"Garbage collected"/m.test(text) && /"worker":0/.test(text));
  child.kill('SIGTERM');
  await once(child, 'exit');
  await eventually(() => /"Stopped"/.test(text));
  for (const line of text.trimEnd().split('\n')) assert.match(line, /^<[3467]>\{/);
});

test('on TERM and after a reload to another format no line is lost, and each file has one format', async (t) => {
  const folder = testFolder(t);
  const config = (format: string) =>
    staticConfig(
      'hello',
      `observability { logging { access-log { file "${folder}/${format}.log"; format "${format}" } } }`,
    );
  const daemon = await startDaemonProcess(t, {
    folder,
    config: config('json').replace('127.0.0.1:0', `unix:${folder}/http.sock`),
  });
  const ask = () =>
    execFileSync('curl', ['-s', '--unix-socket', `${folder}/http.sock`, 'http://a.test/'], { encoding: 'utf8' });
  for (let n = 0; n < 5; n++) ask();
  daemon.writeConfig(config('combined').replace('127.0.0.1:0', `unix:${folder}/http.sock`));
  await daemon.client.call('config-reload');
  for (let n = 0; n < 5; n++) ask();
  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.ended()).code, 0);
  const lines = (format: string) =>
    readFileSync(join(folder, `${format}.log`), 'utf8')
      .trimEnd()
      .split('\n');
  assert.deepEqual([lines('json').length, lines('combined').length], [5, 5]);
  assert.ok(lines('json').every((line) => line.startsWith('{')));
  assert.ok(lines('combined').every((line) => line.includes('"GET / HTTP/1.1" 200')));
});
