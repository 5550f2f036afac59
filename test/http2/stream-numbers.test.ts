/** The numbers of a client's streams only rise, and end at 2^31-1 (RFC 9113 §5.1.1). */
import assert from 'node:assert/strict';
import test from 'node:test';
import { eventually } from '../helpers/eventually.ts';
import { dataFrame, frameTypes, headersFrame, request } from '../helpers/http2-frames.ts';
import { http2Scene } from '../helpers/http2-scene.ts';

const LAST = 0x7fff_ffff;

test('the last stream that there can be is answered, and a connection without one ends like any other', async (t) => {
  const scene = await http2Scene(t, { manual: true, listener: { keepaliveTimeoutMs: 5000 } });
  const client = await scene.frames();
  client.send(headersFrame(1, request()), headersFrame(LAST, request({ ':method': 'POST' }), false));
  client.send(dataFrame(LAST, 'all', true));
  assert.equal(await client.status(1), 200);
  assert.equal(await client.status(LAST), 200);
  assert.equal((await scene.origin.request(1)).body.toString(), 'all');
  await eventually(() => assert.equal(client.ended(LAST), true));
  await eventually(() => {
    scene.clock.advance(6000);
    assert.deepEqual(client.goaways, [{ lastStream: LAST, code: 0 }]);
  });
  assert.equal(scene.abuses(), 0);
});

test('a number below one that was used opens no stream, and no target hears of it', async (t) => {
  const scene = await http2Scene(t);
  const client = await scene.frames();
  client.send(headersFrame(101, request()));
  assert.equal(await client.status(101), 200);
  // node:http2 takes it for a frame of a stream that has been closed, and lets it go.
  client.send(headersFrame(99, request({ ':path': '/below' })), headersFrame(101, request({ ':path': '/again' })));
  client.send(headersFrame(103, request({ ':path': '/next' })));
  assert.equal(await client.status(103), 200);
  assert.deepEqual(
    scene.origin.requests.map(({ target }) => target),
    ['/', '/next'],
  );
  assert.deepEqual([client.of(frameTypes.headers, 99).length, client.of(frameTypes.headers, 101).length], [0, 1]);
  client.socket.destroy();
  await scene.settled();
});
