/** Operations of a route on the fields of requests and responses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeaderOperations } from '../../../src/config/model.ts';
import { upstream } from '../../helpers/data-plane.ts';
import { answering, deadPort, ok } from '../../helpers/origin.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';

const operations = (given: Partial<HeaderOperations>): HeaderOperations => ({
  rename: [],
  remove: [],
  set: [],
  add: [],
  ...given,
});

async function requestFields(t: Parameters<typeof proxied>[0], given: Partial<HeaderOperations>, ...lines: string[]) {
  const { ask, origin } = await proxied(t, { policies: { requestHeaders: operations(given) } });
  await ask(get('/', ...lines));
  return (await origin.request()).fields;
}

const values = (fields: readonly (readonly [string, string])[], name: string) =>
  fields.filter(([given]) => given.toLowerCase() === name).map(([given, value]) => `${given}: ${value}`);

test('set replaces every field of the name, whatever its case', async (t) => {
  const fields = await requestFields(t, { set: [['X-A', 'new']] }, 'x-a: 1', 'X-A: 2', 'X-B: 3');
  assert.deepEqual(values(fields, 'x-a'), ['X-A: new']);
  assert.deepEqual(values(fields, 'x-b'), ['X-B: 3']);
});

test('add puts a field beside those of the name', async (t) => {
  const fields = await requestFields(t, { add: [['X-A', 'new']] }, 'x-a: 1');
  assert.deepEqual(values(fields, 'x-a'), ['x-a: 1', 'X-A: new']);
});

test('remove takes every field of the name, those of the proxy too', async (t) => {
  const fields = await requestFields(t, { remove: ['x-a', 'X-Forwarded-For', 'Via'] }, 'X-A: 1', 'x-a: 2');
  for (const name of ['x-a', 'x-forwarded-for', 'via']) assert.deepEqual(values(fields, name), []);
});

test('rename keeps value and place', async (t) => {
  const fields = await requestFields(t, { rename: [['X-Old', 'X-New']] }, 'X-A: 1', 'x-old: v', 'X-B: 2');
  assert.deepEqual(
    fields.slice(0, 4).map(([name, value]) => `${name}: ${value}`),
    ['Host: a.test', 'X-A: 1', 'X-New: v', 'X-B: 2'],
  );
});

test('operations come in the order rename, remove, set, add', async (t) => {
  const fields = await requestFields(
    t,
    { rename: [['X-Old', 'X-A']], remove: ['X-B'], set: [['X-B', 'set']], add: [['X-B', 'added']] },
    'X-Old: renamed',
    'X-B: sent',
  );
  assert.deepEqual(values(fields, 'x-a'), ['X-A: renamed']);
  assert.deepEqual(values(fields, 'x-b'), ['X-B: set', 'X-B: added']);
});

test('a body and bytes outside ASCII survive operations', async (t) => {
  const { ask, origin } = await proxied(t, { policies: { requestHeaders: operations({ set: [['X-S', '\xe9']] }) } });
  await ask('POST / HTTP/1.1\r\nHost: a\r\nX-A: \xe9\xa0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
  const request = await origin.request();
  assert.equal(request.body.toString(), 'abc');
  assert.equal(Buffer.from(request.header('x-s') ?? '', 'latin1').toString('hex'), 'e9');
  assert.match(request.head, /X-A: \xe9\xa0\r\n/);
});

test('operations on responses apply to what the upstream sent', async (t) => {
  const { ask } = await proxied(t, {
    policies: {
      responseHeaders: operations({
        rename: [['X-Old', 'X-New']],
        remove: ['Server', 'X-Correlation-Id'],
        set: [['X-A', 'set']],
        add: [['X-B', '2']],
      }),
    },
    script: answering(ok('ok', 'Server: secret/1', 'X-Old: v', 'x-a: 1', 'X-B: 1')),
  });
  const response = await ask(get());
  assert.equal(response.text, 'ok');
  assert.deepEqual(
    response.fields.map(([name, value]) => `${name}: ${value}`),
    ['X-New: v', 'X-B: 1', 'X-A: set', 'X-B: 2', 'Content-Length: 2'],
  );
});

test('operations on responses apply to static answers, not to the proxy’s own errors', async (t) => {
  const policies = { responseHeaders: operations({ set: [['X-A', 'set']] }) };
  const fixed = await proxied(t, {
    policies,
    upstream: { targets: [], static: { status: 200, headers: [['x-a', '1']], bodyBase64: '' } },
  });
  assert.equal((await fixed.ask(get())).header('x-a'), 'set');
  const failing = await proxied(t, { policies, config: { upstreams: [upstream([await deadPort()])] } });
  const response = await failing.ask(get());
  assert.equal(response.status, 502);
  assert.equal(response.header('x-a'), undefined);
});

test('a field that is nearly all blanks costs no more than its length', async (t) => {
  const blanks = ' '.repeat(500_000);
  const { ask, origin } = await proxied(t, {
    policies: { requestHeaders: operations({ set: [['X-Set', 'yes']] }) },
    limits: { maxHeaderBytes: 1_000_000, maxHeaderValueBytes: 1_000_000 },
  });
  // What grows with the square of the length takes minutes here.
  assert.equal((await ask(get('/', `X-Blanks: \t a${blanks}b \t`))).status, 200);
  assert.equal((await origin.request()).header('x-blanks'), `a${blanks}b`);
});
