/** Targets that are names: whom they lead to, for how long an answer is good, and what stays when there is none. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test, { type TestContext } from 'node:test';
import { eventually } from '../helpers/eventually.ts';
import { discovered, discoveryScene, named } from './discovery-scene.ts';

test('each address of a name is a target that keeps the name as it is written, and its weight', async (t) => {
  const { apply, targets } = await discoveryScene(t, {
    zones: { 'api.internal': { a: ['10.0.0.10', '10.0.0.9'], ttl: 30 } },
  });
  const upstream = named('api.internal', 8080, 3);
  await apply(upstream);
  assert.deepEqual(targets(upstream), ['10.0.0.9:8080 api.internal:8080 3', '10.0.0.10:8080 api.internal:8080 3']);
});

test('an address that is no name stays as it is and asks nobody', async (t) => {
  const { apply, targets, dns } = await discoveryScene(t);
  const upstream = named('10.0.0.1');
  await apply(upstream);
  assert.deepEqual(targets(upstream), ['10.0.0.1:8080 10.0.0.1:8080 1']);
  assert.equal(dns.asked('10.0.0.1'), 0);
});

test('a name without A records has its AAAA records', async (t) => {
  const { apply, targets } = await discoveryScene(t, { zones: { six: { aaaa: ['fd00::1'], ttl: 30 } } });
  const upstream = named('six');
  await apply(upstream);
  assert.deepEqual(targets(upstream), ['[fd00::1]:8080 six:8080 1']);
});

test('two names for one address are one target', async (t) => {
  const { apply, targets } = await discoveryScene(t, { zones: { a: { a: ['10.0.0.1'] }, b: { a: ['10.0.0.1'] } } });
  const upstream = { ...named('a'), targets: [...named('a').targets, ...named('b').targets] };
  await apply(upstream);
  assert.deepEqual(targets(upstream), ['10.0.0.1:8080 a:8080 1']);
});

test('a name is asked for again when its TTL is over and not before', async (t) => {
  const { apply, dns, still, turn } = await discoveryScene(t, { zones: { api: { a: ['10.0.0.1'], ttl: 20 } } });
  await apply(named('api'));
  assert.equal(dns.asked('api'), 1);
  await still(19_999, 'api');
  await turn(1, 'api');
  assert.equal(dns.asked('api'), 2);
});

test('a TTL of 0 is asked for once a second', async (t) => {
  const { apply, dns, still, turn } = await discoveryScene(t, { zones: { api: { a: ['10.0.0.1'], ttl: 0 } } });
  await apply(named('api'));
  await still(999, 'api');
  await turn(1, 'api');
  await turn(1000, 'api');
  assert.equal(dns.asked('api'), 3);
});

test('a TTL of a day is not believed for longer than a minute', async (t) => {
  const { apply, dns, still, turn } = await discoveryScene(t, { zones: { api: { a: ['10.0.0.1'], ttl: 86_400 } } });
  await apply(named('api'));
  await still(59_999, 'api');
  await turn(1, 'api');
  assert.equal(dns.asked('api'), 2);
});

test('questions for names that were first asked for together drift apart, never before their time', async (t) => {
  const { apply, still, turn } = await discoveryScene(t, {
    zones: { api: { a: ['10.0.0.1'], ttl: 20 } },
    random: () => 0.5,
  });
  await apply(named('api'));
  await still(20_999, 'api');
  await turn(1, 'api');
});

test('a changed address has the plan made again, and says what came and what went', async (t) => {
  const scene = await discoveryScene(t, { zones: { api: { a: ['10.0.0.1', '10.0.0.2'], ttl: 5 } } });
  const upstream = named('api');
  await scene.apply(upstream);
  assert.deepEqual(scene.refreshes, []);
  scene.dns.set('api', { a: ['10.0.0.2', '10.0.0.3'], ttl: 5 });
  await scene.turn(5000, 'api');
  assert.deepEqual(scene.refreshes, ['addresses of api:8080']);
  assert.deepEqual(scene.targets(upstream), ['10.0.0.2:8080 api:8080 1', '10.0.0.3:8080 api:8080 1']);
  assert.deepEqual(scene.events, [
    { event: 'name_addresses', name: 'api:8080', added: ['10.0.0.3:8080'], removed: ['10.0.0.1:8080'] },
  ]);
});

test('the same addresses in another order are no change', async (t) => {
  const scene = await discoveryScene(t, { zones: { api: { a: ['10.0.0.1', '10.0.0.2'], ttl: 5 } } });
  await scene.apply(named('api'));
  scene.dns.set('api', { a: ['10.0.0.2', '10.0.0.1'], ttl: 5 });
  await scene.turn(5000, 'api');
  assert.deepEqual(scene.refreshes, []);
});

for (const [what, zone] of [
  ['does not exist any more', null],
  ['has no address any more', { a: [] }],
  ['meets a server that fails', { fault: 'servfail' }],
  ['meets a server that refuses', { fault: 'refused' }],
  ['meets a server that is silent', { fault: 'silence' }],
] as const) {
  test(`a name that ${what} keeps its last good addresses, with a warning until it resolves again`, async (t) => {
    const scene = await discoveryScene(t, { zones: { api: { a: ['10.0.0.1'], ttl: 5 } } });
    const upstream = named('api');
    await scene.apply(upstream);
    scene.dns.set('api', zone);
    await scene.turn(5000, 'api');
    assert.deepEqual(scene.targets(upstream), ['10.0.0.1:8080 api:8080 1']);
    assert.equal(scene.discovery.unresolved(upstream), null);
    assert.match(
      scene.warnings.texts.join(),
      /^api:8080 does not resolve: .*; 10\.0\.0\.1:8080 of the last good answer stays in use$/,
    );
    assert.deepEqual(scene.refreshes, []);
    scene.dns.set('api', { a: ['10.0.0.1'], ttl: 5 });
    await scene.turn(1000, 'api');
    assert.deepEqual(scene.warnings.texts, []);
    assert.equal(scene.events.at(-1)?.['event'], 'name_resolves');
  });
}

test('a name that never resolved has no target, is asked for less and less often, and comes back by itself', async (t) => {
  const scene = await discoveryScene(t);
  const upstream = named('api');
  await scene.apply(upstream);
  assert.deepEqual(scene.targets(upstream), []);
  assert.equal(scene.discovery.unresolved(upstream), 'dns_error');
  assert.match(
    scene.warnings.texts.join(),
    /^api:8080 does not resolve: api: the name does not exist .*; it has no target$/,
  );
  // Half of 1, 2, 4 … seconds at least, a minute at most.
  for (const waited of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    await scene.still(waited - 1, 'api');
    await scene.turn(1, 'api');
  }
  scene.dns.set('api', { a: ['10.0.0.1'], ttl: 5 });
  await scene.turn(30_000, 'api');
  assert.deepEqual(scene.targets(upstream), ['10.0.0.1:8080 api:8080 1']);
  assert.equal(scene.discovery.unresolved(upstream), null);
  assert.deepEqual(scene.refreshes, ['addresses of api:8080']);
});

test('a silent server makes the start wait for a bounded time, and says timeout', async (t) => {
  const scene = await discoveryScene(t, { zones: { api: { fault: 'silence' } } });
  const upstream = named('api');
  const applied = scene.apply(upstream);
  await eventually(() => scene.dns.asked('api') > 0);
  scene.clock.advance(2000);
  await applied;
  assert.equal(scene.discovery.unresolved(upstream), 'dns_timeout');
  await eventually(() => scene.warnings.texts.some((text) => text.includes('no answer in time')));
});

test('the hosts file comes before DNS and is read again when it changes', async (t) => {
  const scene = await discoveryScene(t, {
    zones: { api: { a: ['10.9.9.9'] } },
    hosts: '# by hand\n10.0.0.1\tAPI api.internal # trailing\n10.0.0.2 api\n',
  });
  const upstream = named('api');
  await scene.apply(upstream);
  assert.deepEqual(scene.targets(upstream), ['10.0.0.1:8080 api:8080 1', '10.0.0.2:8080 api:8080 1']);
  assert.equal(scene.dns.asked('api'), 0);
  scene.hosts('10.0.0.33 api\n');
  scene.clock.advance(5000);
  await eventually(() => scene.refreshes.length === 1);
  assert.deepEqual(scene.targets(upstream), ['10.0.0.33:8080 api:8080 1']);
});

test('a short name is looked for in the search list, a name with enough dots as it is first, a final dot means that alone', async (t) => {
  const scene = await discoveryScene(t, {
    zones: { 'api.svc.test': { a: ['10.0.0.1'] }, 'a.b': { a: ['10.0.0.2'] }, 'a.b.svc.test': { a: ['10.0.0.3'] } },
    resolvConf: 'search nowhere.test svc.test\noptions ndots:1\n',
  });
  const [short, dotted, whole] = [named('api'), named('a.b'), named('api.')];
  await scene.apply(short, dotted, whole);
  assert.deepEqual(scene.targets(short), ['10.0.0.1:8080 api:8080 1']);
  assert.deepEqual(scene.targets(dotted), ['10.0.0.2:8080 a.b:8080 1']);
  assert.deepEqual(scene.targets(whole), []);
});

test('localhost is the one loopback address that is listened on, and follows when that changes', async (t) => {
  const scene = await discoveryScene(t);
  const first = await listening(t, '127.0.0.1', 0);
  const { port } = first.address() as AddressInfo;
  const upstream = named('localhost', port);
  await scene.apply(upstream);
  assert.deepEqual(scene.targets(upstream), [`127.0.0.1:${port} localhost:${port} 1`]);
  assert.equal(scene.dns.asked('localhost'), 0);
  first.close();
  await once(first, 'close');
  await listening(t, '::1', port);
  scene.clock.advance(5000);
  await eventually(() => scene.refreshes.length === 1);
  assert.deepEqual(scene.targets(upstream), [`[::1]:${port} localhost:${port} 1`]);
});

test('localhost on which nobody listens yet is one target', async (t) => {
  const scene = await discoveryScene(t);
  const gone = await listening(t, '127.0.0.1', 0);
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, 'close');
  const upstream = named('localhost', port);
  await scene.apply(upstream);
  assert.deepEqual(scene.targets(upstream), [`127.0.0.1:${port} localhost:${port} 1`]);
});

test('discover "dns" has a target for each address and asks at least once per interval', async (t) => {
  const scene = await discoveryScene(t, { zones: { api: { a: ['10.0.0.1', '10.0.0.2'], ttl: 3600 } } });
  const upstream = discovered({ kind: 'dns', name: 'api', port: 9000 });
  await scene.apply(upstream);
  assert.deepEqual(scene.targets(upstream), ['10.0.0.1:9000 api:9000 1', '10.0.0.2:9000 api:9000 1']);
  await scene.still(9999, 'api');
  await scene.turn(1, 'api');
});

test('discover "srv" takes ports and weights of the most preferred records alone, weight 0 as a small share', async (t) => {
  const record = (priority: number, weight: number, port: number, name: string) => ({ priority, weight, port, name });
  const scene = await discoveryScene(t, {
    zones: {
      '_http._tcp.api': {
        srv: [record(10, 60, 8001, 'one'), record(10, 0, 8002, 'two'), record(20, 5, 8003, 'spare')],
        ttl: 30,
      },
      one: { a: ['10.0.0.1'], ttl: 30 },
      two: { a: ['10.0.0.2'], ttl: 30 },
      spare: { a: ['10.0.0.3'], ttl: 30 },
    },
  });
  const upstream = discovered({ kind: 'srv', name: '_http._tcp.api' });
  await scene.apply(upstream);
  assert.deepEqual(scene.targets(upstream), ['10.0.0.1:8001 one:8001 60', '10.0.0.2:8002 two:8002 1']);
  assert.equal(scene.dns.asked('spare'), 0);
  scene.dns.set('two', { fault: 'servfail' });
  scene.dns.set('_http._tcp.api', { srv: [record(10, 60, 8001, 'one'), record(10, 7, 8002, 'two')], ttl: 30 });
  await scene.turn(10_000, '_http._tcp.api');
  assert.deepEqual(scene.targets(upstream), ['10.0.0.1:8001 one:8001 60', '10.0.0.2:8002 two:8002 1']);
});

test('a name that no configuration in force has is asked for no more, nor warned of', async (t) => {
  const scene = await discoveryScene(t, { zones: { api: { a: ['10.0.0.1'], ttl: 5 } } });
  await scene.apply(named('api'), named('missing'));
  assert.equal(scene.warnings.texts.length, 1);
  await scene.apply(named('10.0.0.1'));
  assert.deepEqual(scene.warnings.texts, []);
  await scene.still(600_000, 'api');
});

async function listening(t: TestContext, host: string, port: number) {
  const server = createServer((socket) => socket.destroy());
  server.listen({ host, port, ipv6Only: true });
  await once(server, 'listening');
  t.after(() => void server.close());
  return server;
}
