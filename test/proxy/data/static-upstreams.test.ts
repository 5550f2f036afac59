/** Upstreams that are a fixed answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StaticResponse, UpstreamConfig } from '../../../src/config/model.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head, post } from '../../helpers/raw-http.ts';

const sorry = {
  targets: [],
  static: {
    status: 503,
    headers: [
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Retry-After', '900'],
    ],
    bodyBase64: Buffer.from('<h1>Sorry – back soon</h1>').toString('base64'),
  },
} as const;

test('a static upstream answers with its status, fields and bytes', async (t) => {
  const { ask, requests, errors } = await proxied(t, { upstream: sorry });
  const response = await ask(get());
  assert.equal(response.status, 503);
  assert.equal(response.header('content-type'), 'text/html; charset=utf-8');
  assert.equal(response.header('retry-after'), '900');
  assert.equal(response.body.toString(), '<h1>Sorry – back soon</h1>');
  assert.equal(response.header('server'), 'sentinel');
  assert.match(response.header('date') ?? '', / GMT$/);
  assert.match(response.header('x-correlation-id') ?? '', /^[0-9a-f]{24}$/);
  assert.equal(response.header('proxy-status'), undefined, 'what the operator wrote is no failure of the proxy');
  assert.deepEqual(requests(), [{ route: 'all', upstream: 'origin', method: 'GET', status: 503, count: 1 }]);
  assert.equal(errors('no_healthy_target'), 0);
});

test('HEAD gets the length and no body, and the connection goes on', async (t) => {
  const { client } = await proxied(t, { upstream: sorry });
  const one = await client();
  one.send(head('HEAD', '/') + post('abc') + get());
  assert.equal((await one.response('HEAD')).header('content-length'), '28');
  assert.equal((await one.response()).body.length, 28);
  assert.equal((await one.response()).body.length, 28);
});

test('an empty answer has length 0, 204 and 304 have none', async (t) => {
  for (const [status, length] of [
    [200, '0'],
    [204, undefined],
    [304, undefined],
  ] as const) {
    const { client } = await proxied(t, {
      upstream: { targets: [], static: { status, headers: [], bodyBase64: '' } },
    });
    const one = await client();
    one.send(get() + get());
    for (let i = 0; i < 2; i++) {
      const response = await one.response();
      assert.equal(response.status, status);
      assert.equal(response.header('content-length'), length);
    }
  }
});

test('a server field of null is not sent', async (t) => {
  const { ask } = await proxied(t, { upstream: sorry, server: { serverHeader: null } });
  assert.equal((await ask(get())).header('server'), undefined);
});

const page = {
  headers: [['Content-Type', 'text/plain']],
  bodyBase64: Buffer.from('a page').toString('base64'),
} as const;

function fixed(answer: Partial<StaticResponse> = {}): { readonly upstream: Partial<UpstreamConfig> } {
  return { upstream: { targets: [], static: { status: 200, ...page, ...answer } } };
}

test('a client that has the answer already is told so, by a strong tag of its content', async (t) => {
  const { ask } = await proxied(t, fixed({ headers: [...page.headers, ['Cache-Control', 'max-age=5']] }));
  const first = await ask(get());
  const tag = first.header('etag') ?? '';
  assert.match(tag, /^"[\w-]{22}"$/);
  for (const wanted of [tag, `W/${tag}`, `"x", ${tag}`, '*', `"x"\r\nIf-None-Match: ${tag}`]) {
    const again = await ask(get('/', `If-None-Match: ${wanted}`));
    assert.equal(again.status, 304, wanted);
    assert.equal(again.body.length, 0);
    assert.equal(again.header('etag'), tag);
    assert.equal(again.header('cache-control'), 'max-age=5');
    assert.equal(again.header('content-type'), undefined);
    assert.equal(again.header('content-length'), undefined);
  }
  assert.equal((await ask(head('HEAD', '/', `If-None-Match: ${tag}`))).status, 304);
  assert.equal((await ask(head('HEAD', '/'))).header('etag'), tag);
});

test('another tag, another method and another status than 200 get the whole answer', async (t) => {
  const { ask } = await proxied(t, fixed());
  assert.equal((await ask(get('/', 'If-None-Match: "other"'))).text, 'a page');
  assert.equal((await ask(get('/', 'If-None-Match: other'))).text, 'a page');
  assert.equal((await ask(post('x', '/', 'If-None-Match: *'))).text, 'a page');
  const own = await proxied(t, fixed({ status: 503, headers: [['ETag', '"mine"']] }));
  assert.equal((await own.ask(get('/', 'If-None-Match: "mine"'))).status, 503);
  const failing = await proxied(t, fixed({ status: 503 }));
  const response = await failing.ask(get('/', 'If-None-Match: *'));
  assert.deepEqual([response.status, response.text, response.header('etag')], [503, 'a page', undefined]);
});

test('another content is another tag, and a tag that the operator wrote stays', async (t) => {
  const tags: (string | undefined)[] = [];
  for (const answer of [
    {},
    { bodyBase64: Buffer.from('b page').toString('base64') },
    { headers: [['Content-Type', 'text/html']] as const },
    { headers: [['etag', '"mine"']] as const },
  ]) {
    const { ask } = await proxied(t, fixed(answer));
    tags.push((await ask(get())).header('etag'));
  }
  assert.equal(new Set(tags).size, 4);
  assert.equal(tags[3], '"mine"');
});
