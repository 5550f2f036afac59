/** How the target of a request and its Host look to the upstream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoutePolicies } from '../../../src/config/model.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head } from '../../helpers/raw-http.ts';

async function targetsSeen(
  t: Parameters<typeof proxied>[0],
  rewrite: RoutePolicies['rewrite'],
  sent: readonly string[],
): Promise<readonly string[]> {
  const { ask, origin } = await proxied(t, { policies: { rewrite } });
  for (const path of sent) await ask(get(path));
  return origin.requests.map(({ target }) => target);
}

test('strip-prefix takes whole segments off the front', async (t) => {
  const sent = ['/api/x', '/api', '/api/', '/api?q=1', '/apix', '/other/api/x', '/api/api/x', '/api//x'];
  assert.deepEqual(await targetsSeen(t, { stripPrefix: '/api', prefix: null }, sent), [
    '/x',
    '/',
    '/',
    '/?q=1',
    '/apix',
    '/other/api/x',
    '/api/x',
    '//x',
  ]);
});

test('strip-prefix with a slash at its end takes that too', async (t) => {
  const sent = ['/api/x', '/api/', '/api'];
  assert.deepEqual(await targetsSeen(t, { stripPrefix: '/api/', prefix: null }, sent), ['/x', '/', '/api']);
});

test('prefix goes in front', async (t) => {
  assert.deepEqual(await targetsSeen(t, { stripPrefix: null, prefix: '/v2' }, ['/x', '/', '/?a=1']), [
    '/v2/x',
    '/v2/',
    '/v2/?a=1',
  ]);
  assert.deepEqual(await targetsSeen(t, { stripPrefix: null, prefix: '/v2/' }, ['/x']), ['/v2/x']);
});

test('strip-prefix and prefix together replace the front', async (t) => {
  assert.deepEqual(await targetsSeen(t, { stripPrefix: '/api', prefix: '/v2' }, ['/api/x?y', '/api', '/z']), [
    '/v2/x?y',
    '/v2/',
    '/v2/z',
  ]);
});

test('the asterisk of OPTIONS is not a path', async (t) => {
  const { ask, origin } = await proxied(t, { policies: { rewrite: { stripPrefix: '/api', prefix: '/v2' } } });
  await ask(head('OPTIONS', '*'));
  assert.equal((await origin.request()).target, '*');
});

test('a query without content is kept', async (t) => {
  assert.deepEqual(await targetsSeen(t, { stripPrefix: null, prefix: null }, ['/x?', '/x', '/x??']), [
    '/x?',
    '/x',
    '/x??',
  ]);
});

test('Host is the client’s, the target’s or a fixed one, as the route says', async (t) => {
  const hostSeen = async (hostHeader: RoutePolicies['hostHeader']) => {
    const { ask, origin } = await proxied(t, { policies: { hostHeader } });
    await ask(get('/').replace('a.test', 'A.Test:81'));
    const request = await origin.request();
    assert.equal(request.fields.filter(([name]) => name.toLowerCase() === 'host').length, 1);
    return [request.header('host'), request.header('x-forwarded-host'), origin.port];
  };
  const [preserved, said] = await hostSeen({ kind: 'preserve' });
  assert.deepEqual([preserved, said], ['A.Test:81', 'A.Test:81']);
  const [upstream, , port] = await hostSeen({ kind: 'upstream' });
  assert.equal(upstream, `127.0.0.1:${port}`);
  const [literal, stillSaid] = await hostSeen({ kind: 'literal', value: 'inner.test' });
  assert.deepEqual([literal, stillSaid], ['inner.test', 'A.Test:81']);
});
