/** Targets that fail, refuse or lie in HTTP/2, and what becomes of the requests that they were given. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { TestAuthority } from '../helpers/certificates.ts';
import { startPlane } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { type FramePeer, type FrameScript, longHeaders, response } from '../helpers/http2-frame-origin.ts';
import {
  dataFrame,
  errorCodes,
  type FieldList,
  flags,
  frame,
  frameTypes,
  headersFrame,
  resetFrame,
  settingsFrame,
  words,
} from '../helpers/http2-frames.ts';
import { answering, deadPort, ok, startOrigin } from '../helpers/origin.ts';
import { sceneOf, scenery } from '../helpers/proxied.ts';
import { get, post } from '../helpers/raw-http.ts';
import { TestCertificates, upstreamTls } from '../helpers/secured-plane.ts';
import { frameScene, sceneBefore } from './http2-scene.ts';

const good = (peer: FramePeer, stream: number) =>
  peer.send(headersFrame(stream, response(200, ['content-length', '2']), false), dataFrame(stream, 'ok', true));

/** Answers every head with `frames`. */
function answers(frames: (stream: number) => Buffer[]): FrameScript {
  return { head: (peer, stream) => peer.send(...frames(stream)) };
}

test('a target that is not there is refused, and one that speaks HTTP/1.1 or anything else is given nothing', async (t) => {
  const refused = await sceneBefore(t, [await deadPort()]);
  assert.equal((await refused.ask(get())).status, 502);
  assert.equal(refused.errors('connect_refused'), 1);
  for (const [what, hello] of [
    ['HTTP/1.1', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['zeroes', '\0'.repeat(64)],
  ] as const) {
    const s = await frameScene(
      t,
      { connected: (peer) => peer.send(Buffer.from(hello, 'latin1')) },
      { origin: { acknowledges: false } },
    );
    const answer = await s.ask(post('secret'));
    assert.equal(answer.status, 502, what);
    assert.equal(s.errors('upstream_protocol_error'), 1, what);
    assert.equal(s.origin.requests, 0);
    assert.match(s.reports.join('\n'), /^A target does not speak HTTP\/2.*it may speak HTTP\/1\.1 alone.*http-version/);
    await s.ask(get());
    assert.equal(s.reports.length, 1, 'it is said once');
    await s.settled();
    assert.equal(s.held().targetConnections, 0);
  }
});

test('a target that closes before its settings is given nothing, and another takes the request', async (t) => {
  const s = await frameScene(t, { connected: ({ socket }) => void socket.end() });
  const other = await sceneBefore(t, [s.origin.port]);
  assert.equal((await other.ask(post('x'))).status, 502);
  assert.equal(other.errors('upstream_reset'), 1);
  assert.equal(s.origin.requests, 0);
});

test('a target whose settings never come has connect-secs for them', async (t) => {
  const s = await frameScene(t, { connected: () => {} }, { manual: true, origin: { acknowledges: false } });
  const client = await s.client();
  client.send(post('x'));
  await eventually(() => (s.origin.peers[0]?.frames.length ?? 0) > 0);
  s.clock.advance(5200);
  assert.equal((await client.response('POST')).status, 504);
  assert.equal(s.errors('connect_timeout'), 1);
  assert.equal(s.origin.requests, 0);
});

test('a TLS target that does not agree on h2 is given nothing, and the log says why', async (t) => {
  const authority = TestAuthority.root(t);
  for (const protocols of [undefined, ['http/1.1']]) {
    let bytes = 0;
    const server = createServer({ ...authority.issue(), ...(protocols && { ALPNProtocols: protocols }) }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
    }).listen(0, '127.0.0.1');
    t.after(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const config = scenery([port], { upstream: { httpVersion: '2', tls: upstreamTls(authority) } });
    const plane = await startPlane(t, config, undefined, undefined, { certificates: new TestCertificates() });
    const s = sceneOf(t, plane);
    assert.equal((await s.ask(get())).status, 502);
    assert.equal(s.errors('tls_handshake'), 1);
    assert.match(s.reports.join('\n'), /does not speak (?:HTTP\/2|the protocol that was asked for) \(ALPN\)/);
    assert.equal(bytes, 0);
  }
});

test('a stream that is reset before it is answered is a failure of the target, and no POST goes out twice', async (t) => {
  const s = await frameScene(
    t,
    answers((stream) => [resetFrame(stream, errorCodes.internalError)]),
  );
  for (let i = 0; i < 2; i++) {
    const answer = await s.ask(post('x'));
    assert.equal(answer.status, 502);
    assert.match(answer.text, /upstream_reset/);
  }
  assert.equal(s.origin.requests, 2);
  assert.equal(s.origin.peers.length, 1, 'the session stays');
  await s.settled();
});

test('a request that the target refused goes out once more on another session, whatever its method, with its body', async (t) => {
  let refusals = 0;
  const s = await frameScene(t, {
    frame: (peer, { type, stream, flags: flag }) => {
      if (type !== frameTypes.data || (flag & flags.endStream) === 0) return;
      if (refusals++ === 0) peer.send(resetFrame(stream, errorCodes.refusedStream));
      else good(peer, stream);
    },
  });
  assert.equal((await s.ask(post('the body'))).text, 'ok');
  assert.equal(s.origin.peers.length, 2);
  const bodies = s.origin.peers.map((peer) => Buffer.concat(peer.of(frameTypes.data).map(({ payload }) => payload)));
  assert.deepEqual(bodies.map(String), ['the body', 'the body']);
});

test('a target that refuses again and again is left, and the request is answered', async (t) => {
  const s = await frameScene(
    t,
    answers((stream) => [resetFrame(stream, errorCodes.refusedStream)]),
  );
  assert.equal((await s.ask(post('x'))).status, 502);
  assert.equal(s.origin.requests, 2);
});

test('a target that takes connections but no streams is left, not asked again and again', async (t) => {
  const goaway = frame(frameTypes.goaway, 0, 0, words(0, errorCodes.noError));
  for (const hello of [[settingsFrame([3, 0])], [settingsFrame([3, 0]), goaway], [settingsFrame(), goaway]]) {
    const s = await frameScene(t, { connected: (peer) => peer.send(...hello) });
    assert.equal((await s.ask(get())).status, 502);
    assert.equal(s.errors('upstream_reset'), 1);
    assert.ok(s.origin.peers.length <= 2, `${s.origin.peers.length} connections`);
    await s.settled();
    assert.equal(s.held().targetConnections, 0);
  }
});

test('GOAWAY ends no stream that the target looks at, and takes the others to a new session', async (t) => {
  const waiting: [FramePeer, number][] = [];
  const s = await frameScene(t, {
    head: (peer, stream) => {
      if (s.origin.peers.length > 1) good(peer, stream);
      else if (waiting.push([peer, stream]) === 3) peer.send(frame(frameTypes.goaway, 0, 0, words(3, 0)));
    },
  });
  const asked = [s.ask(post('a')), s.ask(post('b')), s.ask(post('c'))];
  await s.origin.peer(1);
  for (const [peer, stream] of waiting.slice(0, 2)) good(peer, stream);
  assert.deepEqual(
    (await Promise.all(asked)).map(({ text }) => text),
    ['ok', 'ok', 'ok'],
  );
  assert.equal(s.origin.requests, 4);
  await eventually(() => s.origin.peers[0]?.gone === true);
  assert.equal(s.held().targetConnections, 1);
});

test('GOAWAY with an error takes what was not looked at to a new session, too', async (t) => {
  const s = await frameScene(t, {
    head: (peer, stream) => {
      if (s.origin.peers.length > 1) good(peer, stream);
      else peer.send(frame(frameTypes.goaway, 0, 0, words(0, errorCodes.enhanceYourCalm)));
    },
  });
  assert.equal((await s.ask(post('a'))).text, 'ok');
});

test('a response that the target breaks off is broken off for the client, however politely it was done', async (t) => {
  for (const code of [errorCodes.noError, errorCodes.internalError, errorCodes.cancel]) {
    const s = await frameScene(t, {
      head: (peer, stream) => {
        peer.send(headersFrame(stream, response(200), false), dataFrame(stream, 'begun'));
        setImmediate(() => peer.send(resetFrame(stream, code)));
      },
    });
    const client = await s.client();
    client.send(get());
    const cut = await client.cutResponse();
    assert.equal(cut.status, 200);
    assert.equal(s.errors('upstream_truncated'), 1, `code ${code}`);
  }
});

test('a head that is no head is 502, and the client sees none of it', async (t) => {
  const many: FieldList = Array.from({ length: 1200 }, (_, at) => [`x-${at}`, 'v'] as const);
  const long: FieldList = Array.from({ length: 9 }, (_, at) => [`x-${at}`, 'v'.repeat(8000)] as const);
  const heads: Record<string, FieldList> = {
    'no status': [['x-a', '1']],
    'status 99': response(99),
    'status 600': response(600),
    'status abc': response('abc'),
    'status 0200': response('0200'),
    'two statuses': [...response(200), [':status', '200']],
    'status after a field': [['x-a', '1'], ...response(200)],
    'another pseudo-field': response(200, [':path', '/']),
    'upper-case name': response(200, ['X-Bad', '1']),
    'connection field': response(200, ['connection', 'close']),
    'transfer-encoding': response(200, ['transfer-encoding', 'chunked']),
    'two lengths': response(200, ['content-length', '1'], ['content-length', '2']),
    'a length that is none': response(200, ['content-length', '+1']),
    'status 101': response(101),
    'too many fields': response(200, ...many),
    'too large': response(200, ...long),
  };
  for (const [what, fields] of Object.entries(heads)) {
    const s = await frameScene(
      t,
      answers((stream) => [longHeaders(stream, fields, false), dataFrame(stream, 'x', true)]),
    );
    const answer = await s.ask(get());
    assert.equal(answer.status, 502, what);
    assert.match(answer.text, /upstream_protocol_error/, what);
  }
});

test('a field whose bytes could be read as another is left out, whatever else the response says', async (t) => {
  for (const field of [
    ['x-bad', 'a\r\nset-cookie: b'],
    ['x-bad', 'a\nset-cookie: b'],
    ['x-bad', 'a\0b'],
    ['x bad', '1'],
    ['set-cookie: b\r\nx-bad', '1'],
  ] as const) {
    const fields = response(200, ['x-good', '1'], field);
    const s = await frameScene(
      t,
      answers((stream) => [headersFrame(stream, fields, true)]),
    );
    const { status, fields: came } = await s.ask(get());
    assert.equal(status, 200);
    assert.deepEqual(came.map(([name]) => name.toLowerCase()).sort(), ['content-length', 'x-correlation-id', 'x-good']);
  }
});

test('bodies that do not have the length that was announced are broken off', async (t) => {
  for (const [what, body] of Object.entries({ less: 'abc', more: 'abcdef' })) {
    const head = (stream: number) => headersFrame(stream, response(200, ['content-length', '5']), false);
    const s = await frameScene(
      t,
      answers((stream) => [head(stream), dataFrame(stream, body, true)]),
    );
    const client = await s.client();
    client.send(get());
    await client.closed();
    const text = client.received.toString('latin1');
    assert.ok(!text.endsWith('abcde'), what);
    assert.equal(s.errors('upstream_protocol_error'), 1, what);
  }
});

test('frames out of order, pushes and floods end the session, and the next request has another', async (t) => {
  const pushed = (stream: number) => frame(5, flags.endHeaders, stream, Buffer.concat([words(2), Buffer.from([0x88])]));
  const ping = frame(frameTypes.ping, 0, 0, Buffer.alloc(8));
  const interim = (stream: number) => headersFrame(stream, response(103), false);
  const faults: Record<string, (stream: number) => Buffer[]> = {
    'data before the head': (stream) => [dataFrame(stream, 'x')],
    push: (stream) => [pushed(stream)],
    'a stream that nobody opened': () => [headersFrame(7, response(200), true)],
    'frame too large': (stream) => [frame(frameTypes.data, 0, stream, Buffer.alloc(20_000))],
    'window overflow': () => [frame(frameTypes.windowUpdate, 0, 0, words(0x7fff_ffff))],
    'bad compression': (stream) => [frame(frameTypes.headers, flags.endHeaders, stream, Buffer.from([0xff, 0xff]))],
    'interim responses without end': (stream) => Array.from({ length: 40 }, () => interim(stream)),
    'heads without end': (stream) => [
      frame(frameTypes.headers, 0, stream, Buffer.from([0x88])),
      ...Array.from({ length: 200 }, () => frame(frameTypes.continuation, 0, stream)),
    ],
  };
  for (const [what, frames] of Object.entries(faults)) {
    let first = true;
    const s = await frameScene(t, {
      head: (peer, stream) => {
        if (first) peer.send(...frames(stream));
        else good(peer, stream);
        first = false;
      },
    });
    const answer = await s.ask(post('x'));
    assert.equal(answer.status, 502, what);
    assert.equal((await s.ask(get())).text, 'ok', what);
    await s.settled();
  }
  // What must be answered, and is not read, ends the session before it fills the memory.
  for (const flood of [ping, settingsFrame()]) {
    const s = await frameScene(t, {
      head: (peer) => {
        peer.socket.pause();
        for (let i = 0; i < 200; i++) peer.send(...Array.from({ length: 500 }, () => flood));
      },
    });
    assert.equal((await s.ask(post('x'))).status, 502);
    await s.settled();
    assert.equal(s.held().targetConnections, 0);
  }
});

test('a target that stops reading the request is left after write-secs, and is asked whether it is there', async (t) => {
  const s = await frameScene(t, {}, { manual: true, policies: { maxBodyBytes: 0 } });
  const client = await s.client();
  client.send(post('x'.repeat(300_000)));
  const peer = await s.origin.peer();
  // The window that a stream has from its start.
  await eventually(() => peer.of(frameTypes.data).reduce((sum, { payload }) => sum + payload.length, 0) === 65_535);
  s.clock.advance(14_000);
  // A little of it is taken: the patience begins anew.
  peer.send(frame(frameTypes.windowUpdate, 0, 1, words(20_000)), frame(frameTypes.windowUpdate, 0, 0, words(20_000)));
  await eventually(() => peer.of(frameTypes.data).reduce((sum, { payload }) => sum + payload.length, 0) === 85_535);
  s.clock.advance(14_000);
  assert.equal(s.errors('write_timeout'), 0);
  s.clock.advance(2000);
  assert.equal((await client.response('POST')).status, 504);
  assert.equal(s.errors('write_timeout'), 1);
  assert.equal(await peer.resetOf(1), errorCodes.cancel);
  await eventually(() => peer.of(frameTypes.ping).length === 1);
});

test('a target that falls silent is left after its time, and its session with it when it does not answer a PING', async (t) => {
  for (const pongs of [true, false]) {
    const s = await frameScene(
      t,
      {
        head: (peer, stream) => {
          if (stream === 1 && s.origin.peers.length === 1) {
            peer.send(headersFrame(stream, response(200), false), dataFrame(stream, 'begun'));
          } else good(peer, stream);
        },
      },
      { manual: true, origin: { pongs } },
    );
    const client = await s.client();
    client.send(get());
    await client.until('the beginning', () => client.received.includes('begun') || undefined);
    s.clock.advance(15_300);
    await client.cutResponse();
    assert.equal(s.errors('read_timeout'), 1);
    const [peer] = s.origin.peers;
    assert.equal(await peer?.resetOf(1), errorCodes.cancel);
    await eventually(() => peer?.of(frameTypes.ping).length === 1);
    if (pongs) {
      await eventually(async () => {
        assert.equal((await s.ask(get())).text, 'ok');
        return s.origin.peers.length === 1 || s.held().targetConnections <= 2;
      });
      continue;
    }
    assert.equal((await s.ask(get())).text, 'ok');
    assert.equal(s.origin.peers.length, 2, 'nothing is given to a session that is in doubt');
    s.clock.advance(5200);
    await eventually(() => peer?.gone === true);
    assert.equal(s.held().targetConnections, 1);
  }
});

test('a target that answers before it has read the request is told to forget the rest, and the session stays', async (t) => {
  const s = await frameScene(
    t,
    {
      head: (peer, stream) => {
        if (stream === 1)
          peer.send(
            headersFrame(stream, response(413, ['content-length', '5']), false),
            dataFrame(stream, 'large', true),
          );
        else good(peer, stream);
      },
    },
    { policies: { maxBodyBytes: 0 } },
  );
  const client = await s.client();
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`);
  const answer = await client.response('POST');
  assert.equal(answer.status, 413);
  assert.equal(answer.text, 'large');
  const peer = await s.origin.peer();
  assert.equal(await peer.resetOf(1), errorCodes.cancel);
  assert.equal((await s.ask(get())).text, 'ok');
  assert.equal(s.origin.peers.length, 1);
});

test('HTTP/1.1 targets are as they were beside it', async (t) => {
  const plain = await startOrigin(t, answering(ok('plain')));
  const s = await sceneBefore(t, [plain.port], { upstream: { httpVersion: '1.1' } });
  assert.equal((await s.ask(get())).text, 'plain');
});

test('a request that its client leaves in the middle of its body never looks complete to the target', async (t) => {
  const s = await frameScene(t, {});
  const client = await s.client();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
  const peer = await s.origin.peer();
  await eventually(() => peer.of(frameTypes.data).length > 0);
  client.reset();
  assert.equal(await peer.resetOf(1), errorCodes.cancel);
  for (const { flags: flag } of peer.frames.filter(({ stream }) => stream === 1))
    assert.equal(flag & flags.endStream, 0);
});

test('nor does one whose session ends with it because the configuration has no place for the target any more', async (t) => {
  const s = await frameScene(t, {});
  const client = await s.client();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
  const peer = await s.origin.peer();
  await eventually(() => peer.of(frameTypes.data).length > 0);
  const other = await startOrigin(t, answering(ok('other')));
  await s.apply(scenery([other.port], {}));
  await eventually(() => peer.of(frameTypes.goaway).length > 0);
  client.reset();
  assert.equal(await peer.resetOf(1), errorCodes.cancel);
  for (const { flags: flag } of peer.frames.filter(({ stream }) => stream === 1))
    assert.equal(flag & flags.endStream, 0);
});
