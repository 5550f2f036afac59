/** Server-sent events and other answers that trickle: each piece goes on at once, and a client that leaves is told to the target. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';

const stream = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n';
const framings = {
  'in chunks': {
    head: `${stream}Transfer-Encoding: chunked\r\n\r\n`,
    piece: (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`,
  },
  'until the target closes': { head: `${stream}\r\n`, piece: (text: string) => text },
};

for (const [how, { head, piece }] of Object.entries(framings)) {
  test(`an event that is sent ${how} reaches the client before the next one is written`, async (t) => {
    const scene = await proxied(t, { script: { request: ({ connection }) => connection.send(head) } });
    const client = await scene.client();
    client.send(get('/events'));
    const { connection } = await scene.origin.request();
    await client.until('the head', () => (client.received.includes('text/event-stream') ? true : undefined));
    // Nothing more comes from the target until the client has what came before: what waited for company would wait for ever.
    for (const n of [1, 2, 3]) {
      const event = `data: ${n}\n\n`;
      connection.send(piece(event));
      await client.until(event, () => (client.received.includes(event) ? true : undefined));
    }
  });

  test(`a client that leaves an answer ${how} is told to the target, though neither side says anything`, async (t) => {
    const scene = await proxied(t, { script: { request: ({ connection }) => connection.send(head) } });
    const client = await scene.client();
    client.send(get('/events'));
    await client.until('the head', () => (client.received.includes('text/event-stream') ? true : undefined));
    assert.equal(scene.origin.open, 1);
    client.reset();
    await eventually(() => scene.origin.open === 0);
    await scene.settled();
  });
}
