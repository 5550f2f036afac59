/** One outbound request that is given up, before it begins and while it waits. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { OutboundFault, sendOutbound } from '../../src/web/outbound-request.ts';

test('a request that was given up before it began connects to nobody, and one that waits ends at once', async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => undefined);
    t.after(() => void socket.destroy());
    socket.once('data', () => whileWaiting.abort());
  }).listen(0, '127.0.0.1');
  t.after(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = (signal: AbortSignal) =>
    sendOutbound(
      {
        to: { kind: 'tcp', host: '127.0.0.1', port },
        method: 'GET',
        path: '/',
        headers: { host: 'x' },
        timeoutMs: 60_000,
        bodyBytes: 0,
        signal,
      },
      systemClock,
    );
  const whileWaiting = new AbortController();
  const givenUp = (error: unknown) => error instanceof OutboundFault && error.message === 'given up';
  await assert.rejects(ask(AbortSignal.abort()), givenUp);
  assert.equal(connections, 0);
  await assert.rejects(ask(whileWaiting.signal), givenUp);
  assert.equal(connections, 1);
});
