/** Clients that invent paths, hosts, methods and statuses: the exposition has no more series for it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type DaemonProcess, startDaemonProcess, staticConfig } from '../helpers/daemon.ts';

const REQUESTS = 3_000;
const BYTES_OF_A_SCRAPE = 1 << 20;

test('thousands of invented paths, hosts, methods and fields add no series: labels come from the configuration alone', async (t) => {
  const daemon = await startDaemonProcess(t, { config: staticConfig() });
  await flood(daemon, 20);
  const before = await seriesOf(daemon);
  await flood(daemon, REQUESTS);
  const after = await seriesOf(daemon);
  assert.deepEqual(after.names, before.names);
  assert.ok(after.bytes < BYTES_OF_A_SCRAPE, `${after.bytes} bytes`);
  assert.ok(after.text.includes('method="other"'), 'invented methods are one');
  assert.ok(!after.text.includes('INVENTED'), 'no word of a client is a label');
});

/** Each request has a path, host, method, field and query of its own. */
async function flood(daemon: DaemonProcess, count: number): Promise<void> {
  const { port } = new URL(daemon.url());
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  let answers = 0;
  socket.on('data', (bytes: Buffer) => {
    answers += bytes.toString('latin1').split('HTTP/1.1 200').length - 1;
    if (answers >= count) socket.end();
  });
  const closed = once(socket, 'close');
  for (let n = 0; n < count; n++) {
    const word = `INVENTED${(n * 2_654_435_761) >>> 0}`;
    socket.write(`${word} /${word}?${word}=1 HTTP/1.1\r\nHost: ${word}.example\r\n${word}: ${word}\r\n\r\n`);
  }
  await closed;
  assert.equal(answers, count);
}

async function seriesOf(daemon: DaemonProcess): Promise<{ names: readonly string[]; bytes: number; text: string }> {
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const names = text
    .split('\n')
    .filter((line) => line.startsWith('sentinel_'))
    .map((line) => line.replace(/ \S+$/, ''));
  return { names, bytes: Buffer.byteLength(text), text };
}
