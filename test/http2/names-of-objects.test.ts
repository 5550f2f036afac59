/** Fields whose names mean something to every JavaScript object, or to one hop, are fields like any other: they pass, or are left out, and harm nobody. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { answerOf, http2Scene, send } from '../helpers/http2-scene.ts';
import { startHttp2Origin } from '../helpers/http2-origin.ts';
import { answering } from '../helpers/origin.ts';
import { sceneBefore } from '../http2-upstream/http2-scene.ts';
import { chunked, head } from '../helpers/raw-http.ts';

/** Every object has these properties. */
const inherited = ['constructor', '__proto__'];
/** What node:http2 does not send in any field list. */
const ofOneHop = [
  'Connection',
  'Keep-Alive',
  'Proxy-Connection',
  'HTTP2-Settings',
  'Upgrade',
  'Transfer-Encoding',
  'TE',
];
const lines = (names: readonly string[]) => names.map((name) => `${name}: 1\r\n`).join('');

/** The names and values of a field list whose names are among `names`. */
function among(raw: readonly string[], names: readonly string[]): string[] {
  return raw.flatMap((name, at) => (at % 2 === 0 && names.includes(name) ? [`${name}: ${raw[at + 1]}`] : []));
}

test('the trailers of an answer may have any name', async (t) => {
  const trailers = lines([...inherited, ...inherited, ...ofOneHop, 'X-Good']);
  const body = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${trailers}\r\n`;
  const scene = await http2Scene(t, { script: answering(body) });
  const stream = send(await scene.session(), { te: 'trailers' });
  let raw: readonly string[] = [];
  stream.on('trailers', (_fields, _flags, list?: unknown) => {
    raw = list as readonly string[];
  });
  const answer = await answerOf(stream);
  assert.equal(answer.code, 0);
  assert.equal(answer.body.toString(), 'ok');
  assert.equal(answer.trailers['x-good'], '1');
  assert.deepEqual(among(raw, inherited).toSorted(), [
    '__proto__: 1',
    '__proto__: 1',
    'constructor: 1',
    'constructor: 1',
  ]);
});

test('the fields of an interim answer and of a final one may have any name', async (t) => {
  const fields = lines([...inherited, ...inherited, ...ofOneHop.slice(0, -2), 'Content-Type', 'Content-Type']);
  const scene = await http2Scene(t, {
    script: answering(`HTTP/1.1 103 Hints\r\n${fields}\r\nHTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`),
  });
  const stream = send(await scene.session());
  let raw: readonly string[] = [];
  stream.on('headers', (_fields, _flags, list?: unknown) => {
    raw = list as readonly string[];
  });
  const answer = await answerOf(stream);
  assert.equal(answer.status, 200);
  const wanted = ['__proto__: 1', '__proto__: 1', 'constructor: 1', 'constructor: 1'];
  assert.deepEqual(among(raw, inherited).toSorted(), wanted);
  assert.deepEqual(among(answer.raw, inherited).toSorted(), wanted);
});

test('the trailers of a request to an HTTP/2 target may have any name', async (t) => {
  const origin = await startHttp2Origin(t);
  const scene = await sceneBefore(t, [origin.port]);
  const trailers = [...inherited, ...inherited, ...ofOneHop, 'X-Good'].map((name) => `${name}: 1`);
  const raw: string[] = [];
  origin.server.on('stream', (stream) => {
    stream.on('trailers', (_fields, _flags, list?: unknown) => void raw.push(...(list as readonly string[])));
  });
  const request = `${head('POST', '/', 'Transfer-Encoding: chunked')}${chunked(['hello'], ...trailers)}`;
  assert.equal((await scene.ask(request, 'POST')).status, 200);
  assert.deepEqual(among(raw, [...inherited, 'x-good']).toSorted(), [
    '__proto__: 1',
    '__proto__: 1',
    'constructor: 1',
    'constructor: 1',
    'x-good: 1',
  ]);
  await scene.settled();
});
