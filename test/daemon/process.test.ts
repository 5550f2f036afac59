/** The process as the machine sees it: its name, its signals, its standard output. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DaemonProcess, staticConfig, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

function shell(line: string): string {
  return execFileSync('sh', ['-c', line], { encoding: 'utf8' });
}

/** Ports that the process listens on. */
function ports(daemon: DaemonProcess): string[] {
  return [...shell('ss -tlnpH').matchAll(/^LISTEN\s+\d+\s+\d+\s+(\S+).*pid=(\d+)/gm)]
    .filter(([, , pid]) => pid === String(daemon.pid))
    .map(([, address]) => address as string)
    .sort();
}

for (const title of ['sentinel', 'sentinel-proxy']) {
  test(`the runbooks' lines find a daemon that was started as ${title}`, async (t) => {
    const daemon = await startDaemonProcess(t, { title });
    const pid = String(daemon.pid);
    const { port } = new URL(daemon.url());
    assert.ok(shell(`pidof ${title}`).trim().split(' ').includes(pid));
    assert.match(shell(`ps aux | grep ${title}`), new RegExp(`^\\S+ +${pid} .* ${title}`, 'm'));
    assert.match(shell('ss -tlnp | grep sentinel'), new RegExp(`127\\.0\\.0\\.1:${port}\\b.*"${title}",pid=${pid}`));
    const kept = await fetch(daemon.url(), { headers: { connection: 'keep-alive' } });
    await kept.text();
    assert.match(shell('ss -tnp | grep sentinel'), new RegExp(`127\\.0\\.0\\.1:${port}\\b.*"${title}",pid=${pid}`));
    assert.match(shell(`pmap -x $(pidof ${title}) | tail -n 1`), /^total kB +\d+/);
    assert.match(
      shell(`TERM=dumb top -b -n 1 -p $(pidof ${title} | tr ' ' ,)`),
      new RegExp(`^ *${pid} .* sentinel`, 'm'),
    );
    shell(`kill -HUP $(cat ${join(daemon.folder, 'sentinel.pid')})`);
    await daemon.line('Configuration reload completed');
    shell(`kill -TERM $(cat ${join(daemon.folder, 'sentinel.pid')})`);
    assert.equal((await daemon.ended()).code, 0);
  });
}

for (const nodeFlags of [['--inspect-port=no..inspector:9229'], []]) {
  test(`USR1 logs at debug level, collects garbage and opens no inspector (${nodeFlags.join() || 'without the launcher'})`, async (t) => {
    const daemon = await startDaemonProcess(t, { nodeFlags });
    const before = ports(daemon);
    daemon.child.kill('SIGUSR1');
    await daemon.line('Debug logging switched on');
    await daemon.line('Garbage collected', 3);
    const collected = daemon.lines().filter(({ message }) => message === 'Garbage collected');
    assert.deepEqual(new Set(collected.map((line) => line['worker'])), new Set([undefined, 0, 1]), 'in every thread');
    assert.ok(collected.every((line) => (line['freed_bytes'] as number) >= 0));
    assert.deepEqual(ports(daemon), before);
    assert.equal(/inspector|debugger/i.test(daemon.output() + daemon.errors()), false);
    daemon.child.kill('SIGUSR2');
    const off = await daemon.line('Debug logging switched off');
    assert.equal(off['actor'], 'signal USR2');
    assert.equal((await fetch(daemon.url())).status, 200);
  });
}

test('USR1 a hundred times under load opens no port, costs no request, and USR2 ends the debug logging', async (t) => {
  const daemon = await startDaemonProcess(t);
  const before = ports(daemon);
  let [answered, stop] = [0, false];
  const clients = Array.from({ length: 4 }, async () => {
    while (!stop) {
      assert.equal((await fetch(daemon.url())).status, 200);
      answered++;
    }
  });
  for (let n = 1; n <= 100; n++) {
    const goal = answered + 1;
    daemon.child.kill('SIGUSR1');
    await eventually(() => answered >= goal);
    if (n % 20 === 0) assert.deepEqual(ports(daemon), before);
  }
  await daemon.line('Garbage collected', 3);
  assert.equal(
    (await daemon.client.call('log-levels')).data.modules.find(({ module }) => module === 'data')?.level,
    'debug',
  );
  daemon.child.kill('SIGUSR2');
  await daemon.line('Debug logging switched off');
  assert.notEqual(
    (await daemon.client.call('log-levels')).data.modules.find(({ module }) => module === 'data')?.level,
    'debug',
  );
  stop = true;
  await Promise.all(clients);
  assert.deepEqual(ports(daemon), before);
  assert.equal(/inspector|debugger/i.test(daemon.output() + daemon.errors()), false);
});

test('PIPE is ignored', async (t) => {
  const daemon = await startDaemonProcess(t);
  daemon.child.kill('SIGPIPE');
  daemon.child.kill('SIGHUP');
  await daemon.line('Configuration reload completed');
  assert.equal((await fetch(daemon.url())).status, 200);
});

test('a reader of standard output that goes away costs lines, nothing else', async (t) => {
  const daemon = await startDaemonProcess(t);
  const [url, admin] = [daemon.url(), daemon.adminUrl()];
  daemon.child.stdout?.destroy();
  for (let n = 0; n < 3; n++) await daemon.client.call('config-reload');
  assert.equal((await fetch(url)).status, 200);
  const dropped = Number(
    /^sentinel_log_dropped_total (\d+)$/m.exec(await (await fetch(`${admin}/metrics`)).text())?.[1],
  );
  assert.ok(dropped >= 3, `${dropped} lines were counted as dropped`);
  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.ended()).code, 0);
});

test('a reader of standard output that stops reading blocks neither requests nor the admin API', async (t) => {
  const config = staticConfig('hello', 'observability { logging { access-log { file "stdout" } } }');
  const daemon = await startDaemonProcess(t, { config });
  const [url, admin] = [daemon.url(), daemon.adminUrl()];
  daemon.child.stdout?.pause();
  const query = 'x'.repeat(2000);
  const dropped = async () =>
    Number(/^sentinel_log_dropped_total (\d+)$/m.exec(await (await fetch(`${admin}/metrics`)).text())?.[1]);
  await eventually(async () => {
    for (let n = 0; n < 100; n++) assert.equal((await fetch(`${url}/?${query}`)).status, 200);
    return (await dropped()) > 0;
  });
  daemon.child.stdout?.resume();
  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.ended()).code, 0);
});

test('under the journal each line carries its priority', async (t) => {
  const folder = testFolder(t);
  const log = join(folder, 'out.log');
  const fd = openSync(log, 'a');
  const facts = fstatSync(fd);
  writeFileSync(join(folder, 's.kdl'), staticConfig());
  const options = {
    source: { kind: 'file', path: join(folder, 's.kdl') },
    title: 'sentinel-test',
    overrides: { workers: 1 },
    roots: { varLib: folder },
  };
  const child = spawn(
    process.execPath,
    [new URL('../helpers/daemon-entry.ts', import.meta.url).pathname, JSON.stringify(options)],
    {
      env: {
        JOURNAL_STREAM: `${facts.dev}:${facts.ino}`,
        SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'),
        SENTINEL_METRICS_ADDR: '127.0.0.1:0',
      },
      stdio: ['ignore', fd, 'inherit'],
    },
  );
  t.after(() => child.kill('SIGKILL'));
  await eventually(() => /^<6>\{"level":"INFO".*"Ready"/m.test(readFileSync(log, 'utf8')));
  writeFileSync(join(folder, 's.kdl'), 'nonsense');
  child.kill('SIGHUP');
  await eventually(() => /^<3>\{"level":"ERROR".*"Configuration reload failed"/m.test(readFileSync(log, 'utf8')));
});
