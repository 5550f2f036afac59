/** One frame of a WebSocket at a size that no buffer could hide, past an end that reads slowly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turn } from '../helpers/dice.ts';
import { eventually } from '../helpers/eventually.ts';
import { heldBufferBytes } from '../helpers/memory.ts';
import { answering } from '../helpers/origin.ts';
import { proxied } from '../helpers/proxied.ts';
import { get } from '../helpers/raw-http.ts';
import { agreement, handshakeLines } from '../websocket/websocket-scene.ts';

const GIB = 1 << 30;
const MIB = 1 << 20;

test('a frame of 1 GiB passes to a target that stops again and again, in less than 32 MiB', async (t) => {
  const { client, origin } = await proxied(t, { script: answering(agreement()) });
  const one = await client();
  one.send(get('/', ...handshakeLines));
  assert.equal((await one.interim()).status, 101);
  const { socket } = await origin.connection();
  socket.removeAllListeners('data');
  let came = 0;
  let pauses = 0;
  socket.on('data', (chunk: Buffer) => {
    came += chunk.length;
    if (Math.floor(came / (32 * MIB)) <= pauses) return;
    pauses++;
    socket.pause();
    setTimeout(() => socket.resume(), 50);
  });
  const header = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]);
  const chunk = Buffer.alloc(MIB, 'x');
  const before = heldBufferBytes();
  let most = 0;
  one.send(header);
  for (let sent = 0; sent < GIB; sent += MIB) {
    if (!one.socket.write(chunk)) await new Promise((resolve) => one.socket.once('drain', resolve));
    if (sent % (64 * MIB) !== 0) continue;
    // What is thrown away is not gone at once.
    const held = heldBufferBytes();
    await turn();
    most = Math.max(most, Math.min(held, heldBufferBytes()) - before);
  }
  await eventually(() => came === GIB + header.length);
  assert.ok(most < 32 * MIB, `held ${most} bytes`);
  t.diagnostic(`held ${Math.round(most / MIB)} MiB at most`);
});
