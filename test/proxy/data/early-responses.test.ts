/** Targets that answer before they have read the request: the client gets that answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { proxied } from '../../helpers/proxied.ts';
import { get, head } from '../../helpers/raw-http.ts';

const refusal = 'HTTP/1.1 413 Too Much\r\nContent-Length: 6\r\nConnection: close\r\n\r\nno way';

test('an early answer reaches a client that is still sending', async (t) => {
  const scene = await proxied(t, { script: { head: ({ connection }) => connection.send(refusal) } });
  const client = await scene.client();
  client.send(head('POST', '/', 'Content-Length: 100000'));
  const response = await client.response();
  assert.equal(response.status, 413);
  assert.equal(response.text, 'no way');
  assert.equal(response.header('connection'), 'close', 'the rest of the body would be in the way');
  await eventually(() => scene.origin.open === 0);
  client.send('late body bytes' + get('/smuggled'));
  assert.equal(await client.closed(), 'end');
  assert.equal(client.received.length, 0);
  client.socket.destroy();
  await scene.settled();
});

for (const [how, leave] of [
  ['closes', 'end'],
  ['resets', 'reset'],
] as const) {
  test(`an early answer is not lost when the target then ${how} the connection under a large upload`, async (t) => {
    let lost = 0;
    for (let round = 0; round < 20; round++) {
      const scene = await proxied(t, {
        policies: { maxBodyBytes: 0 },
        script: {
          head: ({ connection }) => {
            connection.socket.pause();
            connection.socket.write(refusal, () => {
              if (leave === 'end') connection.socket.destroySoon();
              else connection.socket.destroy();
            });
          },
        },
      });
      const client = await scene.client();
      client.send(head('POST', '/', 'Content-Length: 8000000'));
      for (let i = 0; i < 80; i++) client.send(Buffer.alloc(100_000));
      const response = await client.response();
      if (response.status !== 413) lost++;
      client.socket.destroy();
    }
    assert.equal(lost, 0, 'of 20 answers');
  });
}

test('a target that answers early and reads on is fed on, and its answer streams meanwhile', async (t) => {
  const scene = await proxied(t, {
    policies: { maxBodyBytes: 0 },
    script: { head: ({ connection }) => connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n') },
  });
  const client = await scene.client();
  client.send(head('POST', '/', 'Content-Length: 6'));
  const connection = await scene.origin.connection();
  for (const part of ['ab', 'cd', 'ef']) {
    client.send(part);
    await eventually(() => connection.received.toString().endsWith(part));
    connection.send(`2\r\n${part}\r\n`);
    await client.until('the echo', () => (client.received.toString().endsWith(`${part}\r\n`) ? true : undefined));
  }
  connection.send('0\r\n\r\n');
  const response = await client.response();
  assert.equal(response.text, 'abcdef');
  assert.equal(await client.closed(), 'end');
});

test('a connection whose request was not read to its end is not used again', async (t) => {
  const scene = await proxied(t, {
    script: {
      head: ({ connection, target }) => {
        if (target === '/early') connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      },
      request: ({ connection, target }) => {
        if (target !== '/early') connection.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext');
      },
    },
  });
  const client = await scene.client();
  client.send(head('POST', '/early', 'Content-Length: 100'));
  assert.equal((await client.response()).text, 'ok');
  await eventually(() => scene.origin.connections[0]?.gone === true);
  assert.equal((await scene.ask(get('/next'))).text, 'next');
  assert.equal(scene.origin.connections.length, 2);
});
