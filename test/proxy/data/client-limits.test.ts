/** `max-connections-per-client`: who is counted as one client, and that none ever has one too many. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Config, ListenerConfig } from '../../../src/config/model.ts';
import { buildAddressSet } from '../../../src/proxy/shared/address-set.ts';
import { parseNetwork, type Network } from '../../../src/proxy/shared/network.ts';
import { plainSources } from '../../../src/proxy/control/live-parts.ts';
import { connectionRejectReasons, type ConnectionRejectReason } from '../../../src/proxy/shared/plan.ts';
import { startPlane, startPlanes, type TestPlane } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type OriginRequest, startOrigin } from '../../helpers/origin.ts';
import { proxied, scenery, sceneOf } from '../../helpers/proxied.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';

function refusals(plane: TestPlane, reason: ConnectionRejectReason): number {
  return plane.registry.sum(plane.plan.cells.connectionRejects, connectionRejectReasons.indexOf(reason));
}

/** A connection that has been served once. */
async function served(t: TestContext, port: number, from = '127.0.0.1', host = '127.0.0.1'): Promise<RawClient> {
  const client = await RawClient.connect(t, port, host, from);
  client.send(get());
  assert.equal((await client.response()).status, 200);
  return client;
}

async function refused(t: TestContext, port: number, from = '127.0.0.1', host = '127.0.0.1'): Promise<string> {
  const client = await RawClient.connect(t, port, host, from);
  const response = await client.response();
  await client.closed();
  return `${response.status} ${response.header('proxy-status')} ${response.header('retry-after') ?? ''}`.trim();
}

/** Security lists, as the main thread would bring them. */
function lists(given: { readonly allowed?: string; readonly blocked?: string }) {
  const set = (text: string | undefined) =>
    text === undefined ? null : buildAddressSet([parseNetwork(text) as Network]);
  const security = plainSources.security.security({} as Config);
  return {
    security: {
      ...plainSources.security,
      security: () => ({ ...security, allowed: set(given.allowed), blocked: set(given.blocked) }),
    },
  };
}

test('one client never gets an eleventh connection, whichever worker it comes to; others are not concerned', async (t) => {
  const origin = await startOrigin(t);
  const planes = await startPlanes(t, scenery([origin.port], { limits: { maxConnectionsPerClient: 10 } }), 2);
  const [first, second] = planes.map(({ port }) => port) as [number, number];
  const clients = await Promise.all(Array.from({ length: 10 }, (_, i) => served(t, i % 3 === 0 ? first : second)));
  for (let i = 0; i < 6; i++) {
    assert.equal(
      await refused(t, i % 2 === 0 ? first : second),
      '503 sentinel-feedbeef; error=connection_limit_reached; details="client_limit" 1',
    );
  }
  assert.equal(refusals(planes[0] as TestPlane, 'client_limit'), 6);
  await served(t, first, '127.0.0.2');
  clients[0]?.socket.destroy();
  await eventually(() => served(t, second));
  assert.match(await refused(t, first), /client_limit/);
});

test('thirty clients that race for ten places get ten', async (t) => {
  const held: OriginRequest[] = [];
  const origin = await startOrigin(t, { request: (request) => void held.push(request) });
  const settings = scenery([origin.port], { limits: { maxConnectionsPerClient: 10 } });
  const ports = (await startPlanes(t, settings, 2)).map(({ port }) => port);
  const clients = await Promise.all(Array.from({ length: 30 }, (_, i) => RawClient.connect(t, ports[i % 2] as number)));
  for (const client of clients) client.send(get());
  await eventually(() => clients.filter(({ received }) => received.includes('client_limit')).length === 20);
  await eventually(() => held.length === 10);
});

test('all addresses of an IPv6 /64 are one client, IPv4-mapped ones are their IPv4 address', async (t) => {
  const scene = await proxied(t, {
    limits: { maxConnectionsPerClient: 1 },
    listener: { address: { kind: 'tcp', host: '::', port: 0 } },
  });
  await served(t, scene.port, '::1', '::1');
  assert.match(await refused(t, scene.port, '::1', '::1'), /client_limit/);
  await served(t, scene.port);
  assert.match(await refused(t, scene.port), /client_limit/);
});

test('clients on the allow list and trusted proxies have no such limit', async (t) => {
  const settings = scenery([(await startOrigin(t)).port], {
    limits: { maxConnectionsPerClient: 1 },
    listener: { trustedProxies: ['127.0.0.3'] },
  });
  const plane = await startPlane(t, settings, undefined, undefined, lists({ allowed: '127.0.0.2' }));
  for (const from of ['127.0.0.2', '127.0.0.3']) for (let i = 0; i < 3; i++) await served(t, plane.port, from);
  await served(t, plane.port);
  assert.match(await refused(t, plane.port), /client_limit/);
});

test('a blocked peer is turned away before it says anything, unless it is allowed or speaks for others', async (t) => {
  const settings = scenery([(await startOrigin(t)).port], { listener: { trustedProxies: ['127.0.0.3'] } });
  const plane = await startPlane(
    t,
    settings,
    undefined,
    undefined,
    lists({ blocked: '127.0.0.0/30', allowed: '127.0.0.2' }),
  );
  assert.equal(await refused(t, plane.port), '403 sentinel-feedbeef; error=http_request_denied; details="blocked"');
  assert.equal(refusals(plane, 'blocked'), 1);
  await served(t, plane.port, '127.0.0.2');
  const proxy = await RawClient.connect(t, plane.port, '127.0.0.1', '127.0.0.3');
  proxy.send(get('/', 'X-Forwarded-For: 198.51.100.1'));
  assert.equal((await proxy.response()).status, 200);
  assert.equal(sceneOf(t, plane).held().clients, 2);
});

test('the limit counts connections that were open before a reload brought it, and forgets them when it goes', async (t) => {
  const scene = await proxied(t);
  const limited = (most: number, total = 10_000): Config => ({
    ...scene.config,
    limits: { ...scene.config.limits, maxConnectionsPerClient: most, maxTotalConnections: total },
  });
  const before = [await served(t, scene.port), await served(t, scene.port)];
  await scene.apply(limited(3));
  await served(t, scene.port);
  assert.match(await refused(t, scene.port), /client_limit/);
  // A larger table takes the place of the first.
  await scene.apply(limited(3, 90_000));
  assert.match(await refused(t, scene.port), /client_limit/);
  before[0]?.socket.destroy();
  await eventually(() => scene.held().clients === 2);
  await served(t, scene.port);
  assert.match(await refused(t, scene.port), /client_limit/);
  await scene.apply(limited(0));
  await served(t, scene.port);
  await scene.apply(limited(5));
  await served(t, scene.port);
  assert.match(await refused(t, scene.port), /client_limit/);
});

test('connections of a unix socket have no client and no such limit', async (t) => {
  const path = `/tmp/sentinel-client-limits-${process.pid}.sock`;
  await proxied(t, {
    limits: { maxConnectionsPerClient: 1 },
    listener: { address: { kind: 'unix', path } } as Partial<ListenerConfig>,
  });
  for (let i = 0; i < 3; i++) {
    const client = await RawClient.connect(t, path);
    client.send(get());
    assert.equal((await client.response()).status, 200);
  }
});
