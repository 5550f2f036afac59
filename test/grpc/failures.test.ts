/** What a gRPC client is told when its server, or the proxy, cannot serve it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { eventually } from '../helpers/eventually.ts';
import { deadPort } from '../helpers/origin.ts';
import { drained, grpcScene } from './grpc-scene.ts';

test('a server that goes away in the middle of a stream is UNAVAILABLE, after what it has sent', async (t) => {
  const s = await grpcScene(t, {
    handlers: {
      serverStream: (call) => {
        call.write(Buffer.from('first'));
      },
    },
  });
  const call = s.echo().serverStream(Buffer.from('x'));
  const done = drained(call);
  await once(call, 'data');
  s.target.server.forceShutdown();
  const { code, messages } = await done;
  assert.notEqual(code, status.OK);
  assert.equal(messages.length, 1);
});

test('a call goes to another server where the first cannot be reached', async (t) => {
  const s = await grpcScene(t, { others: [await deadPort()] });
  const client = s.echo();
  for (let i = 0; i < 4; i++) assert.equal((await client.unary(Buffer.from('x'))).message?.toString(), 'x');
});

test('a call of a service that has no target is UNAVAILABLE, and says which words of the proxy fit', async (t) => {
  const s = await grpcScene(t, { accessLog: {} });
  s.target.server.forceShutdown();
  const { error, trailers } = await s.echo().unary(Buffer.from('x'));
  assert.equal(error?.code, status.UNAVAILABLE);
  assert.match(error?.details ?? '', /connect_refused: /);
  assert.match(String(trailers.get('proxy-status')[0]), /error=connection_refused/);
  const line = await s.line();
  assert.equal(line['status'], 502);
  assert.equal(line['cause'], 'connect_refused');
});

test('a call that no route takes is UNIMPLEMENTED', async (t) => {
  const s = await grpcScene(t, { route: { enabled: false } });
  const { error } = await s.echo().unary(Buffer.from('x'));
  assert.equal(error?.code, status.UNIMPLEMENTED);
  assert.match(error?.details ?? '', /no_route/);
});

test('a call above a limit of the proxy is UNAVAILABLE at once', async (t) => {
  const called = Promise.withResolvers<() => void>();
  const s = await grpcScene(t, {
    limits: { maxInFlightRequests: 1 },
    handlers: { unary: ({ request }, done) => called.resolve(() => done(null, request)) },
  });
  const client = s.echo();
  const first = client.unary(Buffer.from('x'));
  const answer = await called.promise;
  const { error } = await client.unary(Buffer.from('y'));
  assert.equal(error?.code, status.UNAVAILABLE);
  assert.match(error?.details ?? '', /in_flight_limit/);
  answer();
  assert.equal((await first).error, null);
});

test('a message above the limit of the route is refused while it comes', async (t) => {
  const s = await grpcScene(t, { policies: { maxBodyBytes: 1000 } });
  const { error } = await s.echo().unary(Buffer.alloc(100_000));
  assert.equal(error?.code, status.RESOURCE_EXHAUSTED);
  assert.match(error?.details ?? '', /body_too_large/);
});

test('a server that does not answer in time is UNAVAILABLE, and its call is cancelled', async (t) => {
  let cancelled = false;
  const called = Promise.withResolvers<void>();
  const s = await grpcScene(t, {
    manual: true,
    handlers: {
      unary: (call) => {
        call.on('cancelled', () => {
          cancelled = true;
        });
        called.resolve();
      },
    },
  });
  const asked = s.echo().unary(Buffer.from('x'));
  await called.promise;
  s.clock.advance(31_000);
  const { error } = await asked;
  assert.equal(error?.code, status.UNAVAILABLE);
  assert.match(error?.details ?? '', /response_timeout/);
  await eventually(() => cancelled);
});

test('a stream in which one side talks is cut by no clock, and one in which both are silent is', async (t) => {
  const heard: string[] = [];
  const s = await grpcScene(t, {
    manual: true,
    accessLog: {},
    handlers: {
      // Says one thing, and then only listens.
      bidi: (call) => {
        call.write(Buffer.from('welcome'));
        call.on('data', (message: Buffer) => {
          heard.push(message.toString());
          if (message.toString() === 'speak') call.write(message);
        });
      },
    },
  });
  const call = s.echo().bidi();
  const done = drained(call);
  await once(call, 'data');
  for (let i = 0; i < 5; i++) {
    // Ten seconds of silence of the server at a time: `read-secs` is 15.
    s.clock.advance(10_000);
    call.write(Buffer.from(`note ${i}`));
    await eventually(() => heard.length === i + 1);
  }
  const answered = once(call, 'data');
  call.write(Buffer.from('speak'));
  assert.equal(String((await answered)[0]), 'speak');
  s.clock.advance(16_000);
  const { code } = await done;
  assert.notEqual(code, status.OK);
  assert.equal(s.errors('read_timeout'), 1);
});
