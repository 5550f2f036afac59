/**
 * Faults of targets that are processes: what the client and the access log see of each, after exactly how many requests the
 * target is left alone, and how it comes back. Time is turned by hand.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { UpstreamConfig } from '../../src/config/model.ts';
import { readBreaker } from '../../src/proxy/shared/breaker.ts';
import { targetFields } from '../../src/proxy/shared/cells.ts';
import type { PlanTarget } from '../../src/proxy/shared/plan.ts';
import { upstream } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { proxied, type Scene } from '../helpers/proxied.ts';
import { get, type RawResponse } from '../helpers/raw-http.ts';
import { type OriginFault, OriginProcess } from './origin-process.ts';

const timeouts = { connectMs: 1000, requestMs: 1000, readMs: 1000, writeMs: 1000 };
const circuitBreaker = { failureThreshold: 5, successThreshold: 2, timeoutMs: 3_600_000, halfOpenMaxRequests: 1 };

interface Expectation {
  readonly name: string;
  readonly fault: OriginFault;
  readonly status: number;
  /** The response breaks off. */
  readonly cut?: true;
  /** `error` of `Proxy-Status`; null where the status is the target's own. */
  readonly proxyStatus: string | null;
  readonly cause: string;
  /** It is dead, rather than faulty while it lives. */
  readonly dead?: true;
}

const expectations: readonly Expectation[] = [
  {
    name: 'refuses',
    fault: { kind: 'none' },
    dead: true,
    status: 502,
    proxyStatus: 'connection_refused',
    cause: 'connect_refused',
  },
  {
    name: 'answers no SYN',
    fault: { kind: 'blocked' },
    dead: true,
    status: 504,
    proxyStatus: 'connection_timeout',
    cause: 'connect_timeout',
  },
  {
    name: 'accepts and never answers',
    fault: { kind: 'silent' },
    status: 504,
    proxyStatus: 'http_response_timeout',
    cause: 'response_timeout',
  },
  {
    name: 'answers half a head',
    fault: { kind: 'half-head' },
    status: 504,
    proxyStatus: 'http_response_timeout',
    cause: 'response_timeout',
  },
  {
    name: 'answers half a body and ends',
    fault: { kind: 'half-body' },
    status: 200,
    cut: true,
    proxyStatus: null,
    cause: 'upstream_truncated',
  },
  {
    name: 'answers half a body and falls silent',
    fault: { kind: 'stalled-body' },
    status: 200,
    cut: true,
    proxyStatus: null,
    cause: 'read_timeout',
  },
  {
    name: 'answers garbage',
    fault: { kind: 'garbage' },
    status: 502,
    proxyStatus: 'http_protocol_error',
    cause: 'upstream_protocol_error',
  },
  {
    name: 'resets after some bytes',
    fault: { kind: 'reset-after', bytes: 5000 },
    status: 200,
    cut: true,
    proxyStatus: null,
    cause: 'upstream_truncated',
  },
  {
    name: 'answers 500 each time',
    fault: { kind: 'errors', percent: 100 },
    status: 500,
    proxyStatus: null,
    cause: 'upstream_status',
  },
];

async function scene(t: TestContext, fault: OriginFault, overrides: Partial<UpstreamConfig> = {}) {
  const origin = await OriginProcess.start(t, fault);
  const faulty = upstream([origin.port], { timeouts, circuitBreaker, ...overrides });
  const proxy = await proxied(t, { manual: true, accessLog: {}, config: { upstreams: [faulty] } });
  const target = proxy.plan.upstreams[0]?.targets[0] as PlanTarget;
  return { origin, proxy, target };
}

/** One request to its end, with time going on for as long as that takes. */
async function ask({ client, clock }: Scene, cut = false): Promise<RawResponse> {
  const asking = await client();
  asking.send(get());
  let over = false;
  const answer = (cut ? asking.cutResponse() : asking.response()).finally(() => {
    over = true;
  });
  await eventually(() => {
    if (!over) clock.advance(200);
    return over;
  });
  asking.socket.destroy();
  return answer;
}

for (const { name, fault, dead, cut, status, proxyStatus, cause } of expectations) {
  test(`a target that ${name}: ${status}${cut ? ', cut' : ''} (${cause}), left after exactly five requests, back when it is well`, async (t) => {
    const { origin, proxy, target } = await scene(t, fault);
    if (fault.kind === 'none') await origin.kill();
    const state = () => readBreaker(proxy.registry.view(target.breaker?.cell ?? target.cell, 0)).state;
    for (let turn = 0; turn < 5; turn++) {
      assert.equal(state(), 'closed', `before request ${turn + 1}`);
      const response = await ask(proxy, cut);
      assert.equal(response.status, status);
      const error = proxyStatus === null ? undefined : `sentinel-feedbeef; error=${proxyStatus}`;
      assert.equal(response.header('proxy-status'), error);
      const line = await proxy.line(turn);
      assert.deepEqual([line['cause'], line['status'], line['target']], [cause, status, origin.address]);
    }
    assert.equal(state(), 'open');
    const refused = await ask(proxy);
    assert.equal(refused.status, 503);
    assert.equal(refused.header('proxy-status'), 'sentinel-feedbeef; error=destination_unavailable');
    assert.equal((await proxy.line(5))['cause'], 'breaker_open');
    if (dead === true) assert.equal(proxy.registry.sum(target.cell, targetFields.opened), 5);
    else assert.equal(await origin.requests(), 5);

    if (dead === true) await origin.restart();
    else await origin.become({ kind: 'none' });
    assert.equal((await ask(proxy)).status, 503, 'its time is not over');
    proxy.clock.advance(circuitBreaker.timeoutMs);
    assert.equal((await ask(proxy)).text, origin.body);
    assert.equal(state(), 'half_open');
    assert.equal((await ask(proxy)).text, origin.body);
    assert.equal(state(), 'closed');
    await proxy.settled();
  });
}

test('a target that is slow but never silent for long is no failure', async (t) => {
  const { origin, proxy, target } = await scene(t, { kind: 'drip', bytes: 8, everyMs: 10 });
  for (let turn = 0; turn < 6; turn++) {
    const client = await proxy.client();
    client.send(get());
    assert.equal((await client.response()).text, 'xxxxxxxx');
    client.end();
  }
  assert.equal(await origin.requests(), 6);
  assert.equal(readBreaker(proxy.registry.view(target.breaker?.cell ?? target.cell, 0)).state, 'closed');
});

for (const { percent, reported } of [
  { percent: 30, reported: null },
  { percent: 60, reported: { failures: 60, requests: 100 } },
  { percent: 100, reported: { failures: 100, requests: 100 } },
]) {
  const when = reported === null ? 'is not reported in three hundred requests' : 'is reported at exactly the hundredth';
  test(`a target that fails ${percent} of 100 requests ${when}`, async (t) => {
    const passiveHealth = { failureRate: 50, windowRequests: 100, ejectMs: 30_000, maxEjectedPercent: 50 };
    const { proxy, target } = await scene(t, { kind: 'errors', percent }, { circuitBreaker: null, passiveHealth });
    const client = await proxy.client();
    for (let turn = 1; turn <= (reported === null ? 300 : 100); turn++) {
      assert.deepEqual(proxy.events, [], `before request ${turn}`);
      client.send(get());
      await client.response();
    }
    const expected = reported === null ? [] : [{ kind: 'failing', target: target.id, ...reported }];
    await eventually(() => assert.deepEqual(proxy.events, expected));
    client.end();
  });
}
