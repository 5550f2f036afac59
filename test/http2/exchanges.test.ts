/** Requests and answers over HTTP/2 (RFC 9113 §8): what reaches the target as HTTP/1.1, and what comes back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { proxyFields } from '../../src/proxy/shared/cells.ts';
import { eventually } from '../helpers/eventually.ts';
import { headersFrame, request } from '../helpers/http2-frames.ts';
import { answerOf, http2Scene, send } from '../helpers/http2-scene.ts';
import { answering, ok } from '../helpers/origin.ts';

test('a request becomes an HTTP/1.1 request: Host from :authority first, cookie crumbs in one field, order kept', async (t) => {
  const scene = await http2Scene(t);
  const client = await scene.frames();
  client.send(
    headersFrame(
      1,
      request({ ':path': '/a?b=c', ':authority': 'localhost:444' }, [
        ['x-first', '1'],
        ['cookie', 'a=1'],
        ['x-second', '2'],
        ['cookie', 'b=2'],
        ['te', 'trailers'],
        ['x-first', '3'],
      ]),
    ),
  );
  assert.equal(await client.status(1), 200);
  const { startLine, fields } = await scene.origin.request();
  assert.equal(startLine, 'GET /a?b=c HTTP/1.1');
  assert.deepEqual(
    fields.slice(0, 5).map(([name, value]) => [name.toLowerCase(), value]),
    [
      ['host', 'localhost:444'],
      ['x-first', '1'],
      ['cookie', 'a=1; b=2'],
      ['x-second', '2'],
      ['x-first', '3'],
    ],
  );
  assert.match(fields.find(([name]) => name === 'Via')?.[1] ?? '', /^2\.0 sentinel-/);
  assert.equal(fields.find(([name]) => name === 'X-Forwarded-Proto')?.[1], 'https');
});

test('an answer has its names in lower case and nothing that speaks of an HTTP/1.1 connection', async (t) => {
  const lines = [
    'X-Upper: V',
    'Connection: x-hop',
    'X-Hop: 1',
    'Keep-Alive: timeout=5',
    'Upgrade: h2c',
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
  ];
  const scene = await http2Scene(t, { script: answering(ok('body', ...lines)) });
  const answer = await scene.fetch();
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString(), 'body');
  assert.equal(answer.fields['x-upper'], 'V');
  assert.equal(answer.fields['content-length'], '4');
  assert.deepEqual(answer.fields['set-cookie'], ['a=1', 'b=2']);
  const names = answer.raw.filter((_, index) => index % 2 === 0);
  assert.deepEqual(
    names.filter(
      (name) => name !== name.toLowerCase() || /^(connection|keep-alive|upgrade|transfer-encoding|x-hop)$/.test(name),
    ),
    [],
  );
});

test('a body of known length keeps its length, one of unknown length goes on in chunks, none stays none', async (t) => {
  const scene = await http2Scene(t);
  const client = await scene.session();
  await answerOf(send(client, { ':method': 'POST', 'content-length': '5' }, 'hello'));
  await answerOf(send(client, { ':method': 'POST' }, 'world'));
  await answerOf(send(client, { ':method': 'POST' }));
  const [known, unknown, none] = scene.origin.requests;
  assert.equal(known?.header('content-length'), '5');
  assert.equal(known.body.toString(), 'hello');
  assert.equal(unknown?.header('transfer-encoding'), 'chunked');
  assert.equal(unknown.body.toString(), 'world');
  assert.equal(none?.header('transfer-encoding'), undefined);
  assert.equal(none?.header('content-length'), undefined);
});

test('answers to HEAD, 204 and 304 have no body, and end with their head', async (t) => {
  const scene = await http2Scene(t, {
    script: {
      request: ({ connection, target }) => {
        if (target === '/head') connection.send('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n');
        else if (target === '/204') connection.send('HTTP/1.1 204 No Content\r\n\r\n');
        else connection.send('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 99\r\n\r\n');
      },
    },
  });
  const head = await scene.fetch({ ':method': 'HEAD', ':path': '/head' });
  assert.deepEqual([head.status, head.fields['content-length'], head.body.length, head.code], [200, '1234', 0, 0]);
  const empty = await scene.fetch({ ':path': '/204' });
  assert.deepEqual(
    [empty.status, empty.fields['content-length'], empty.body.length, empty.code],
    [204, undefined, 0, 0],
  );
  const known = await scene.fetch({ ':path': '/304' });
  assert.deepEqual([known.status, known.fields['etag'], known.body.length, known.code], [304, '"a"', 0, 0]);
  await scene.settled();
});

test('a 205 has no content, whatever its target sends', async (t) => {
  for (const framing of ['Content-Length: 2\r\n\r\nok', 'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n']) {
    const scene = await http2Scene(t, { script: answering(`HTTP/1.1 205 Reset Content\r\n${framing}`) });
    const { status, code, body, fields } = await scene.fetch();
    assert.deepEqual([status, code, body.length, fields['content-length']], [205, 0, 0, undefined]);
    await scene.settled();
  }
});

test('interim answers come through, 100 only when the target takes the body', async (t) => {
  const scene = await http2Scene(t, {
    script: {
      head: ({ connection }) =>
        connection.send('HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nLink: </b>\r\n\r\n'),
      request: ({ connection }) => connection.send(ok('done')),
    },
  });
  const client = await scene.session();
  const stream = client.request({ ':method': 'POST', expect: '100-continue' }, { endStream: false });
  const seen: unknown[] = [];
  stream.on('headers', (fields) => seen.push([fields[':status'], fields['link']]));
  await once(stream, 'continue');
  stream.end('body');
  assert.equal((await answerOf(stream)).body.toString(), 'done');
  assert.deepEqual(
    seen.filter((one) => (one as unknown[])[0] !== 100),
    [[103, '</a>; rel=preload, </b>']],
  );
});

test('trailers pass both ways, without those that no trailer may carry', async (t) => {
  const scene = await http2Scene(t, {
    script: answering(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nGrpc-Status: 0\r\n\r\n',
    ),
  });
  const client = await scene.session();
  const stream = client.request({ ':method': 'POST', te: 'trailers' }, { endStream: false, waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-check': 'a', host: 'evil', 'transfer-encoding-x': 'b' }));
  stream.end('abc');
  const answer = await answerOf(stream);
  assert.equal(answer.body.toString(), 'ok');
  assert.deepEqual(Object.entries(answer.trailers), [
    ['x-sum', '1'],
    ['grpc-status', '0'],
  ]);
  const { connection } = await scene.origin.request();
  assert.match(connection.received.toString('latin1'), /\r\n0\r\nx-check: a\r\ntransfer-encoding-x: b\r\n\r\n$/);
});

test('an answer that the target cuts short is reset, never ended politely', async (t) => {
  const scene = await http2Scene(t, {
    script: { request: ({ connection }) => connection.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this') },
    accessLog: {},
  });
  const answer = await scene.fetch();
  assert.equal(answer.status, 200);
  assert.equal(answer.code, 2);
  assert.equal((await scene.line()).cause, 'upstream_truncated');
  await scene.settled();
});

test('a client that resets its stream is gone: the target is left at once, the log says 499', async (t) => {
  const scene = await http2Scene(t, { script: {}, accessLog: {} });
  const client = await scene.session();
  const stream = send(client);
  const connection = await scene.origin.connection();
  await eventually(() => assert.notEqual(connection.received.length, 0));
  stream.close(8);
  await eventually(() => assert.equal(connection.gone, true));
  const line = await scene.line();
  assert.deepEqual([line.status, line.cause, line.protocol], [499, 'client_closed', 'HTTP/2.0']);
  client.close();
  await scene.settled();
});

test('an answer that comes before the whole request is given, then the rest of the request is declined', async (t) => {
  const scene = await http2Scene(t, {
    script: { head: ({ connection }) => connection.send('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno') },
  });
  const client = await scene.session();
  const stream = client.request({ ':method': 'POST' }, { endStream: false });
  stream.on('error', () => {});
  stream.write('first');
  const answer = await answerOf(stream);
  assert.deepEqual([answer.status, answer.body.toString(), answer.code], [413, 'no', 0]);
  assert.equal((await answerOf(send(client, { ':path': '/next' }))).status, 413);
  client.close();
  await scene.settled();
});

test('a large answer is not lost where the rest of the request is declined', async (t) => {
  const body = Buffer.alloc(3_000_000, 'x');
  const scene = await http2Scene(t, {
    script: {
      head: ({ connection }) => {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
        connection.send(body);
      },
    },
  });
  const client = await scene.session();
  const stream = client.request({ ':method': 'POST' }, { endStream: false });
  stream.write('first');
  const answer = await answerOf(stream);
  assert.deepEqual([answer.status, answer.body.length, answer.code], [200, body.length, 0]);
});

test('both directions flow at the same time', async (t) => {
  const scene = await http2Scene(t, {
    script: {
      connected: (connection) => {
        let begun = false;
        connection.socket.on('data', (chunk: Buffer) => {
          if (!begun) connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
          begun = true;
          const said = /ping-\d+/.exec(chunk.toString())?.[0];
          if (said !== undefined) connection.send(`${said.length.toString(16)}\r\n${said}\r\n`);
          if (chunk.toString().endsWith('0\r\n\r\n')) connection.send('0\r\n\r\n');
        });
      },
    },
  });
  const client = await scene.session();
  const stream = client.request({ ':method': 'POST' }, { endStream: false });
  for (let turn = 0; turn < 5; turn++) {
    stream.write(`ping-${turn}`);
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    assert.equal(chunk.toString(), `ping-${turn}`);
  }
  stream.end();
  assert.equal((await answerOf(stream)).code, 0);
  client.close();
  await scene.settled();
});

test('a body above its limit is answered with 413 while it comes', async (t) => {
  const scene = await http2Scene(t, { script: {}, policies: { maxBodyBytes: 1000 } });
  const client = await scene.session();
  const stream = client.request({ ':method': 'POST' }, { endStream: false });
  stream.on('error', () => {});
  stream.write(Buffer.alloc(600));
  stream.write(Buffer.alloc(600));
  assert.equal((await answerOf(stream)).status, 413);
  assert.equal(scene.rejects('body_too_large'), 1);
  client.close();
  await scene.settled();
});

test('many streams of one connection are exchanges of their own, and each is logged and counted', async (t) => {
  const scene = await http2Scene(t, {
    script: { request: ({ connection, target }) => connection.send(ok(target)) },
    accessLog: {},
  });
  const client = await scene.session();
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => answerOf(send(client, { ':path': `/n${index}` }))),
  );
  assert.deepEqual(
    answers.map(({ body }) => body.toString()),
    answers.map((_, index) => `/n${index}`),
  );
  const lines = scene.lines();
  assert.equal(lines.length, 60);
  for (const line of lines)
    assert.deepEqual([line.status, line.protocol, line.tls_version], [200, 'HTTP/2.0', 'TLSv1.3']);
  assert.ok((lines[0]?.bytes_out as number) > 4);
  assert.equal(
    scene.requests().reduce((sum, { count }) => sum + count, 0),
    60,
  );
  assert.equal(scene.registry.sum(scene.plan.cells.proxy, proxyFields.connectionsTotal), 1);
  client.close();
  await scene.settled();
});

test('the bounds of a head are answered as in HTTP/1.1', async (t) => {
  const scene = await http2Scene(t, { limits: { maxHeaderCount: 20, maxUriBytes: 100, maxHeaderValueBytes: 200 } });
  const client = await scene.session();
  const ask = async (fields: Record<string, string>) => (await answerOf(send(client, fields))).status;
  assert.equal(await ask({ ':path': `/${'a'.repeat(200)}` }), 414);
  assert.equal(await ask({ 'x-long': 'a'.repeat(201) }), 431);
  assert.equal(await ask(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`x-${index}`, 'a']))), 431);
  assert.equal(await ask({ cookie: 'a'.repeat(100) }), 200);
  assert.equal(scene.origin.requests.length, 1);
  assert.equal(scene.rejects('headers_too_large'), 2);
});
