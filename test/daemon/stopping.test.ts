/** The end of a daemon as its clients see it: `/ready` fails first, answers say that they are the last, nobody is cut off. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { staticConfig, startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

function configWith(server: string): string {
  return staticConfig().replace('drain-idle-secs 0', server);
}

/** One request; the body is read to its end. */
function ask(url: string, agent: Agent | false): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response
        .resume()
        .on('end', () => resolve(response))
        .on('error', reject);
    }).on('error', reject);
  });
}

/** A connection that has had one answer and stays open. */
async function keptConnection(t: TestContext, url: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  t.after(() => socket.destroy());
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  socket.write(request);
  await eventually(() => received.endsWith('hello'));
  received = '';
  return { socket, ask: () => socket.write(request), received: () => received };
}

test('for the time of shutdown-lag-secs /ready fails while everything else goes on, for new connections too', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configWith('shutdown-lag-secs 3; drain-idle-secs 0') });
  const kept = await keptConnection(t, daemon.url());
  daemon.child.kill('SIGTERM');
  assert.equal((await daemon.line('Draining'))['lag_ms'], 3000);
  const ready = await eventually(async () => {
    const response = await ask(`${daemon.url()}/ready`, false);
    assert.equal(response.statusCode, 503);
    return response;
  });
  assert.equal(ready.statusCode, 503);
  assert.equal((await fetch(`${daemon.adminUrl()}/ready`)).status, 503);
  assert.equal((await ask(daemon.url(), false)).statusCode, 200, 'a new connection is served');
  kept.ask();
  await eventually(() => kept.received().endsWith('hello'));
  assert.doesNotMatch(kept.received(), /connection: close/i, 'and an old one is kept');
  assert.equal((await daemon.ended()).code, 0);
});

test('a second signal ends at once within the lag too', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configWith('shutdown-lag-secs 600') });
  daemon.child.kill('SIGTERM');
  await daemon.line('Draining');
  daemon.child.kill('SIGINT');
  assert.equal((await daemon.ended()).code, 1);
});

test('clients that keep asking while the daemon stops hear Connection: close with an answer, and none is cut off', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configWith('drain-idle-secs 5') });
  const url = daemon.url();
  let answered = 0;
  const clients = Array.from({ length: 12 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const { statusCode, headers } = await ask(url, agent);
      assert.equal(statusCode, 200);
      answered++;
      if (headers.connection === 'close') return agent.destroy();
    }
  });
  await eventually(() => answered > 200);
  daemon.child.kill('SIGTERM');
  await Promise.all(clients);
  assert.equal((await daemon.ended()).code, 0);
});

test('a connection that was silent when the daemon began to stop can still be used, and is told to close', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configWith('drain-idle-secs 5') });
  const kept = await keptConnection(t, daemon.url());
  daemon.child.kill('SIGTERM');
  await daemon.line('Draining');
  await eventually(() => assert.rejects(ask(daemon.url(), false), { code: 'ECONNREFUSED' }));
  assert.equal(kept.socket.readableEnded, false, 'it is not closed first');
  kept.ask();
  await eventually(() => kept.received().endsWith('hello'));
  assert.match(kept.received(), /^HTTP\/1\.1 200 [\s\S]*connection: close/i);
  assert.equal((await daemon.ended()).code, 0);
});

test('a connection that nobody uses is closed when drain-idle-secs are over, and holds the end no longer', async (t) => {
  const daemon = await startDaemonProcess(t, { config: configWith('drain-idle-secs 1') });
  const kept = await keptConnection(t, daemon.url());
  const closed = once(kept.socket, 'end');
  daemon.child.kill('SIGTERM');
  await closed;
  assert.equal(kept.received(), '');
  assert.equal((await daemon.ended()).code, 0);
});
