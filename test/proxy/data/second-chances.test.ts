/** Retries where bodies, interim responses, pipelining, other plans and the end of the process come in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstreamFields } from '../../../src/proxy/shared/cells.ts';
import { upstream } from '../../helpers/data-plane.ts';
import { drainWithin } from '../../helpers/drain-order.ts';
import { eventually } from '../../helpers/eventually.ts';
import { answering, ok, type Script, startOrigin } from '../../helpers/origin.ts';
import { chunked, get, head } from '../../helpers/raw-http.ts';
import { retryPolicy, type SeveralTargets, severalTargets } from '../../helpers/several-targets.ts';

const unavailable = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nsick';
const early: Script = { head: ({ connection }) => connection.send(unavailable) };
const patient = { route: { retry: retryPolicy({ backoffBaseMs: 1000, backoffMaxMs: 1000 }) }, manual: true };

const retrying = ({ registry, plan }: SeveralTargets) =>
  registry.shared(plan.upstreams[0]?.counts as never, upstreamFields.retrying);

test('a client that waited for a sign gets one, however many targets get its body', async (t) => {
  const resets: Script = { head: ({ connection }) => connection.reset() };
  const scene = await severalTargets(t, [early, resets, {}], { route: { retry: retryPolicy() } });
  const third = scene.origins[2];
  const client = await scene.client();
  client.send(head('PUT', '/', 'Content-Length: 6', 'Expect: 100-continue'));
  assert.equal((await client.interim()).status, 100);
  client.send('abc');
  const connection = await third?.connection();
  await eventually(() => connection?.received.toString().endsWith('abc') === true);
  client.send('def');
  const request = await third?.request();
  assert.equal(request?.body.toString(), 'abcdef');
  assert.equal(client.received.length, 0, 'no second sign');
  connection?.send(ok());
  assert.equal((await client.response()).status, 200);
});

test('an answer in the middle of the upload that is not wanted sends the whole body to the next target', async (t) => {
  for (const framing of ['Content-Length: 9', 'Transfer-Encoding: chunked']) {
    const scene = await severalTargets(t, [early, undefined], { route: { retry: retryPolicy() } });
    const piece = (text: string) => (framing.startsWith('T') ? `3\r\n${text}\r\n` : text);
    const client = await scene.client();
    client.send(head('PUT', '/', framing) + piece('abc'));
    const second = await scene.origins[1]?.connection();
    await eventually(() => second?.received.toString().includes('abc') === true);
    client.send(piece('def'));
    client.send(piece('ghi') + (framing.startsWith('T') ? '0\r\nX-T: 1\r\n\r\n' : '') + get('/next'));
    assert.equal((await client.response()).status, 200);
    assert.equal((await client.response()).status, 200);
    assert.deepEqual(scene.origins[1]?.requests.map(({ body, target }) => [target, body.toString()]).slice(0, 1), [
      ['/', 'abcdefghi'],
    ]);
    client.end();
    await scene.settled();
    assert.equal(retrying(scene), 0);
  }
});

test('requests behind one that is tried again wait for its answer', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable), answering(ok('good'))], patient);
  const client = await scene.client();
  client.send(get('/1') + head('PUT', '/2', 'Transfer-Encoding: chunked') + chunked(['abc'], 'X-T: 1') + get('/3'));
  await eventually(() => retrying(scene) === 1);
  assert.equal(scene.reached(), 1);
  await eventually(() => {
    scene.clock.advance(1000);
    return scene.reached() >= 5;
  });
  for (const _ of [1, 2, 3]) assert.deepEqual([(await client.response()).text], ['good']);
  const good = scene.origins[1]?.requests.map(({ target, body }) => `${target} ${body}`);
  assert.deepEqual(good, ['/1 ', '/2 abc', '/3 ']);
  client.end();
  await scene.settled();
});

test('an answer to HEAD that is not wanted leaves its connection in use, whatever length it names', async (t) => {
  let asked = 0;
  const scene = await severalTargets(
    t,
    [
      {
        request: ({ connection }) => {
          if (asked++ === 0) connection.send('HTTP/1.1 503 No\r\nContent-Length: 400000\r\n\r\n');
          else connection.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
        },
      },
    ],
    { route: { retry: retryPolicy() } },
  );
  const response = await scene.ask(head('HEAD', '/'), 'HEAD');
  assert.deepEqual([response.status, response.header('content-length')], [200, '5']);
  assert.equal(scene.origins[0]?.connections.length, 1);
  await scene.settled();
});

test('an unwanted answer that drips is left after a second, and nobody waits for it', async (t) => {
  const scene = await severalTargets(
    t,
    [{ request: ({ connection }) => connection.send('HTTP/1.1 503 No\r\nContent-Length: 400\r\n\r\nsi') }, undefined],
    { route: { retry: retryPolicy() }, manual: true },
  );
  const client = await scene.client();
  client.send(get());
  await eventually(() => {
    scene.clock.advance(10);
    return client.received.length > 0;
  });
  assert.equal((await client.response()).status, 200);
  assert.equal(scene.origins[0]?.open, 1);
  client.end();
  await eventually(() => {
    scene.clock.advance(1000);
    return scene.origins[0]?.open === 0;
  });
  await scene.settled();
});

test('a plan without the upstream that is being tried changes nothing for who tries it', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable), answering(ok('good'))], patient);
  const client = await scene.client();
  client.send(get());
  await eventually(() => retrying(scene) === 1);
  const other = await startOrigin(t, answering(ok('other')));
  await scene.apply({ ...scene.config, upstreams: [upstream([other.port])] });
  scene.clock.advance(1000);
  assert.equal((await client.response()).text, 'good');
  client.send(get());
  assert.equal((await client.response()).text, 'other');
  client.end();
  await scene.settled();
  await eventually(() => {
    scene.clock.advance(200);
    return scene.origins.every(({ open }) => open === 0);
  });
  assert.equal(retrying(scene), 0);
});

test('a request that pauses before its next try is cut when the time to drain is over', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable), answering(unavailable)], {
    ...patient,
    route: { retry: retryPolicy({ backoffBaseMs: 1e6, backoffMaxMs: 1e6, maxAttempts: 9 }) },
    upstream: { timeouts: { connectMs: 0, requestMs: 0, readMs: 0, writeMs: 0 } },
  });
  const client = await scene.client();
  client.send(get());
  await eventually(() => retrying(scene) === 1);
  const drained = scene.plane.drain(drainWithin(5000));
  scene.clock.advance(6000);
  assert.equal(await drained, 1);
  assert.equal(retrying(scene), 0);
  assert.equal(scene.errors('draining'), 1);
  await scene.settled();
});
