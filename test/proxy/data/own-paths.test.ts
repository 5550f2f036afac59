/** The paths that the proxy answers itself on every listener. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { route } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head, post } from '../../helpers/raw-http.ts';

const exact = (path: string, hosts: readonly string[] = []) =>
  route({
    id: 'exact',
    matches: { paths: [{ kind: 'exact', path }], hosts, methods: [], headers: [], queryParams: [], clientIps: [] },
  });

test('/health and /ready are answered, even under a route that takes everything', async (t) => {
  const { ask, origin, plane } = await proxied(t);
  const health = await ask(get('/health'));
  assert.deepEqual([health.status, health.text], [200, 'OK\n']);
  assert.equal(health.header('cache-control'), 'no-store');
  const ready = await ask(get('/ready?verbose'));
  assert.deepEqual([ready.status, JSON.parse(ready.text)], [200, { ready: true }]);
  plane.setReadiness(false, '{"ready":false,"reasons":["no configuration"]}\n');
  const unready = await ask(get('/ready'));
  assert.equal(unready.status, 503);
  assert.deepEqual(JSON.parse(unready.text), { ready: false, reasons: ['no configuration'] });
  assert.equal((await ask(head('HEAD', '/health'))).status, 200);
  assert.equal(origin.connections.length, 0);
});

test('a route of any priority that is not exactly that path does not replace them', async (t) => {
  const emergency = route({
    id: 'emergency',
    priority: 1000,
    matches: {
      paths: [{ kind: 'prefix', path: '/' }],
      hosts: [],
      methods: [],
      headers: [],
      queryParams: [],
      clientIps: [],
    },
  });
  const { ask, origin } = await proxied(t, { config: { routes: [emergency] } });
  assert.equal((await ask(get('/health'))).text, 'OK\n');
  assert.equal((await ask(get('/healthy'))).text, 'ok');
  assert.equal((await ask(get('/health/'))).text, 'ok');
  assert.equal(origin.requests.length, 2);
});

test('a route of exactly that path replaces them where it matches', async (t) => {
  const { ask } = await proxied(t, { config: { routes: [exact('/health', ['mine.test'])] } });
  assert.equal((await ask(get('/health').replace('a.test', 'mine.test'))).text, 'ok');
  assert.equal((await ask(get('/health'))).text, 'OK\n');
  assert.equal((await ask(get('/ready'))).status, 200);
});

test('other methods on these paths are requests like any other', async (t) => {
  const { ask, origin } = await proxied(t);
  assert.equal((await ask(post('abc', '/health'))).text, 'ok');
  assert.equal(origin.requests.length, 1);
});

test('the paths are configurable', async (t) => {
  const { ask, origin } = await proxied(t, { server: { healthPath: '/-/alive', readyPath: '/-/ready' } });
  assert.equal((await ask(get('/-/alive'))).text, 'OK\n');
  assert.equal((await ask(get('/-/ready'))).status, 200);
  assert.equal((await ask(get('/health'))).text, 'ok');
  assert.equal(origin.requests.length, 1);
});

test('they are answered while the proxy carries all the requests that it may', async (t) => {
  const scene = await proxied(t, { limits: { maxInFlightRequests: 1 }, script: {} });
  const holder = await scene.client();
  holder.send(get('/held'));
  await eventually(() => scene.held().inFlight === 1);
  assert.equal((await scene.ask(get('/'))).status, 503);
  assert.equal((await scene.ask(get('/health'))).text, 'OK\n');
  assert.equal((await scene.ask(get('/ready'))).status, 200);
  assert.equal(scene.held().inFlight, 1);
  (await scene.origin.request()).connection.send(ok());
  await holder.response();
  holder.end();
  await scene.settled();
});
