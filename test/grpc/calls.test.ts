/** gRPC calls of every form through the proxy, to servers in plain text and under TLS. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { Metadata, status } from '@grpc/grpc-js';
import { eventually } from '../helpers/eventually.ts';
import { drained, grpcScene } from './grpc-scene.ts';

for (const tls of [false, true]) {
  const how = tls ? 'under TLS' : 'in plain text';

  test(`a unary call reaches a server ${how} with its metadata, and so does the answer`, async (t) => {
    const seen: Metadata[] = [];
    const s = await grpcScene(t, {
      tls,
      accessLog: {},
      handlers: {
        unary: (call, done) => {
          seen.push(call.metadata);
          const first = new Metadata();
          first.set('x-first', 'of the answer');
          first.set('x-first-bin', Buffer.from([0, 255, 10, 13]));
          call.sendMetadata(first);
          const last = new Metadata();
          last.set('x-last', 'at the end');
          last.set('x-last-bin', Buffer.from([1, 254]));
          done(null, Buffer.concat([call.request, Buffer.from('!')]), last);
        },
      },
    });
    const sent = new Metadata();
    sent.set('x-asked', 'please');
    sent.add('x-twice', 'a');
    sent.add('x-twice', 'b');
    sent.set('x-asked-bin', Buffer.from([7, 0, 9]));
    const answer = await s.echo().unary(Buffer.from('hello'), sent);
    assert.equal(answer.error, null);
    assert.equal(answer.message?.toString(), 'hello!');
    assert.deepEqual(answer.metadata.get('x-first'), ['of the answer']);
    assert.deepEqual(answer.metadata.get('x-first-bin'), [Buffer.from([0, 255, 10, 13])]);
    assert.deepEqual(answer.trailers.get('x-last'), ['at the end']);
    assert.deepEqual(answer.trailers.get('x-last-bin'), [Buffer.from([1, 254])]);
    const [came] = seen;
    assert.deepEqual(came?.get('x-asked'), ['please']);
    assert.equal(came?.get('x-twice').join(', '), 'a, b');
    assert.deepEqual(came?.get('x-asked-bin'), [Buffer.from([7, 0, 9])]);
    const line = await s.line();
    assert.equal(line['protocol'], 'HTTP/2.0');
    assert.equal(line['status'], 200);
    assert.equal(line['path'], '/test.Echo/Unary');
  });

  test(`streams from and to a server ${how} arrive whole and in order`, async (t) => {
    const s = await grpcScene(t, { tls });
    const client = s.echo();
    const down = await drained(client.serverStream(Buffer.from('n')));
    assert.equal(down.code, status.OK);
    assert.deepEqual(
      down.messages.map(String),
      Array.from({ length: 10 }, (_, at) => `n${at}`),
    );
    const sent = Array.from({ length: 50 }, () => randomBytes(1000));
    const reply = await new Promise<Buffer | undefined>((resolve, reject) => {
      const up = client.clientStream((error, whole) => (error ? reject(error) : resolve(whole)));
      for (const part of sent) up.write(part);
      up.end();
    });
    assert.deepEqual(reply, Buffer.concat(sent));
  });

  test(`both sides of a call to a server ${how} talk in turns while neither has ended`, async (t) => {
    const s = await grpcScene(t, { tls });
    const call = s.echo().bidi();
    const done = drained(call);
    for (let turn = 0; turn < 20; turn++) {
      const answered = once(call, 'data');
      call.write(Buffer.from(`turn ${turn}`));
      const [message] = (await answered) as [Buffer];
      assert.equal(message.toString(), `turn ${turn}`);
    }
    call.end();
    const { code, messages } = await done;
    assert.equal(code, status.OK);
    assert.equal(messages.length, 20);
  });
}

test('messages of megabytes pass in both directions, each as it is', async (t) => {
  const s = await grpcScene(t);
  const client = s.echo();
  for (const size of [0, 1, 16_379, 65_536, 5 * 1024 * 1024]) {
    const message = randomBytes(size);
    const { error, message: reply } = await client.unary(message);
    assert.equal(error, null);
    assert.ok(reply?.equals(message), `${size} bytes`);
  }
});

test('a call that is cancelled is cancelled at the server, and the connection goes on', async (t) => {
  let cancelled = false;
  const s = await grpcScene(t, {
    handlers: {
      serverStream: (call) => {
        call.write(Buffer.from('first'));
        call.on('cancelled', () => {
          cancelled = true;
        });
      },
    },
  });
  const client = s.echo();
  const call = client.serverStream(Buffer.from('x'));
  const done = drained(call);
  await once(call, 'data');
  call.cancel();
  assert.equal((await done).code, status.CANCELLED);
  await eventually(() => cancelled);
  assert.equal((await client.unary(Buffer.from('y'))).message?.toString(), 'y');
  assert.equal(s.held().targetConnections, 1);
});

test('a deadline travels with its call, and ends it on both sides', async (t) => {
  let deadline: Date | number = 0;
  let cancelled = false;
  const s = await grpcScene(t, {
    handlers: {
      unary: (call) => {
        deadline = call.getDeadline();
        call.on('cancelled', () => {
          cancelled = true;
        });
      },
    },
  });
  const { error } = await s.echo().unary(Buffer.from('x'), new Metadata(), { deadline: Date.now() + 300 });
  assert.equal(error?.code, status.DEADLINE_EXCEEDED);
  await eventually(() => cancelled);
  assert.notEqual(deadline, Infinity);
});

test('an error without an answer comes with its code, its words and its metadata', async (t) => {
  const s = await grpcScene(t, {
    handlers: {
      unary: (_call, done) => {
        const metadata = new Metadata();
        metadata.set('x-why', 'because');
        done({ code: status.FAILED_PRECONDITION, details: 'not now: 100% r\u00e9fl\u00e9chi', metadata });
      },
      serverStream: (call) => {
        call.write(Buffer.from('one'));
        call.emit('error', { code: status.DATA_LOSS, details: 'lost the rest' });
      },
    },
  });
  const client = s.echo();
  const { error, trailers } = await client.unary(Buffer.from('x'));
  assert.equal(error?.code, status.FAILED_PRECONDITION);
  assert.equal(error?.details, 'not now: 100% r\u00e9fl\u00e9chi');
  assert.deepEqual(trailers.get('x-why'), ['because']);
  const late = await drained(client.serverStream(Buffer.from('x')));
  assert.equal(late.code, status.DATA_LOSS);
  assert.equal(late.messages.length, 1);
});

test('hundreds of calls at once share few connections to the server, and none waits for another', async (t) => {
  const open: (() => void)[] = [];
  const s = await grpcScene(t, {
    handlers: { unary: ({ request }, done) => void open.push(() => done(null, request)) },
  });
  const clients = [s.echo(), s.echo(), s.echo()];
  const calls = clients.flatMap((client) =>
    Array.from({ length: 90 }, (_, at) => client.unary(Buffer.from(String(at))).then(({ message }) => String(message))),
  );
  await eventually(() => open.length === calls.length);
  assert.ok(s.held().targetConnections <= 3, `${s.held().targetConnections} connections`);
  assert.equal(s.held().targetInFlight, calls.length);
  for (const answer of open.reverse()) answer();
  const numbers = Array.from({ length: 90 }, (_, at) => String(at));
  assert.deepEqual(await Promise.all(calls), [...numbers, ...numbers, ...numbers]);
});
