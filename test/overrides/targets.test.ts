/** Targets that come, go and weigh otherwise while the daemon runs, or in its file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { AdminRefusal } from '../../src/admin/client/client.ts';
import type { TargetQuery, TargetRequest } from '../../src/admin/contract/override-shapes.ts';
import { type DaemonProcess, startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

interface Target {
  readonly address: string;
  /** Answers what waits. */
  release(): void;
}

async function target(t: TestContext): Promise<Target> {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const answer = () => response.end(`127.0.0.1:${port}`);
    if (request.url === '/held') void held.then(answer);
    else answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    release();
    server.closeAllConnections();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, release: () => release() };
}

function configOf(targets: readonly Target[]): string {
  return `// The application.
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "app" }
upstream "app" {
    health-check { type "tcp"; interval-secs 1; healthy-threshold 1 }
    targets {
${targets.map(({ address }) => `        target "${address}" weight=1 // kept`).join('\n')}
    }
}
`;
}

const params = { name: 'app' };
const add = (daemon: DaemonProcess, body: TargetRequest) => daemon.client.call('target-add', { params, body });
const weigh = (daemon: DaemonProcess, body: TargetRequest) => daemon.client.call('target-weight', { params, body });
const remove = (daemon: DaemonProcess, query: TargetQuery) => daemon.client.call('target-remove', { params, query });

async function answering(daemon: DaemonProcess): Promise<string[]> {
  const ask = async () => (await fetch(daemon.url(), { headers: { connection: 'close' } })).text();
  return [...new Set(await Promise.all(Array.from({ length: 12 }, ask)))].toSorted();
}

async function healthy(daemon: DaemonProcess, count: number): Promise<void> {
  await eventually(async () => {
    const { targets } = (await daemon.client.call('upstream', { params })).data;
    assert.equal(targets.filter(({ verdict }) => verdict === 'healthy').length, count);
  });
}

function refused(code: string, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.equal((error as AdminRefusal).code, code);
    assert.match((error as AdminRefusal).message, words);
    return true;
  };
}

test('an added target is checked and takes requests; a removed one takes none, and finishes what it has', async (t) => {
  const [first, second] = [await target(t), await target(t)];
  const daemon = await startDaemonProcess(t, { config: configOf([first]) });
  const added = (await add(daemon, { address: second.address, weight: 1 })).data;
  assert.deepEqual([added.taken_back, added.written, added.overrides[0]?.expires_at], [false, null, null]);
  await healthy(daemon, 2);
  assert.deepEqual(await answering(daemon), [first.address, second.address].toSorted());
  await assert.rejects(add(daemon, { address: second.address }), refused('SNT-A037', /has the target .* already/));

  const held = Array.from({ length: 4 }, () => fetch(`${daemon.url()}/held`).then((reply) => reply.text()));
  await eventually(async () => assert.equal((await daemon.client.call('inflight')).data.requests.length, 4));
  const back = (await remove(daemon, { address: second.address })).data;
  assert.equal(back.taken_back, true, 'it was there by an override alone');
  assert.deepEqual(await answering(daemon), [first.address]);
  second.release();
  first.release();
  const answers = new Set(await Promise.all(held));
  assert.ok(answers.has(second.address), 'what was under way ended as it would');
});

test('a target of the file goes and comes back; the last one, and one too many, go only by name', async (t) => {
  const [first, second] = [await target(t), await target(t)];
  const daemon = await startDaemonProcess(t, { workers: 1, config: configOf([first, second]) });
  await healthy(daemon, 2);
  await remove(daemon, { address: first.address });
  assert.deepEqual(await answering(daemon), [second.address]);
  await assert.rejects(
    remove(daemon, { address: first.address }),
    refused('SNT-A037', /no target .* of its own; it has/),
  );
  await assert.rejects(
    remove(daemon, { address: second.address }),
    refused('SNT-A036', /would leave app without a target/),
  );
  await assert.rejects(weigh(daemon, { address: second.address, weight: 0 }), refused('SNT-A036', /would leave app/));
  await remove(daemon, { address: second.address, confirm: second.address });
  assert.equal((await fetch(daemon.url())).status, 503);
  assert.equal((await add(daemon, { address: first.address })).data.taken_back, true);
  assert.deepEqual(await answering(daemon), [first.address]);
  await assert.rejects(
    daemon.client.call('target-add', { params: { name: 'nothing' }, body: { address: first.address } }),
    refused('SNT-A034', /there is no upstream nothing; there is app/),
  );
  await assert.rejects(add(daemon, { address: 'nowhere' }), refused('SNT-A008', /is no target, expected an address/));
});

test('what is to last is written into the file, one line, and the override of it ends', async (t) => {
  const [first, second] = [await target(t), await target(t)];
  const daemon = await startDaemonProcess(t, { workers: 1, config: configOf([first]) });
  const before = readFileSync(daemon.configFile, 'utf8');
  await add(daemon, { address: second.address });
  await weigh(daemon, { address: first.address, weight: 4 });
  const written = (await weigh(daemon, { address: first.address, weight: 3, persist: true })).data;
  assert.deepEqual(
    written.written?.diff.map((line) => line.trim().slice(0, 1)),
    ['-', '+'],
  );
  const lines = readFileSync(daemon.configFile, 'utf8');
  assert.equal(lines, before.replace('weight=1', 'weight=3'), 'comments and layout are as they were');
  const left = (await daemon.client.call('overrides')).data.overrides;
  assert.deepEqual(
    left.map(({ kind, subject }) => [kind, subject]),
    [['target', `app/${second.address}`]],
  );
  const { targets } = (await daemon.client.call('upstream', { params })).data;
  assert.deepEqual(Object.fromEntries(targets.map(({ address, weight }) => [address, weight])), {
    [first.address]: 3,
    [second.address]: 1,
  });
  await remove(daemon, { address: second.address });
  await healthy(daemon, 1);
  await add(daemon, { address: second.address, persist: true });
  assert.match(readFileSync(daemon.configFile, 'utf8'), new RegExp(second.address.replaceAll('.', '\\.')));
  await remove(daemon, { address: second.address, persist: '1' });
  assert.equal(readFileSync(daemon.configFile, 'utf8'), lines);
  assert.deepEqual((await daemon.client.call('overrides')).data.overrides, []);
});
