/** However the trial of a half-open breaker ends, its place is free again at once, and a good target comes back. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { readBreaker, setBreaker } from '../../../src/proxy/shared/breaker.ts';
import { startPlanes, type TestPlane } from '../../helpers/data-plane.ts';
import { drainWithin } from '../../helpers/drain-order.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { ok, type OriginRequest, startOrigin } from '../../helpers/origin.ts';
import { type SceneOptions, sceneOf, scenery } from '../../helpers/proxied.ts';
import { get, head, type RawClient } from '../../helpers/raw-http.ts';
import { retryPolicy } from '../../helpers/several-targets.ts';

const restMs = 10_000;
const settings = { failureThreshold: 1, successThreshold: 1, timeoutMs: restMs, halfOpenMaxRequests: 1 };

const answers: Readonly<Record<string, string>> = {
  '/sick': 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n',
  '/ok': ok(),
  '/begins': 'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhalf',
  '/busy': 'HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n',
};

function state({ registry, plan }: Pick<TestPlane, 'registry' | 'plan'>): string {
  const breaker = plan.upstreams[0]?.targets[0]?.breaker;
  assert.ok(breaker);
  return readBreaker(registry.view(breaker.cell, 0)).state;
}

/** Two workers before one target whose breaker has opened and rested. It answers by the path; others wait. */
async function rested(t: TestContext, options: SceneOptions = {}) {
  const heads: OriginRequest[] = [];
  const origin = await startOrigin(t, {
    head: (request) => {
      heads.push(request);
      const answer = answers[request.target];
      if (answer !== undefined) request.connection.send(answer);
    },
  });
  const clock = new ManualClock();
  const config = scenery([origin.port], { ...options, upstream: { circuitBreaker: settings } });
  const planes = await startPlanes(t, config, 2, clock);
  const [one, two] = planes.map((plane) => sceneOf(t, plane));
  assert.ok(one !== undefined && two !== undefined);
  assert.equal((await one.ask(get('/sick'))).status, 500);
  assert.equal(state(one), 'open');
  clock.advance(restMs + 100);
  const latest = () => heads.at(-1) as OriginRequest;
  /** A request that holds the only place. */
  const trial = async (request: string): Promise<RawClient> => {
    const before = heads.length;
    const client = await one.client();
    client.send(request);
    await eventually(() => heads.length > before);
    assert.equal((await two.ask(get('/ok'))).status, 503, 'the only place is taken');
    assert.equal(state(one), 'half_open');
    return client;
  };
  return { one, two, config, clock, latest, trial };
}

type Scene = Awaited<ReturnType<typeof rested>>;

const chunkedPost = head('POST', '/waits', 'Transfer-Encoding: chunked');

/** Ends of a trial that say nothing of the target, or good things only. */
const ends: Readonly<Record<string, { options?: SceneOptions; run(scene: Scene): Promise<void> }>> = {
  'the client leaves before the answer': {
    async run({ trial }) {
      (await trial(get('/waits'))).reset();
    },
  },
  'the client leaves while it still sends its body': {
    async run({ trial }) {
      (await trial(`${chunkedPost}5\r\nhello\r\n`)).reset();
    },
  },
  'the client leaves in the middle of a good answer': {
    async run({ trial }) {
      const client = await trial(get('/begins'));
      await client.until('the head', () => (client.received.includes('half') ? true : undefined));
      client.reset();
    },
  },
  'the body of the request turns out to be no valid framing': {
    async run({ trial }) {
      const client = await trial(`${chunkedPost}5\r\nhello\r\n`);
      client.send('nonsense\r\n');
      assert.equal((await client.response('POST')).status, 400);
    },
  },
  'the body of the request grows too large': {
    options: { policies: { maxBodyBytes: 8 } },
    async run({ trial }) {
      const client = await trial(`${chunkedPost}5\r\nhello\r\n`);
      client.send('5\r\nworld\r\n');
      assert.equal((await client.response('POST')).status, 413);
    },
  },
  'the client falls silent in its body': {
    options: { listener: { bodyIdleTimeoutMs: 2000 } },
    async run({ trial, clock }) {
      const client = await trial(`${chunkedPost}5\r\nhello\r\n`);
      clock.advance(2500);
      assert.equal((await client.response('POST')).status, 408);
    },
  },
  'the worker drains and its deadline cuts the request': {
    async run({ trial, one, clock }) {
      await trial(get('/waits'));
      const drained = one.plane.drain(drainWithin(1000));
      clock.advance(1500);
      assert.equal(await drained, 1);
    },
  },
  'the worker closes everything at once': {
    async run({ trial, one }) {
      await trial(get('/waits'));
      await one.plane.close();
    },
  },
  'the answer has a status that is tried again though it is none of failure': {
    options: {
      route: {
        retry: retryPolicy({
          maxAttempts: 2,
          retryableStatusCodes: [429],
          backoffBaseMs: 50_000,
          backoffMaxMs: 50_000,
        }),
      },
    },
    async run({ one, two }) {
      const client = await one.client();
      client.send(get('/busy'));
      await eventually(() => state(two) === 'closed');
      client.reset();
    },
  },
};

for (const [how, { options, run }] of Object.entries(ends)) {
  test(`the place of a trial is free when ${how}`, async (t) => {
    const scene = await rested(t, options);
    await run(scene);
    // No time passes: the place has been given back, it has not run out.
    await eventually(async () => (await scene.two.ask(get('/ok'))).status === 200);
    assert.equal(state(scene.two), 'closed');
  });
}

test('a trial that fails opens the breaker again, and its place is free after the rest', async (t) => {
  const { one, two, clock, trial, latest } = await rested(t);
  const client = await trial(get('/waits'));
  latest().connection.send(answers['/sick'] ?? '');
  assert.equal((await client.response()).status, 500);
  assert.equal(state(one), 'open');
  clock.advance(restMs - 200);
  assert.equal((await two.ask(get('/ok'))).status, 503);
  clock.advance(400);
  assert.equal((await two.ask(get('/ok'))).status, 200);
  assert.equal(state(one), 'closed');
});

test('a reload during a trial leaves its place and its outcome alone', async (t) => {
  const { one, two, config, trial, latest } = await rested(t);
  const client = await trial(get('/waits'));
  await one.apply(config);
  await two.apply(config);
  assert.equal((await two.ask(get('/ok'))).status, 503, 'the place is still taken');
  latest().connection.send(ok());
  assert.equal((await client.response()).status, 200);
  assert.equal(state(one), 'closed');
});

test('a reload that changes the number of trials at once leaves the state alone', async (t) => {
  const { one, two, config, clock } = await rested(t);
  const breaker = one.plan.upstreams[0]?.targets[0]?.breaker;
  assert.ok(breaker);
  setBreaker(one.registry.view(breaker.cell, 0), 'forced_open', clock.now());
  const [upstream] = config.upstreams;
  assert.ok(upstream);
  const next = { ...config, upstreams: [{ ...upstream, circuitBreaker: { ...settings, halfOpenMaxRequests: 2 } }] };
  await two.apply(next);
  assert.equal((await two.ask(get('/ok'))).status, 503, 'still open by order');
  setBreaker(one.registry.view(breaker.cell, 0), 'closed', clock.now());
  assert.equal((await two.ask(get('/sick'))).status, 500);
  clock.advance(restMs + 100);
  const trials = [await two.client(), await two.client()];
  for (const trial of trials) trial.send(get('/begins'));
  for (const trial of trials) await trial.until('the head', () => (trial.received.includes('half') ? true : undefined));
  assert.equal((await two.ask(get('/ok'))).status, 503, 'two at once, and no third');
});

test('a good answer that flows as long as a trial may last has shown enough', async (t) => {
  const { one, two, clock, trial, latest } = await rested(t, { route: { circuitBreaker: settings } });
  const client = await trial(get('/begins'));
  const step = restMs / 10;
  for (let passed = 0; passed < restMs; passed += step) {
    assert.equal(state(one), 'half_open', `after ${passed} ms`);
    clock.advance(step);
    latest().connection.send('.');
    await client.until('what flows', () => (client.received.toString().endsWith('.') ? true : undefined));
    client.received = Buffer.alloc(0);
  }
  assert.equal(state(one), 'closed');
  assert.equal((await two.ask(get('/ok'))).status, 200);
  client.reset();
  await one.settled();
  assert.equal(state(one), 'closed');
});
