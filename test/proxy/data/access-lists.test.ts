/** Block and allow lists as clients meet them: refused before anything else, or never bothered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionRejectReasons } from '../../../src/proxy/shared/plan.ts';
import { guarded, reached } from '../../helpers/guarded.ts';

test('a blocked client gets 403 with the cause and is not talked to any longer; others are served', async (t) => {
  const scene = await guarded(t, { blocked: ['203.0.113.0/24', '2001:db8::/32'] });
  for (const address of ['203.0.113.7', '2001:db8:1::7', '::ffff:203.0.113.200']) {
    const refused = await scene.ask(address, 'GET /any');
    assert.equal(refused.status, 403, address);
    assert.equal(refused.header('connection'), 'close');
    assert.equal(refused.header('proxy-status'), 'sentinel-feedbeef; error=http_request_denied');
    assert.equal((JSON.parse(refused.text) as { cause: string }).cause, 'blocked');
  }
  for (const address of ['203.0.114.7', '2001:db9::7']) {
    const served = await scene.ask(address);
    assert.deepEqual([served.status, served.text], [200, reached]);
  }
  assert.equal(scene.guarded('blocked'), 3);
  assert.equal(scene.errors('blocked'), 3);
});

test('the connection of a blocked client ends, and what it sent behind is not read as a request', async (t) => {
  const scene = await guarded(t, { blocked: ['203.0.113.7'] });
  const client = await scene.client();
  const request = 'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n';
  client.send(request + request);
  assert.equal((await client.response()).status, 403);
  await client.closed();
  assert.equal(scene.guarded('blocked'), 1);
});

test('the allow list wins over the block list', async (t) => {
  const scene = await guarded(t, { blocked: ['10.0.0.0/8'], allowed: ['10.1.0.0/16'] });
  assert.equal((await scene.ask('10.1.2.3')).status, 200);
  assert.equal((await scene.ask('10.2.2.3')).status, 403);
});

test('a client that nobody speaks for is refused before it has said anything', async (t) => {
  const scene = await guarded(t, { blocked: ['127.0.0.0/8'], trusted: [] });
  const refused = await scene.ask('198.51.100.1');
  assert.equal(refused.status, 403);
  assert.match(refused.header('proxy-status') ?? '', /details="blocked"/);
  const number = connectionRejectReasons.indexOf('blocked');
  assert.equal(scene.registry.sum(scene.plan.cells.connectionRejects, number), 1);
});

test('a trusted proxy that is itself on the list still speaks for clients that are not', async (t) => {
  // A proxy that is trusted speaks for many: what one of them is says nothing of the others.
  const scene = await guarded(t, { blocked: ['203.0.113.7', '127.0.0.1'] });
  assert.equal((await scene.ask('198.51.100.1')).status, 200);
});
