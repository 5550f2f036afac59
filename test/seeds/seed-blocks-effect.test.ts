/**
 * Every piece of configuration that the seed runbooks print does, as printed, what the runbook says: it is pasted into a
 * file with a service behind it, and its effect is seen from outside.
 */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type LoadedConfig, loadConfigText } from '../../src/config/load.ts';
import { effectiveSettings } from '../../src/config/origin.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { startPlane } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { answering, deadPort, type Origin, ok, type Script, startOrigin } from '../helpers/origin.ts';
import { get, RawClient, type RawResponse } from '../helpers/raw-http.ts';
import { seedBlocks, seedFiles } from './seed-blocks.ts';

/** A listener, and a service that takes what no other route takes. */
function around(port: number): string {
  return `
listener "http" { address "127.0.0.1:0" }
route "everything" { priority "low"; upstream "service" }
upstream "service" { target "127.0.0.1:${port}" }
`;
}

function upstreamAt(name: string, ...ports: readonly number[]): string {
  return `upstream "${name}" {\n${ports.map((port) => `target "127.0.0.1:${port}"`).join('\n')}\n}\n`;
}

interface Pasted {
  readonly daemon: DaemonProcess;
  readonly service: Origin;
  readonly port: number;
  client(): Promise<RawClient>;
  /** One request on a connection of its own. */
  ask(path?: string): Promise<RawResponse>;
}

/** A daemon whose file begins with the block, as an emergency block is put before a file. */
async function paste(
  t: TestContext,
  text: string,
  more = '',
  script: Script = answering(ok('service')),
  workers = 2,
): Promise<Pasted> {
  const service = await startOrigin(t, script);
  const daemon = await startDaemonProcess(t, { workers, config: `${text}\n${around(service.port)}\n${more}` });
  const port = Number(new URL(daemon.url()).port);
  const client = (): Promise<RawClient> => RawClient.connect(t, port);
  return {
    daemon,
    service,
    port,
    client,
    async ask(path = '/') {
      const asking = await client();
      asking.send(get(path, 'Connection: close'));
      const response = await asking.response();
      asking.socket.destroy();
      return response;
    },
  };
}

/** What so many requests bring, one after the other on one connection. */
async function answers(client: RawClient, count: number): Promise<RawResponse[]> {
  const seen: RawResponse[] = [];
  for (let sent = 0; sent < count; sent++) {
    client.send(get('/'));
    seen.push(await client.response());
  }
  return seen;
}

async function statuses(client: RawClient, count: number): Promise<number[]> {
  return (await answers(client, count)).map(({ status }) => status);
}

/** Of so many idle connections none is refused, and the next one is. */
async function refusesAfter(t: TestContext, text: string, count: number): Promise<void> {
  const { client, ask, service } = await paste(t, text);
  const held: RawClient[] = [];
  // Some at once: the first must not be idle for too long when the last comes.
  while (held.length < count) {
    held.push(...(await Promise.all(Array.from({ length: Math.min(50, count - held.length) }, client))));
  }
  const [first] = held;
  const last = held.at(-1);
  assert.ok(first !== undefined && last !== undefined);
  assert.deepEqual(await statuses(first, 1), [200]);
  assert.deepEqual(await statuses(last, 1), [200]);
  const surplus = await client();
  surplus.send(get('/'));
  const refusal = await surplus.response();
  assert.equal(refusal.status, 503);
  assert.match(refusal.header('Proxy-Status') ?? '', /connection_limit_reached/);
  await surplus.closed();
  assert.equal(service.requests.length, 2, 'the service is not asked');
  last.socket.destroy();
  await eventually(async () => (await ask()).status === 200);
}

/** Of many requests at once a burst passes, and the rest is told when to come again. */
async function limitsRate(t: TestContext, text: string, burst: number): Promise<void> {
  const { client, service } = await paste(t, text);
  const clients = await Promise.all(Array.from({ length: 10 }, client));
  const seen = (await Promise.all(clients.map((one) => answers(one, burst)))).flat();
  const passed = seen.filter(({ status }) => status === 200);
  const refused = seen.filter(({ status }) => status === 429);
  assert.ok(passed.length >= burst, `only ${passed.length} passed`);
  assert.ok(refused.length > 0, 'none was refused');
  assert.equal(passed.length + refused.length, seen.length);
  for (const refusal of refused) assert.match(refusal.header('Retry-After') ?? '', /^[1-9]\d*$/);
  assert.equal(service.requests.length, passed.length, 'the service is asked for those that pass');
}

/** A healthy target that begins to fail its checks gets no more requests once so many have failed, and not before. */
async function marksAfter(t: TestContext, text: string, failures: number): Promise<void> {
  let failing = false;
  let failed = 0;
  const sick = await startOrigin(t, {
    request({ target, connection }) {
      if (failing && target === '/health') failed++;
      const status = failing && target === '/health' ? '500 Sick' : '200 OK';
      connection.send(`HTTP/1.1 ${status}\r\nContent-Length: 4\r\n\r\nsick`);
    },
  });
  const pool = `route "pool" { matches { path-prefix "/pool" }; upstream "pool" }`;
  const well = await startOrigin(t, answering(ok('well')));
  const { daemon, ask } = await paste(t, text, `${pool}\n${upstreamAt('pool', sick.port, well.port)}`);
  const verdict = async (): Promise<string | undefined> => {
    const { data } = await daemon.client.call('upstream-health', { params: { name: 'pool' } });
    return data.upstreams[0]?.targets.find(({ address }) => address.endsWith(`:${sick.port}`))?.verdict;
  };
  await eventually(async () => (await verdict()) === 'healthy');
  failing = true;
  while (failed < failures) {
    const judged = await verdict();
    // A check of its own accord may have come in between.
    if (failed < failures) assert.equal(judged, 'healthy', `after ${failed} failures`);
    await daemon.client.call('upstream-check', { params: { name: 'pool' } });
  }
  await eventually(async () => (await verdict()) === 'unhealthy');
  await eventually(async () => {
    const bodies = [await ask('/pool'), await ask('/pool'), await ask('/pool'), await ask('/pool')];
    return bodies.every((response) => response.text === 'well');
  });
}

/** A plane under the block whose time stands still, and a request that its only target has. */
async function waiting(t: TestContext, text: string, script: Script) {
  const clock = new ManualClock();
  const target = await startOrigin(t, script);
  const loaded = loadConfigText(`${text}\n${around(target.port)}`);
  assert.equal(loaded.kind, 'ok');
  const plane = await startPlane(t, (loaded as LoadedConfig).config, clock);
  const asking = await RawClient.connect(t, plane.port);
  asking.send(get('/'));
  await target.request();
  return {
    asking,
    /** Lets the time pass, and all that comes of it happen. */
    async pass(seconds: number): Promise<void> {
      clock.advance(seconds * 1000);
      const other = await RawClient.connect(t, plane.port);
      other.send(get('/health'));
      assert.equal((await other.response()).status, 200);
    },
  };
}

/** A target that says nothing is given up after so many seconds and not before. */
async function givesUpAfter(t: TestContext, text: string, seconds: number): Promise<void> {
  const { asking, pass } = await waiting(t, text, {});
  await pass(seconds - 1);
  assert.equal(asking.received.length, 0, 'given up too early');
  await pass(2);
  assert.equal((await asking.response()).status, 504);
}

/** A body that stops in the middle is given up after so many seconds and not before. */
async function cutsAfter(t: TestContext, text: string, seconds: number): Promise<void> {
  const half = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf';
  const { asking, pass } = await waiting(t, text, answering(half));
  await asking.until('the first half', () => (asking.received.includes('\r\n\r\nhalf') ? true : undefined));
  await pass(seconds - 1);
  assert.equal(asking.ending, null, 'cut too early');
  await pass(2);
  await asking.cutResponse();
}

/** What is printed is the default too: that the block says it, and not the default, shows in where it comes from. */
function comesFromBlock(text: string, path: string): void {
  const loaded = loadConfigText(`${text}\n${around(1)}`);
  assert.equal(loaded.kind, 'ok');
  const setting = effectiveSettings(loaded as LoadedConfig).find((one) => one.path === path);
  assert.ok(setting?.origin !== null && (setting?.origin.line ?? Infinity) <= text.split('\n').length);
}

/** Everything is answered with 503 by the proxy itself, but for its own health. */
async function answersForAll(t: TestContext, text: string, retryAfter: string, type: RegExp): Promise<void> {
  const { ask, service } = await paste(t, text, 'route "api" { matches { path-prefix "/api/" }; upstream "service" }');
  for (const path of ['/', '/api/orders', '/no/such/page']) {
    const response = await ask(path);
    assert.equal(response.status, 503, path);
    assert.equal(response.header('Retry-After'), retryAfter);
    assert.match(response.header('Content-Type') ?? '', type);
  }
  assert.equal((await ask('/health')).status, 200);
  assert.equal(service.requests.length, 0);
}

const effects: Readonly<Record<string, (t: TestContext, text: string) => Promise<void>>> = {
  'operational-runbook.md:154 health-check': (t, text) => marksAfter(t, text, 3),

  async 'operational-runbook.md:204 route'(t, text) {
    const api = await startOrigin(t, answering(ok('api')));
    const { ask } = await paste(t, text, upstreamAt('api-backend', api.port));
    assert.equal((await ask('/new-api/orders')).text, 'api');
    assert.equal((await ask('/new-apix')).text, 'service');
    await givesUpAfter(t, `${text}\n${upstreamAt('api-backend', (await startOrigin(t, {})).port)}`, 30);
  },

  async 'operational-runbook.md:227 upstream'(t, text) {
    const { daemon } = await paste(t, text);
    const { data } = await daemon.client.call('upstream', { params: { name: 'api-backend' } });
    assert.deepEqual(
      data.targets.map(({ address, weight }) => [address, weight]),
      [['10.1.1.12:8080', 1]],
    );
  },

  async 'operational-runbook.md:247 target'(t, text) {
    const policies = ['round_robin', 'weighted', 'least_connections', 'ip_hash', 'random', 'p2c', 'peak_ewma'];
    const names = [...policies, 'consistent_hash', 'sticky'];
    const stays = await startOrigin(t, answering(ok('stays')));
    const drained = names.map(
      (name) => `
route "${name}" { matches { path "/${name}" }; upstream "${name}" }
upstream "${name}" {
    load-balancing "${name}"
    targets {
        ${text}
        target "127.0.0.1:${stays.port}"
    }
}`,
    );
    const { ask } = await paste(t, '', drained.join('\n'));
    for (const name of names) {
      const asked = Array.from({ length: 8 }, () => ask(`/${name}`));
      for (const response of await Promise.all(asked)) assert.equal(response.text, 'stays', name);
    }
  },

  async 'operational-runbook.md:393 server'(t, text) {
    const folder = testFolder(t);
    const service = await startOrigin(t);
    const own = `observability { admin { socket "${join(folder, 'admin.sock')}" }; metrics { address "127.0.0.1:0" } }`;
    // The PID file of the machine is that of a daemon that runs here already, if one does.
    const beside = text.replace('server {', `server {\n    pid-file "${join(folder, 'sentinel.pid')}"`);
    const daemon = await startDaemonProcess(t, {
      folder,
      bare: true,
      config: `${beside}\n${around(service.port)}\n${own}\n`,
    });
    const { data } = await daemon.client.call('status');
    assert.equal(data.workers.length, availableParallelism());
    const { data: inForce } = await daemon.client.call('config');
    assert.match(inForce.text, /^ {4}max-connections 50000\b/m);
  },

  async 'operational-runbook.md:399 connection-pool'(t, text) {
    comesFromBlock(text, 'upstreams.service.connection-pool.max-connections');
    // One worker: of two, one may close a connection so that the other, whose requests wait, can open one in its place.
    const { client, service } = await paste(t, text, '', {}, 1);
    const clients = await Promise.all(Array.from({ length: 230 }, client));
    for (const one of clients) one.send(get('/'));
    await eventually(() => service.requests.length >= 200);
    for (const { connection } of [...service.requests]) connection.send(ok());
    for (let answered = 200; answered < 230; answered++) (await service.request(answered)).connection.send(ok());
    for (const one of clients) assert.equal((await one.response()).status, 200);
    assert.equal(service.connections.length, 200, 'the rest waited for one of these');
    await eventually(() => service.open <= 50);
  },

  async 'operational-runbook.md:406 timeouts'(t, text) {
    comesFromBlock(text, 'upstreams.service.timeouts.request-secs');
    await givesUpAfter(t, text, 30);
    await cutsAfter(t, text, 15);
  },

  'operational-runbook.md:444 route': (t, text) => answersForAll(t, text, '60', /^text\/plain/),
  'operational-runbook.md:458 limits': (t, text) => refusesAfter(t, text, 1000),
  'operational-runbook.md:476 policies': (t, text) => limitsRate(t, text, 10),
  'operational-runbook.md:567 route': (t, text) => answersForAll(t, text, '900', /^text\/html/),
  'incident-response-runbook.md:165 health-check': (t, text) => marksAfter(t, text, 5),

  async 'incident-response-runbook.md:173 route'(t, text) {
    const backup = await startOrigin(t, answering(ok('backup')));
    const both = upstreamAt('primary-backend', await deadPort()) + upstreamAt('backup-backend', backup.port);
    const { ask } = await paste(t, text, both);
    // The first ones find out; once the breaker of the only target is open, the fallback takes all.
    await eventually(async () => (await ask()).text === 'backup');
    for (let asked = 0; asked < 10; asked++) assert.equal((await ask()).text, 'backup');
  },

  async 'incident-response-runbook.md:229 timeouts'(t, text) {
    await givesUpAfter(t, text, 60);
    await cutsAfter(t, text, 30);
  },

  'incident-response-runbook.md:236 rate-limit': (t, text) => limitsRate(t, text, 50),
  'incident-response-runbook.md:269 limits': (t, text) => refusesAfter(t, text, 50),
  'incident-response-runbook.md:384 policies': (t, text) => limitsRate(t, text, 5),

  async 'incident-response-runbook.md:403 security'(t, text) {
    const { client, service } = await paste(t, text);
    const asking = await client();
    let page: RawResponse;
    // A slow machine earns a few more while it asks: the threshold is a rate.
    do {
      asking.send(get('/', 'Accept: text/html'));
      page = await asking.response();
    } while (page.status === 200 && service.requests.length < 200);
    assert.equal(page.status, 403);
    assert.match(page.header('Content-Type') ?? '', /^text\/html/);
    assert.match(page.text, /<script/);
    assert.ok(service.requests.length >= 100, `only ${service.requests.length} passed`);
  },

  async 'incident-response-runbook.md:411 limits'(t, text) {
    await refusesAfter(t, text, 10);
    const { client } = await paste(t, text);
    const asking = await client();
    assert.deepEqual(new Set(await statuses(asking, 100)), new Set([200]));
    assert.equal(await asking.closed(), 'end', 'the hundredth request is the last of its connection');
  },

  'incident-response-page.md:191 limits': (t, text) => refusesAfter(t, text, 50),
};

const blocks = seedFiles.flatMap(seedBlocks);

for (const { name, text } of blocks) {
  test(`${name} takes effect as printed`, async (t) => {
    const effect = effects[name];
    assert.ok(effect !== undefined, 'nothing observes it');
    await effect(t, text);
  });
}

test('every effect belongs to a block of the seeds', () => {
  const names = blocks.map(({ name }) => name);
  assert.deepEqual(Object.keys(effects).sort(), names.sort());
});
