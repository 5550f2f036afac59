/** What breakers, passive health and retries make of handshakes: a target is judged by its agreement, not by how a WebSocket ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBreaker } from '../../src/proxy/shared/breaker.ts';
import { eventually } from '../helpers/eventually.ts';
import { answering, type Script } from '../helpers/origin.ts';
import { proxied, type Scene } from '../helpers/proxied.ts';
import { get } from '../helpers/raw-http.ts';
import { retryPolicy, severalTargets } from '../helpers/several-targets.ts';
import { agreement, handshakeLines } from './websocket-scene.ts';

const settings = { failureThreshold: 1, successThreshold: 1, timeoutMs: 10_000, halfOpenMaxRequests: 1 };

function state({ registry, plan }: Pick<Scene, 'registry' | 'plan'>): string {
  const breaker = plan.upstreams[0]?.targets[0]?.breaker;
  assert.ok(breaker);
  return readBreaker(registry.view(breaker.cell, 0)).state;
}

test('a WebSocket that its target resets opens no breaker', async (t) => {
  const scene = await proxied(t, { script: answering(agreement()), upstream: { circuitBreaker: settings } });
  const one = await scene.client();
  one.send(get('/', ...handshakeLines));
  assert.equal((await one.interim()).status, 101);
  (await scene.origin.connection()).reset();
  await one.closed();
  await scene.settled();
  assert.equal(state(scene), 'closed');
});

test('the agreement settles a trial of a half-open breaker at once, though its WebSocket goes on', async (t) => {
  let healthy = false;
  const script: Script = {
    request: ({ connection }) => (healthy ? connection.send(agreement()) : connection.reset()),
  };
  const scene = await proxied(t, { script, manual: true, upstream: { circuitBreaker: settings } });
  assert.equal((await scene.ask(get('/', ...handshakeLines))).status, 502);
  assert.equal(state(scene), 'open');
  assert.equal((await scene.ask(get('/', ...handshakeLines))).status, 503);
  healthy = true;
  scene.clock.advance(10_100);
  const one = await scene.client();
  one.send(get('/', ...handshakeLines));
  assert.equal((await one.interim()).status, 101);
  assert.equal(state(scene), 'closed');
  const two = await scene.client();
  two.send(get('/', ...handshakeLines));
  assert.equal((await two.interim()).status, 101);
});

test('a handshake that fails is tried again elsewhere, as any request; one that has succeeded never is', async (t) => {
  const scene = await severalTargets(
    t,
    [
      { request: ({ connection }) => connection.reset() },
      { request: ({ connection }) => connection.send(agreement()) },
    ],
    { route: { retry: retryPolicy() } },
  );
  const one = await scene.client();
  one.send(get('/', ...handshakeLines));
  assert.equal((await one.interim()).status, 101);
  assert.equal(scene.reached(), 2);
  const [, second] = scene.origins;
  assert.ok(second);
  (await second.connection()).reset();
  await one.closed();
  await eventually(() => scene.held().inFlight === 0);
  assert.equal(scene.reached(), 2);
});
