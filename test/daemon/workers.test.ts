/** Workers that die or hang are replaced; the others go on, nothing that was held is lost, and a hopeless case ends the process. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { instanceFolder } from '../../src/base/state-folder.ts';
import { readRunRecord } from '../../src/history/run-record.ts';
import { type DaemonProcess, launchDaemon, staticConfig, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

const faultyEntry = new URL('./workers/faulty.ts', import.meta.url);

async function faultyDaemon(
  t: TestContext,
  config: string,
  folder = testFolder(t),
): Promise<{ daemon: DaemonProcess; fault(worker: number, word: string): void }> {
  const order = join(folder, 'fault');
  const daemon = await startDaemonProcess(t, {
    folder,
    config,
    workerEntry: faultyEntry,
    environment: { SENTINEL_TEST_FAULT: order },
  });
  return {
    daemon,
    fault(worker, word) {
      writeFileSync(`${order}.draft`, word);
      renameSync(`${order}.draft`, `${order}.${worker}`);
    },
  };
}

for (const word of ['throw', 'exit', 'spin']) {
  test(`a worker that is told to ${word} is replaced and the daemon is ready again with both`, async (t) => {
    const { daemon, fault } = await faultyDaemon(t, staticConfig());
    fault(1, word);
    const death = await daemon.line('Worker died');
    assert.equal(death['worker'], 1);
    assert.equal(death['restart_in_ms'], 0, 'the first replacement is immediate');
    const reasons: Record<string, RegExp> = { throw: /told to throw/, exit: /code 3/, spin: /no heartbeat for 5 s/ };
    assert.match(String(death['reason']), reasons[word] as RegExp);
    await daemon.line('Worker replaced');
    const { data } = await daemon.client.call('status');
    assert.deepEqual(
      data.workers.map(({ alive, restarts }) => ({ alive, restarts })),
      [
        { alive: true, restarts: 0 },
        { alive: true, restarts: 1 },
      ],
    );
    const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
    assert.match(metrics, /^sentinel_worker_restarts_total\{worker="1"\} 1$/m);
    assert.match(metrics, /^sentinel_workers\{state="serving"\} 2$/m);
    assert.equal((await fetch(daemon.url())).status, 200);
  });
}

test('what a dead worker held of shared counts is given back, and what it counted is kept', async (t) => {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const { daemon, fault } = await faultyDaemon(
    t,
    `listener "http" { address "127.0.0.1:0" }
     route "fixed" { matches { path "/fixed" }; upstream "fixed" }
     route "all" { upstream "silent" }
     upstream "fixed" { static { status 200; body "hello" } }
     upstream "silent" { target "127.0.0.1:${(server.address() as AddressInfo).port}" }`,
  );
  for (let n = 0; n < 10; n++)
    await (await fetch(`${daemon.url()}/fixed`, { headers: { connection: 'close' } })).text();
  for (let n = 0; n < 16; n++) {
    const client = connect(Number(new URL(daemon.url()).port), '127.0.0.1').on('error', () => {});
    t.after(() => client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  }
  const counts = async () => (await daemon.client.call('status')).data.counts;
  await eventually(async () => (await counts()).in_flight_requests === 16);
  fault(0, 'throw');
  fault(1, 'throw');
  await daemon.line('Worker replaced', 2);
  const after = await counts();
  assert.equal(after.in_flight_requests, 0);
  assert.equal(after.open_connections, 0);
  assert.ok(after.requests_total >= 10, 'finished requests stay counted');
  assert.equal(after.connections_total, 26);
  const { data } = await daemon.client.call('upstreams');
  const target = data.upstreams.find(({ name }) => name === 'silent')?.targets[0];
  assert.deepEqual([target?.in_flight, target?.connections, target?.pending], [0, 0, 0]);
});

test('a breaker whose trials died with their workers lets others try when their time is over', async (t) => {
  let answer: 'bad' | 'none' | 'good' = 'bad';
  let held = 0;
  const server = createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', () => {
        if (answer === 'none') held++;
        else socket.write(`HTTP/1.1 ${answer === 'good' ? 200 : 500} -\r\nContent-Length: 0\r\n\r\n`);
      });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const { daemon, fault } = await faultyDaemon(
    t,
    `listener "http" { address "127.0.0.1:0" }
     route "all" { upstream "one" }
     upstream "one" {
       target "127.0.0.1:${(server.address() as AddressInfo).port}"
       circuit-breaker { failure-threshold 1; success-threshold 1; timeout-secs 1; half-open-max-requests 1 }
     }`,
  );
  const ask = async () => (await fetch(daemon.url(), { headers: { connection: 'close' } })).status;
  assert.equal(await ask(), 500);
  await daemon.line('Circuit breaker opened');
  answer = 'none';
  // One of these becomes the trial, and never gets an answer.
  await eventually(() => {
    const client = connect(Number(new URL(daemon.url()).port), '127.0.0.1').on('error', () => {});
    t.after(() => client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    return held > 0;
  });
  answer = 'good';
  fault(0, 'throw');
  fault(1, 'throw');
  await daemon.line('Worker replaced', 2);
  await eventually(async () => (await ask()) === 200);
  await daemon.line('Circuit breaker closed');
});

test('requests of the other worker do not notice a death', async (t) => {
  const { daemon, fault } = await faultyDaemon(t, staticConfig());
  const ready = new Set<number>();
  // Keep-alive connections stay with the worker that accepted them: after the death those of the other still answer.
  const port = Number(new URL(daemon.url()).port);
  const sockets = await Promise.all(
    Array.from({ length: 24 }, async (_, index) => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      t.after(() => socket.destroy());
      socket.on('data', () => ready.add(index));
      await once(socket, 'connect');
      return socket;
    }),
  );
  for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => ready.size === sockets.length);
  fault(0, 'throw');
  await daemon.line('Worker replaced');
  const alive = sockets.filter((socket) => !socket.destroyed && socket.readyState === 'open');
  assert.ok(
    alive.length > 0 && alive.length < sockets.length,
    `${alive.length} of ${sockets.length} belong to the other worker`,
  );
  ready.clear();
  for (const socket of alive) socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => ready.size === alive.length);
});

test('the access log lines of a dead worker are written by the main thread', async (t) => {
  const folder = testFolder(t);
  const log = join(folder, 'access.log');
  const config = staticConfig('hello', `observability { logging { access-log { file "${log}" } } }`);
  const { daemon, fault } = await faultyDaemon(t, config, folder);
  await fetch(`${daemon.url()}/first`);
  fault(0, 'throw');
  fault(1, 'throw');
  await daemon.line('Worker replaced', 2);
  await eventually(() => readFileSync(log, 'utf8').includes('"path":"/first"'));
});

test('workers that cannot live at all end the process with code 70', async (t) => {
  const daemon = await startDaemonProcess(t, { workerEntry: new URL('./workers/dead.ts', import.meta.url) });
  assert.equal((await daemon.ended()).code, 70);
  const deaths = daemon.lines().filter(({ message }) => message === 'Worker died');
  assert.equal(deaths.length, 20);
  assert.ok((deaths.at(-1)?.['restart_in_ms'] as number) > 0, 'later replacements wait');
  assert.ok(daemon.output().includes('SNT-P008'));
  const record = readRunRecord(instanceFolder(join(daemon.folder, 'sentinel'), daemon.configFile)).value;
  assert.deepEqual([record?.ended?.exit_code, record?.ended?.code], [70, 'SNT-P008']);
});

test('a worker that dies before it has a plan fails the start in one line', async (t) => {
  const daemon = launchDaemon(t, { workerEntry: new URL('./workers/none.ts', import.meta.url) });
  assert.equal((await daemon.ended()).code, 1);
  assert.match(
    daemon.errors(),
    /^the workers could not start: the worker died: .*Cannot find module.*none\.ts[^\n]*\n$/,
  );
  assert.deepEqual(
    readdirSync(daemon.folder).filter((name) => name !== 'auth'),
    // The first is the folder of state, with the refusal in it.
    ['sentinel', 'sentinel.kdl'],
  );
});

test('a unix listener outlives its worker, its reloads and a kill -9 of the daemon', async (t) => {
  const folder = testFolder(t);
  const path = join(folder, 'traffic.sock');
  const config = staticConfig().replace('127.0.0.1:0', `unix:${path}`);
  const { daemon, fault } = await faultyDaemon(t, config, folder);
  const answers = () =>
    new Promise((resolve, reject) => {
      const call = request({ socketPath: path, path: '/', agent: false }, (reply) =>
        resolve(reply.resume().statusCode),
      );
      call.once('error', reject).end();
    });
  assert.equal(await answers(), 200);
  fault(0, 'throw');
  await daemon.line('Worker replaced');
  assert.equal(await eventually(answers), 200);
  fault(0, 'spin');
  await daemon.line('Worker replaced', 2);
  assert.equal(await eventually(answers), 200);
  await daemon.client.call('config-reload');
  assert.equal(await answers(), 200);
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  assert.ok(existsSync(path));
  const next = await startDaemonProcess(t, { folder, config });
  assert.equal(await answers(), 200);
  next.child.kill('SIGTERM');
  await next.ended();
  assert.equal(existsSync(path), false);
});

test('a forced stop loses no line of the access log that a worker had not written yet', async (t) => {
  const folder = testFolder(t);
  const log = join(folder, 'access.log');
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const daemon = await startDaemonProcess(t, {
    folder,
    config: `
listener "http" { address "127.0.0.1:0" }
route "silent" { matches { path "/silent" }; upstream "silent" }
route "fixed" { upstream "fixed" }
upstream "fixed" { static { status 200; body "hello" } }
upstream "silent" { target "127.0.0.1:${(server.address() as AddressInfo).port}" }
observability { logging { access-log { file "${log}" } } }`,
  });
  const held = connect(Number(new URL(daemon.url()).port), '127.0.0.1').on('error', () => {});
  t.after(() => held.destroy());
  held.write('GET /silent HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(async () => (await daemon.client.call('status')).data.counts.in_flight_requests === 1);
  for (let n = 0; n < 20; n++) await (await fetch(`${daemon.url()}/line-${n}`)).text();
  daemon.child.kill('SIGTERM');
  await daemon.line('Draining');
  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.ended()).code, 1);
  const text = readFileSync(log, 'utf8');
  for (let n = 0; n < 20; n++) assert.ok(text.includes(`"path":"/line-${n}"`), `line ${n}`);
});
