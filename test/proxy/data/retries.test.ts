/** What a retry-policy sends again, and what it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetFields } from '../../../src/proxy/shared/cells.ts';
import { eventually } from '../../helpers/eventually.ts';
import { answering, deadPort, ok, type OriginRequest, type Script } from '../../helpers/origin.ts';
import { chunked, get, head, post } from '../../helpers/raw-http.ts';
import { retryPolicy, severalTargets } from '../../helpers/several-targets.ts';

const unavailable = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nsick';
const resets: Script = { request: ({ connection }) => connection.reset() };

const failures: readonly (readonly [what: string, script: Script])[] = [
  ['resets', resets],
  ['answers 503', answering(unavailable)],
  ['answers 503 in chunks', answering('HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsick\r\n0\r\n\r\n')],
  ['answers 503 until it closes', { request: ({ connection }) => connection.end('HTTP/1.1 503 No\r\n\r\nsick') }],
  ['answers garbage', answering('SSH-2.0-OpenSSH_9.6\r\n\r\n')],
  ['answers half a head', { request: ({ connection }) => connection.end('HTTP/1.1 200 OK\r\nX: ') }],
];

for (const [what, script] of failures) {
  test(`an idempotent request to a target that ${what} is answered by the next`, async (t) => {
    const scene = await severalTargets(t, [script, undefined], { accessLog: {}, route: { retry: retryPolicy() } });
    for (const request of [get('/get'), head('DELETE', '/d'), head('PUT', '/put', 'Content-Length: 3') + 'abc']) {
      const response = await scene.ask(request);
      assert.deepEqual([response.status, response.text], [200, 'ok']);
    }
    assert.equal((await scene.line())['attempts'], 2);
    assert.equal(scene.count('retriesSucceeded'), 3);
    assert.equal(scene.count('retriesFailed'), 0);
    assert.equal(scene.origins[1]?.requests.at(-1)?.body.toString(), 'abc');
    await scene.settled();
    assert.equal(scene.registry.shared(scene.plan.upstreams[0]?.counts as never, 0), 0, 'no retry is under way');
  });

  test(`a POST to a target that ${what} is not sent again unless the policy says so`, async (t) => {
    const plain = await severalTargets(t, [script, undefined], { route: { retry: retryPolicy() } });
    assert.notEqual((await plain.ask(post('abc'))).status, 200);
    assert.equal(plain.origins[1]?.requests.length, 0);
    const told = await severalTargets(t, [script, undefined], {
      route: { retry: retryPolicy({ retryNonIdempotent: true }) },
    });
    assert.equal((await told.ask(post('abc'))).status, 200);
    assert.equal(told.origins[1]?.requests[0]?.body.toString(), 'abc');
  });
}

test('all tries count, and the last answer is relayed as it is', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable), answering(unavailable)], {
    accessLog: {},
    route: { retry: retryPolicy({ maxAttempts: 5 }) },
  });
  const response = await scene.ask(get());
  assert.deepEqual([response.status, response.reason, response.text], [503, 'Service Unavailable', 'sick']);
  assert.equal(response.header('proxy-status'), undefined, 'it is the answer of the target');
  assert.equal(scene.reached(), 5);
  assert.deepEqual(
    scene.origins.map((origin) => origin.requests.length),
    [3, 2],
    'where no fresh target is left, those tried before are tried again',
  );
  const line = await scene.line();
  assert.deepEqual([line['attempts'], line['cause']], [5, 'upstream_status']);
  assert.equal(scene.count('retriesFailed'), 4);
  assert.equal(scene.errors('upstream_status'), 1);
});

test('a discarded answer leaves its connection in use', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable)], { route: { retry: retryPolicy() } });
  assert.equal((await scene.ask(get())).status, 503);
  assert.equal(scene.reached(), 3);
  await eventually(() => scene.origins[0]?.connections.length === 1);
});

test('a discarded answer of great length is not waited for', async (t) => {
  const flood = `HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(['x'.repeat(60_000)]).slice(0, -5)}`;
  let flooded: OriginRequest | undefined;
  const scene = await severalTargets(
    t,
    [
      {
        request: (request) => {
          flooded = request;
          request.connection.send(flood);
        },
      },
      undefined,
    ],
    { route: { retry: retryPolicy() } },
  );
  assert.equal((await scene.ask(get())).status, 200);
  assert.equal(flooded?.connection.gone, false);
  flooded?.connection.send(chunked(['x'.repeat(60_000)]));
  await eventually(() => flooded?.connection.gone === true);
});

test('a status that is not listed is relayed at once', async (t) => {
  const scene = await severalTargets(t, [answering('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'), undefined], {
    route: { retry: retryPolicy() },
  });
  assert.equal((await scene.ask(get())).status, 500);
  assert.equal(scene.reached(), 1);
});

test('nothing is tried again once a byte of an answer has gone out', async (t) => {
  const cuts: Script = {
    request: ({ connection }) => connection.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome'),
  };
  const scene = await severalTargets(t, [cuts, undefined], { route: { retry: retryPolicy() } });
  const client = await scene.client();
  client.send(get());
  assert.equal((await client.cutResponse()).text, 'some');
  assert.equal(scene.reached(), 1);
  const hints: Script = {
    request: ({ connection }) => {
      connection.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
      setImmediate(() => connection.reset());
    },
  };
  const hinted = await severalTargets(t, [hints, undefined], { route: { retry: retryPolicy() } });
  assert.equal((await hinted.ask(get())).status, 502);
  assert.equal(hinted.reached(), 1);
});

test('without a policy a failing target is answered for', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable), undefined]);
  assert.equal((await scene.ask(get())).status, 503);
  assert.equal(scene.reached(), 1);
});

test('a body larger than what is kept is sent once', async (t) => {
  const scene = await severalTargets(t, [resets, undefined], { route: { retry: retryPolicy() } });
  const small = 'x'.repeat(64 * 1024);
  assert.equal((await scene.ask(head('PUT', '/', `Content-Length: ${small.length}`) + small)).status, 200);
  assert.equal(scene.origins[1]?.requests[0]?.body.toString(), small);
  const large = `${small}x`;
  assert.equal((await scene.ask(head('PUT', '/', `Content-Length: ${large.length}`) + large)).status, 502);
  assert.equal(scene.origins[1]?.requests.length, 1);
});

test('a body still on its way when a target fails goes on to the next', async (t) => {
  const scene = await severalTargets(t, [{ head: ({ connection }) => connection.reset() }, undefined], {
    route: { retry: retryPolicy() },
  });
  const client = await scene.client();
  client.send(`${head('PUT', '/put', 'Transfer-Encoding: chunked')}3\r\nabc\r\n`);
  const fresh = await scene.origins[1]?.connection();
  await eventually(() => fresh?.received.toString().includes('abc') === true);
  client.send('3\r\ndef\r\n0\r\n\r\n');
  assert.equal((await client.response()).status, 200);
  assert.equal(scene.origins[1]?.requests[0]?.body.toString(), 'abcdef');
});

const timeouts = { connectMs: 1000, requestMs: 10_000, readMs: 0, writeMs: 0 };

test('each try has its own time, and all together that of the route', async (t) => {
  const scene = await severalTargets(t, [{}, {}, {}, {}], {
    manual: true,
    accessLog: {},
    upstream: { timeouts: { ...timeouts, requestMs: 2500 } },
    route: { retry: retryPolicy({ maxAttempts: 9, perTryTimeoutMs: 1000 }) },
  });
  const client = await scene.client();
  client.send(get());
  await scene.origins[0]?.request();
  scene.clock.advance(900);
  assert.equal(scene.reached(), 1);
  scene.clock.advance(300);
  await scene.origins[1]?.request();
  scene.clock.advance(1200);
  await scene.origins[2]?.request();
  assert.equal(client.received.length, 0);
  scene.clock.advance(400);
  const response = await client.response();
  assert.equal(response.status, 504);
  assert.equal(response.header('proxy-status'), 'sentinel-feedbeef; error=http_response_timeout');
  assert.equal((await scene.line())['attempts'], 3);
  assert.equal(scene.origins[3]?.requests.length, 0);
  client.end();
  await scene.settled();
});

test('a pause that would outlast the time of the route is not begun', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable), undefined], {
    upstream: { timeouts },
    route: { retry: retryPolicy({ backoffBaseMs: 1e15, backoffMaxMs: 1e15 }) },
  });
  assert.equal((await scene.ask(get())).status, 503);
  assert.equal(scene.count('retriesOverBudget'), 0);
});

test('a retry waits its turn, and a client that leaves meanwhile ends it', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable), answering(unavailable)], {
    manual: true,
    upstream: { timeouts: { ...timeouts, requestMs: 0 } },
    route: { retry: retryPolicy({ maxAttempts: 9, backoffBaseMs: 100_000, backoffMaxMs: 150_000 }) },
  });
  const client = await scene.client();
  client.send(get());
  await scene.origins[0]?.request();
  const counts = scene.plan.upstreams[0]?.counts as never;
  await eventually(() => scene.registry.shared(counts, 0) === 1);
  assert.equal(scene.reached(), 1);
  assert.equal(scene.held().targetInFlight, 0);
  client.reset();
  await scene.settled();
  assert.equal(scene.registry.shared(counts, 0), 0, 'its place in the budget is free');
  assert.equal(scene.errors('client_closed'), 1);
  const asked = () =>
    (scene.plan.upstreams[0]?.targets ?? []).map(({ cell }) => scene.registry.sum(cell, targetFields.acquired));
  const before = asked();
  scene.clock.advance(200_000);
  assert.deepEqual(asked(), before, 'nobody is asked for a client that is gone');
});

test('a retry that meets a dead target goes on to a live one', async (t) => {
  const scene = await severalTargets(t, [answering(unavailable), await deadPort(), answering(ok('third'))], {
    accessLog: {},
    route: { retry: retryPolicy({ maxAttempts: 2 }) },
  });
  assert.equal((await scene.ask(get())).text, 'third');
  assert.equal((await scene.line())['attempts'], 3, 'a target that took nothing is no attempt of the policy');
  assert.deepEqual([scene.count('failovers'), scene.count('retriesSucceeded')], [1, 1]);
});
