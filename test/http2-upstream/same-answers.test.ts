/** One application behind both versions: whatever a client sends, it gets the same answer, and the application the same request. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { chunked, get, head, post, type RawResponse } from '../helpers/raw-http.ts';
import { type Cleanup, sceneBefore } from './http2-scene.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly fields: Record<string, unknown>;
  readonly body: string;
  readonly trailers: Record<string, unknown>;
}

/** What only this hop, or this request, has. */
const ofTheHop = /^(?::.*|host|te|connection|transfer-encoding|keep-alive|via|x-correlation-id|traceparent|date)$/;

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** Answers as the path says. */
async function application(request: Request, response: ServerResponse, seen: Seen[]): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  seen.push({
    method: request.method,
    url: request.url,
    fields: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !ofTheHop.test(name))),
    body: Buffer.concat(parts).toString('latin1'),
    trailers: Object.fromEntries(Object.entries(request.trailers)),
  });
  response.sendDate = false;
  const path = new URL(request.url ?? '/', 'http://a').pathname;
  switch (path) {
    case '/length':
      response.writeHead(200, { 'content-length': '5', 'x-a': 'b' }).end('hello');
      break;
    case '/stream':
      response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] });
      response.write('one ');
      setImmediate(() => response.end('two'));
      break;
    case '/empty':
      response.writeHead(200, { 'content-length': '0' }).end();
      break;
    case '/none':
      response.writeHead(204).end();
      break;
    case '/same':
      response.writeHead(304, { etag: '"x"' }).end();
      break;
    case '/trailers':
      response.writeHead(200, request.method === 'HEAD' ? {} : { trailer: 'x-sum' });
      response.write('summed');
      response.addTrailers({ 'x-sum': '6' });
      response.end();
      break;
    case '/hint':
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
      response.writeHead(200, { 'content-length': '2' }).end('ok');
      break;
    default:
      response.writeHead(500, { 'content-type': 'text/plain' }).end('broken');
  }
}

async function listening(t: Cleanup, version: '1.1' | '2', seen: Seen[]): Promise<number> {
  const answer = (request: Request, response: Response) => void application(request, response as ServerResponse, seen);
  const server = version === '2' ? createHttp2Server(answer) : createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

const upload = (path: string, ...lines: string[]) => head('POST', path, 'Transfer-Encoding: chunked', ...lines);

const requests: readonly (readonly [request: string, method: string])[] = [
  ...['/length', '/stream', '/empty', '/none', '/same', '/trailers', '/hint', '/broken'].flatMap((path) => [
    [get(`${path}?q=%C3%A9&r=1+2`, 'X-One: 1', 'X-Many: a', 'X-Many: b', 'Cookie: c=d; e=f'), 'GET'] as const,
    [head('HEAD', path), 'HEAD'] as const,
    [post('the body', path, 'Content-Type: text/plain'), 'POST'] as const,
    [upload(path) + chunked(['first', ' ', 'second']), 'POST'] as const,
  ]),
  [head('POST', '/length', 'Content-Length: 0'), 'POST'],
  [head('DELETE', '/none'), 'DELETE'],
  [upload('/length') + chunked([]), 'POST'],
  [upload('/trailers', 'TE: trailers', 'Connection: TE') + chunked(['x'], 'X-Check: 1', 'Content-Length: 9'), 'POST'],
  [head('POST', '/length', 'Expect: 100-continue', 'Content-Length: 4') + 'soon', 'POST'],
  [
    get('/length', 'Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings, X-Hop', 'HTTP2-Settings: AAA', 'X-Hop: 1'),
    'GET',
  ],
  [get('/length', `X-Latin: ${'\xe9\xff\x80'}`, 'X-Empty:'), 'GET'],
];

function told(response: RawResponse) {
  return {
    status: response.status,
    fields: response.fields
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !ofTheHop.test(name)),
    body: response.text,
    trailers: response.trailers.map(([name, value]) => [name.toLowerCase(), value]),
    framing: response.header('transfer-encoding') ?? response.header('content-length') ?? 'none',
  };
}

test('the version that a target speaks makes no difference to its clients, nor to the application', async (t) => {
  const outcomes = await Promise.all(
    (['1.1', '2'] as const).map(async (httpVersion) => {
      const seen: Seen[] = [];
      const port = await listening(t, httpVersion, seen);
      const s = await sceneBefore(t, [port], { upstream: { httpVersion } });
      const client = await s.client();
      const answers = [];
      for (const [request, method] of requests) {
        client.send(request);
        answers.push(told(await client.response(method)));
      }
      return { seen, answers };
    }),
  );
  const [one, two] = outcomes;
  assert.ok(one && two);
  assert.equal(one.answers.length, requests.length);
  for (const [at, [request]] of requests.entries()) {
    assert.deepEqual(two.seen[at], one.seen[at], request);
    assert.deepEqual(two.answers[at], one.answers[at], request);
  }
});
