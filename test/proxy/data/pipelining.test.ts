/** Requests that a client sends without waiting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { pour, settles } from '../../helpers/flow.ts';
import { ok, type OriginRequest } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { chunked, get, head, post } from '../../helpers/raw-http.ts';

const echo = { request: (request: OriginRequest) => request.connection.send(ok(`${request.target} ${request.body}`)) };

test('two hundred pipelined requests are answered in order, one exchange at a time', async (t) => {
  let most = 0;
  let open = 0;
  const { client, origin } = await proxied(t, {
    script: {
      head: () => (most = Math.max(most, ++open)),
      request: (request) => {
        open--;
        echo.request(request);
      },
    },
  });
  const one = await client();
  const kinds = (i: number) => {
    if (i % 3 === 0) return get(`/${i}`);
    if (i % 3 === 1) return post(`body ${i}`, `/${i}`);
    return head('PUT', `/${i}`, 'Transfer-Encoding: chunked') + chunked([`body ${i}`]);
  };
  one.send(Array.from({ length: 200 }, (_, i) => kinds(i)).join(''));
  for (let i = 0; i < 200; i++) {
    assert.equal((await one.response()).text, i % 3 === 0 ? `/${i} ` : `/${i} body ${i}`);
  }
  assert.equal(most, 1);
  assert.equal(origin.requests.length, 200);
});

test('requests that come byte by byte are answered like any other', async (t) => {
  const { client } = await proxied(t, { script: echo });
  const one = await client();
  for (const byte of post('abc', '/1') + get('/2')) {
    one.send(byte);
    await new Promise(setImmediate);
  }
  assert.equal((await one.response()).text, '/1 abc');
  assert.equal((await one.response()).text, '/2 ');
});

test('garbage after a good request gets its 400 after the good answer', async (t) => {
  const { client, rejects } = await proxied(t, { script: echo });
  const one = await client();
  one.send(`${get('/good')}NOT HTTP AT ALL\r\n\r\n`);
  assert.equal((await one.response()).text, '/good ');
  const refusal = await one.response();
  assert.equal(refusal.status, 400);
  assert.equal(refusal.header('connection'), 'close');
  assert.equal(await one.closed(), 'end');
  assert.equal(rejects('version'), 1);
});

test('more than a bounded amount of pipelined bytes is not read before its turn', async (t) => {
  const held: OriginRequest[] = [];
  const { client } = await proxied(t, { script: { request: (request) => held.push(request) } });
  const one = await client();
  const poured = pour(one.socket, Buffer.from(get('/').repeat(1000)));
  // The kernel's buffers on both sides take some megabytes; the rest must stay with the client.
  assert.ok((await settles(poured)) < 16 * (1 << 20));
  assert.equal(held.length, 1);
  for (let i = 0; i < 3; i++) {
    await eventually(() => held.length === i + 1);
    held[i]?.connection.send(ok(String(i)));
    assert.equal((await one.response()).text, String(i));
  }
});

test('answers to pipelined requests wait for a client that does not read', async (t) => {
  const body = Buffer.alloc(1 << 20, 'x').toString('base64');
  const { client, requests } = await proxied(t, {
    upstream: { targets: [], static: { status: 200, headers: [['Content-Type', 'text/plain']], bodyBase64: body } },
  });
  const one = await client();
  one.socket.pause();
  one.send(get('/').repeat(1000));
  await eventually(() => requests().reduce((sum, { count }) => sum + count, 0) > 1);
  const answered = () => requests().reduce((sum, { count }) => sum + count, 0);
  let before = 0;
  // Answers stop when the kernel's buffers are full, long before the thousand.
  await eventually(() => {
    const now = answered();
    const still = now === before;
    before = now;
    return still;
  });
  assert.ok(answered() < 100, `${answered()} answers of 1 MiB were made for a client that reads nothing`);
  one.socket.removeAllListeners('data');
  one.socket.resume();
  await eventually(() => answered() > 100);
});

test('requests that wait behind an unread answer are dropped when their client ends its side', async (t) => {
  const body = Buffer.alloc(1 << 20, 'x').toString('base64');
  const scene = await proxied(t, {
    upstream: { targets: [], static: { status: 200, headers: [], bodyBase64: body } },
  });
  const one = await scene.client();
  one.socket.pause();
  one.send(get('/').repeat(500));
  one.end();
  const answered = () => scene.requests().reduce((sum, { count }) => sum + count, 0);
  await eventually(() => answered() > 1);
  const before = await settles(answered);
  one.socket.removeAllListeners('data');
  one.socket.resume();
  assert.equal(await one.closed(), 'end');
  assert.equal(answered(), before);
  assert.deepEqual(scene.reports, []);
  await scene.settled();
});
