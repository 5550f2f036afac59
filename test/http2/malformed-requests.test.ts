/** Requests that no HTTP/2 client may send (RFC 9113 §8): none reaches a target, and each costs its own stream alone. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { eventually } from '../helpers/eventually.ts';
import {
  dataFrame,
  errorCodes,
  type FieldList,
  frame,
  frameTypes,
  headersFrame,
  request,
  settingsFrame,
  windowFrame,
  words,
} from '../helpers/http2-frames.ts';
import { http2Scene } from '../helpers/http2-scene.ts';

type Case = readonly [what: string, pseudo: Readonly<Record<string, string | undefined>>, fields?: FieldList];

const reset: readonly Case[] = [
  ['an upper-case name', {}, [['X-A', 'b']]],
  ['Connection', {}, [['connection', 'keep-alive']]],
  ['Keep-Alive', {}, [['keep-alive', 'timeout=5']]],
  ['Proxy-Connection', {}, [['proxy-connection', 'close']]],
  ['Transfer-Encoding', {}, [['transfer-encoding', 'chunked']]],
  ['Upgrade', {}, [['upgrade', 'websocket']]],
  ['TE other than trailers', {}, [['te', 'gzip']]],
  ['no :method', { ':method': undefined }],
  ['a :method that is no token', { ':method': 'GET / HTTP/1.1\r\nX' }],
  ['no :path', { ':path': undefined }],
  ['an empty :path', { ':path': '' }],
  ['a :path without slash', { ':path': 'admin' }],
  ['a :path with a space', { ':path': '/a HTTP/1.1' }],
  ['a :path with a line end', { ':path': '/ HTTP/1.1\r\nX-Y: 1' }],
  ['an absolute :path', { ':path': 'https://other/' }],
  ['* for GET', { ':path': '*' }],
  ['no :scheme', { ':scheme': undefined }],
  ['a :scheme with text', { ':scheme': 'https://localhost/?' }],
  ['neither :authority nor Host', { ':authority': undefined }],
  ['user information in :authority', { ':authority': 'user@localhost' }],
  ['a space in :authority', { ':authority': 'a b' }],
  ['a line end in :authority', { ':authority': 'localhost\r\nX: 1' }],
  ['a repeated :path', {}, [[':path', '/other']]],
  ['an unknown pseudo-field', { ':admin': 'yes' }],
  ['a pseudo-field of answers', { ':status': '200' }],
  [
    'a pseudo-field after the fields',
    {},
    [
      ['a', 'b'],
      [':authority', 'x'],
    ],
  ],
  [':protocol without CONNECT', { ':protocol': 'websocket' }],
  [
    'two Content-Length',
    {},
    [
      ['content-length', '0'],
      ['content-length', '0'],
    ],
  ],
  ['a signed Content-Length', {}, [['content-length', '+0']]],
  ['a Content-Length and no body', {}, [['content-length', '5']]],
  [
    'two Host',
    {},
    [
      ['host', 'localhost'],
      ['host', 'other'],
    ],
  ],
];

const refused: readonly (readonly [...Case, status: number])[] = [
  ['a Host that differs from :authority', {}, [['host', 'other']], 400],
  ['a :scheme of another protocol', { ':scheme': 'ftp' }, [], 400],
  ['a :path with bytes beyond ASCII', { ':path': '/\xe9' }, [], 400],
  ['a :path with a fragment', { ':path': '/a#b' }, [], 400],
  ['a path above the root', { ':path': '/../etc' }, [], 400],
  ['a value with a space before it', {}, [['x-a', ' b']], 400],
  ['HTTP2-Settings', {}, [['http2-settings', 'AAMAAABk']], 400],
  ['a name that imitates a framing field', {}, [['content_length', '5']], 400],
  ['an expectation that nobody knows', {}, [['expect', 'magic']], 417],
  ['TRACE', { ':method': 'TRACE' }, [], 405],
  ['CONNECT', { ':method': 'CONNECT', ':path': undefined, ':scheme': undefined }, [], 405],
];

test('a malformed head is a stream error, and the connection goes on', async (t) => {
  const scene = await http2Scene(t);
  const client = await scene.frames();
  let stream = 1;
  for (const [what, pseudo, fields] of reset) {
    client.send(headersFrame(stream, request(pseudo, fields)));
    assert.equal(await client.reset(stream).catch((error: Error) => error.message), errorCodes.protocolError, what);
    stream += 2;
  }
  client.send(headersFrame(stream, request()));
  assert.equal(await client.status(stream), 200);
  assert.equal(scene.origin.requests.length, 1);
});

test('what is well formed as HTTP/2 but no good request is answered as in HTTP/1.1', async (t) => {
  const scene = await http2Scene(t);
  const client = await scene.frames();
  let stream = 1;
  for (const [what, pseudo, fields, status] of refused) {
    client.send(headersFrame(stream, request(pseudo, fields)));
    assert.equal(await client.status(stream).catch((error: Error) => error.message), status, what);
    stream += 2;
  }
  client.send(headersFrame(stream, request({ ':method': 'OPTIONS', ':path': '*' })));
  assert.equal(await client.status(stream), 200);
  assert.deepEqual(
    scene.origin.requests.map(({ startLine }) => startLine),
    ['OPTIONS * HTTP/1.1'],
  );
});

test('a field that would become two lines never becomes a line', async (t) => {
  const scene = await http2Scene(t);
  const client = await scene.frames();
  const fields: FieldList = [
    ['x-break', 'a\r\nX-Smuggled: 1'],
    ['x-feed', 'a\nX-Smuggled: 1'],
    ['x-return', 'a\rX-Smuggled: 1'],
    ['x-null', 'a\0b'],
    ['x-smuggled: 1\r\nx', 'a'],
    ['x:y', 'a'],
    ['x y', 'a'],
    ['', 'a'],
  ];
  let stream = 1;
  for (const field of fields) {
    client.send(headersFrame(stream, request({}, [field])));
    stream += 2;
  }
  client.send(headersFrame(stream, request({ ':path': '/last' })));
  assert.equal(await client.status(stream), 200);
  for (const { connection } of scene.origin.requests) {
    assert.doesNotMatch(connection.received.toString('latin1'), /smuggled|x-(break|feed|return|null)|x:y|x y|\0/i);
  }
});

test('a body shorter than announced aborts the request to the target, which never looks complete', async (t) => {
  const scene = await http2Scene(t, { script: {} });
  const client = await scene.frames();
  const head = request({ ':method': 'POST' }, [['content-length', '10']]);
  client.send(headersFrame(1, head, false), dataFrame(1, 'abc'));
  const connection = await scene.origin.connection();
  await eventually(() => assert.match(connection.received.toString(), /abc$/));
  client.send(dataFrame(1, 'de', true));
  assert.equal(await client.reset(1), errorCodes.protocolError);
  await eventually(() => assert.equal(connection.gone, true));
  assert.equal(connection.requests.length, 0);
  assert.match(connection.received.toString(), /content-length: 10\r\n/i);
  client.socket.destroy();
  await scene.settled();
});

test('a body longer than announced aborts the request to the target, which gets no byte too many', async (t) => {
  const scene = await http2Scene(t, { script: {} });
  const client = await scene.frames();
  const head = request({ ':method': 'POST' }, [['content-length', '5']]);
  client.send(headersFrame(1, head, false), dataFrame(1, 'abc'));
  const connection = await scene.origin.connection();
  await eventually(() => assert.match(connection.received.toString(), /abc$/));
  client.send(dataFrame(1, 'defgh', true));
  await eventually(() => assert.equal(connection.gone, true));
  assert.equal(connection.requests.length, 0);
  assert.doesNotMatch(connection.received.toString(), /abcd/);
  client.socket.destroy();
  await scene.settled();
});

test('malformed trailers abort the request', async (t) => {
  const scene = await http2Scene(t, { script: {} });
  for (const trailers of [[[':path', '/x']], [['connection', 'close']], [['X-Upper', '1']]] as FieldList[]) {
    const before = scene.origin.connections.length;
    const client = await scene.frames();
    client.send(headersFrame(1, request({ ':method': 'POST' }), false), dataFrame(1, 'abc'));
    const connection = await scene.origin.connection(before);
    await eventually(() => assert.match(connection.received.toString(), /abc\r\n$/));
    client.send(headersFrame(1, trailers));
    await eventually(() => assert.equal(connection.gone, true));
    assert.equal(connection.requests.length, 0);
    client.socket.destroy();
  }
  await scene.settled();
});

test('frames that break the connection close it with the code that says why, and no exchange is left', async (t) => {
  const scene = await http2Scene(t, { script: {} });
  const half = headersFrame(1, request({ ':method': 'POST' }), false);
  const cases: readonly (readonly [what: string, bytes: Buffer, code: number | readonly number[]])[] = [
    ['a window that grows beyond 2^31-1', windowFrame(0, 0x7fff_ffff), errorCodes.flowControlError],
    ['a window that grows by nothing', windowFrame(0, 0), errorCodes.protocolError],
    ['DATA on a stream that is not open', dataFrame(7, 'x'), errorCodes.protocolError],
    ['a stream with an even number', headersFrame(2, request()), errorCodes.protocolError],
    ['a frame that is too large', frame(frameTypes.data, 0, 1, Buffer.alloc(20_000)), errorCodes.frameSizeError],
    ['a PING of the wrong size', frame(frameTypes.ping, 0, 0, words(1)), errorCodes.frameSizeError],
    ['settings that cannot be', settingsFrame([4, 0xffff_ffff]), errorCodes.flowControlError],
    [
      'a field block that cannot be decoded',
      frame(frameTypes.headers, 5, 3, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])),
      [9, 2],
    ],
    [
      'a frame between HEADERS and CONTINUATION',
      Buffer.concat([frame(frameTypes.headers, 0, 3), dataFrame(1, 'x')]),
      errorCodes.protocolError,
    ],
  ];
  for (const [what, bytes, code] of cases) {
    const client = await scene.frames();
    const before = scene.abuses();
    client.send(half, bytes);
    const last = await client.goaway().catch((error: Error) => ({ code: error.message }));
    assert.ok([code].flat().includes(last.code as never), `${what}: ${last.code}`);
    await eventually(() => assert.equal(scene.abuses(), before + 1, what));
  }
  await scene.settled();
  assert.ok(
    scene.reports.every((line) => line.startsWith('HTTP/2 connection closed ')),
    scene.reports.join('\n'),
  );
  assert.equal(scene.reports.length, cases.length);
});
