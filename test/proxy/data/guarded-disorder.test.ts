/**
 * Disorder with every guard and every second chance at once: clients that do anything and leave at any time, targets that
 * fail in every way, two workers that share their counts, and plans that change in between. Whatever happens, nobody gets
 * another's answer, nothing is sent twice that may not be, and nothing stays held.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/base/clock.ts';
import type { Config, RouteConfig } from '../../../src/config/model.ts';
import { RateTables } from '../../../src/proxy/control/rate-tables.ts';
import { ClientConnections } from '../../../src/proxy/shared/client-connections.ts';
import {
  type CellRef,
  guardFields,
  proxyFields,
  targetFields,
  upstreamFields,
} from '../../../src/proxy/shared/cells.ts';
import { breakerWords, MAX_SLOTS } from '../../../src/proxy/shared/breaker.ts';
import type { Plan } from '../../../src/proxy/shared/plan.ts';
import { config, listener, rateLimit, route, startPlanes, type TestPlane, upstream } from '../../helpers/data-plane.ts';
import { answerOf, assertBodyOf, bodyFor, Dice, sendInPieces, turn } from '../../helpers/dice.ts';
import { eventually } from '../../helpers/eventually.ts';
import { deadPort, type OriginConnection, type OriginRequest, type Script, startOrigin } from '../../helpers/origin.ts';
import { chunked, head, RawClient } from '../../helpers/raw-http.ts';
import { retryPolicy } from '../../helpers/several-targets.ts';

const seeds = (process.env['SENTINEL_DISORDER_SEEDS'] ?? '1 2').split(' ').map(Number);
const waves = 5;
const visitors = 24;

const breaker = { failureThreshold: 2, successThreshold: 1, timeoutMs: 30, halfOpenMaxRequests: 2 };
const pool = { maxConnections: 4, maxIdle: 2, idleTimeoutMs: 50, maxLifetimeMs: 200, maxPending: 6 };
const timeouts = { connectMs: 300, requestMs: 600, readMs: 200, writeMs: 200 };
const retry = retryPolicy({
  maxAttempts: 4,
  perTryTimeoutMs: 120,
  backoffBaseMs: 4,
  backoffMaxMs: 20,
  budgetPercent: 50,
});

const delayed = rateLimit({
  requestsPerSecond: 60,
  burst: 2,
  key: { kind: 'route' },
  action: 'delay',
  maxDelayMs: 60,
  maxKeys: 10,
});
const perClient = rateLimit({ requestsPerSecond: 60, burst: 4, maxDelayMs: 60, maxKeys: 10 });

function routes(): RouteConfig[] {
  const under = (path: string, overrides: Parameters<typeof route>[0]) =>
    route({
      id: path,
      matches: { ...route().matches, paths: [{ kind: 'prefix', path: `/${path}/` }] },
      ...overrides,
    });
  return [
    under('retried', { retry, fallbackUpstream: 'spare' }),
    under('buffered', { retry, policies: { bufferRequests: true, maxBodyBytes: 60_000 } }),
    under('repeated', { retry: { ...retry, retryNonIdempotent: true }, policies: { bufferRequests: true } }),
    under('broken', { circuitBreaker: breaker, fallbackUpstream: 'fixed' }),
    under('delayed', { retry, policies: { rateLimit: delayed } }),
    under('limited', { policies: { rateLimit: perClient, timeoutMs: 200 } }),
    route({ id: 'all', priority: 1 }),
  ];
}

function settings(ports: readonly number[], spare: number, most: number): Config {
  const fixed = { status: 200, headers: [], bodyBase64: Buffer.from('fixed').toString('base64') };
  const base = config({});
  return {
    ...base,
    listeners: [listener({ bodyIdleTimeoutMs: 500 })],
    routes: routes(),
    upstreams: [
      upstream(ports, { pool, timeouts, circuitBreaker: breaker }),
      upstream([spare], { name: 'spare', pool, timeouts }),
      upstream([], { name: 'fixed', static: fixed }),
    ],
    limits: { ...base.limits, maxConnectionsPerClient: most, maxInFlightRequests: 40, maxQueuedRequests: 8 },
  };
}

function answer(dice: Dice, request: OriginRequest): string {
  const body = bodyFor(request.target, [0, 10, 5000, 150_000][dice.roll(4)] ?? 0);
  const failing = dice.chance(25);
  const status = failing ? ['500 No', '502 No', '503 No', '504 No'][dice.roll(4)] : '200 OK';
  return answerOf(dice, request, status ?? '500 No', body);
}

async function behave(dice: Dice, request: OriginRequest, connection: OriginConnection): Promise<void> {
  const bytes = answer(dice, request);
  const mood = dice.roll(100);
  if (mood < 8) connection.reset();
  else if (mood < 12) connection.end();
  else if (mood < 14) connection.send('garbage\r\n\r\n');
  else if (mood < 20) {
    connection.send(bytes.slice(0, dice.roll(bytes.length)));
    await turn();
    const how = dice.roll(3);
    if (how === 0) connection.reset();
    else if (how === 1) connection.end();
  } else if (mood >= 24) {
    await sendInPieces(dice, connection, bytes);
    if (mood < 30) connection.end();
  }
}

const places = ['retried', 'buffered', 'repeated', 'broken', 'delayed', 'limited', 'all'];
const refusals = [413, 429, 500, 502, 503, 504];

async function visit(dice: Dice, client: RawClient, name: string): Promise<number> {
  const asked: { method: string; target: string }[] = [];
  let bytes = '';
  for (let number = 0; number <= dice.roll(5); number++) {
    const method = ['GET', 'GET', 'HEAD', 'POST', 'PUT'][dice.roll(5)] ?? 'GET';
    const target = `/${places[dice.roll(places.length)]}/${name}-${number}`;
    asked.push({ method, target });
    const body = bodyFor(target, [0, 10, 5000, 90_000][dice.roll(4)] ?? 0);
    const expects = dice.chance(10) ? ['Expect: 100-continue'] : [];
    if (method === 'GET' || method === 'HEAD') bytes += head(method, target);
    else if (dice.chance(50)) bytes += head(method, target, `Content-Length: ${body.length}`, ...expects) + body;
    else bytes += head(method, target, 'Transfer-Encoding: chunked', ...expects) + chunked([body], 'X-T: 1');
  }
  const leaves = dice.chance(35);
  const pieces = dice.pieces(bytes);
  for (const piece of pieces.slice(0, leaves ? dice.roll(pieces.length + 1) : pieces.length)) {
    if (client.ending !== null) break;
    client.send(piece);
    if (dice.chance(20)) await turn();
  }
  if (leaves) {
    for (let turns = dice.roll(40); turns > 0; turns--) await turn();
    if (dice.chance(50)) client.reset();
    else client.socket.destroy();
    return 0;
  }
  let answered = 0;
  for (const { method, target } of asked) {
    let response: Awaited<ReturnType<RawClient['response']>>;
    try {
      response = await client.response(method);
    } catch (error) {
      assert.notEqual(client.ending, null, `${target} was left without an answer: ${String(error)}`);
      break;
    }
    answered++;
    const owner = response.header('x-for');
    if (owner !== undefined) {
      assert.equal(owner, target);
      if (method !== 'HEAD') assertBodyOf(target, response.text);
    } else if (response.status === 200) assert.equal(response.text, method === 'HEAD' ? '' : 'fixed');
    else assert.ok(refusals.includes(response.status), `${target} got ${response.startLine} ${response.text}`);
    if (response.header('connection') === 'close') break;
  }
  client.socket.destroy();
  return answered;
}

/** Fails while something is held, or lanes and shared counts differ. */
function assertNothingHeld({ registry }: TestPlane, plan: Plan): void {
  const both = (what: string, ref: CellRef, field: number, wanted: number) => {
    assert.equal(registry.shared(ref, field), wanted, `${what}, shared`);
    assert.equal(registry.sum(ref, field), wanted, `${what}, lanes`);
  };
  both('client connections', plan.cells.proxy, proxyFields.connections, 0);
  both('requests in flight', plan.cells.proxy, proxyFields.inFlight, 0);
  both('queued', plan.cells.proxy, proxyFields.queued, 0);
  both('request buffers', plan.cells.guards, guardFields.requestBufferBytes, 0);
  for (const { counts, name, targets } of plan.upstreams) {
    both(`retries of ${name}`, counts, upstreamFields.retrying, 0);
    for (const { cell, breaker: watched, id } of targets) {
      const idle = registry.shared(cell, targetFields.idle);
      both(`connections of ${id}`, cell, targetFields.connections, idle);
      both(`idle of ${id}`, cell, targetFields.idle, idle);
      both(`pending of ${id}`, cell, targetFields.pending, 0);
      assert.equal(registry.sum(cell, targetFields.inFlight), 0, `in flight to ${id}`);
      if (watched !== null) assertSlotsFree(registry.view(watched.cell, 0).shared, id);
    }
  }
  for (const { breaker: watched, id } of plan.routes) {
    if (watched !== null) assertSlotsFree(registry.view(watched.cell, 0).shared, id);
  }
  const { clientConnections } = plan.tables;
  assert.ok(clientConnections !== null);
  assert.equal(new ClientConnections(clientConnections, 0).count('127.0.0.1'), 0);
}

function assertSlotsFree(words: Int32Array, id: string): void {
  const taken = words.subarray(breakerWords - MAX_SLOTS).filter((until) => until !== 0);
  assert.equal(taken.length, 0, `places of the breaker of ${id}`);
}

for (const seed of seeds) {
  test(`disorder of seed ${seed} under all guards leaves nothing held`, async (t) => {
    const dice = new Dice(seed);
    const heads = new Map<string, number>();
    const script: Script = {
      head: (request) => {
        const { method, target } = request;
        if (method === 'POST') heads.set(target, (heads.get(target) ?? 0) + 1);
        if (request.complete || !dice.chance(6)) return;
        const status = dice.chance(50) ? '413 Too Much' : '503 No';
        request.connection.send(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        if (dice.chance(50)) request.connection.end();
      },
      request: (request) => void behave(dice, request, request.connection),
    };
    const origins = await Promise.all([1, 2, 3, 4].map(() => startOrigin(t, script)));
    const ports = [...origins.slice(0, 3).map(({ port }) => port), await deadPort()];
    const spare = origins[3]?.port ?? 0;
    const plans = [
      settings(ports, spare, 60),
      settings(ports.slice(1), spare, 20),
      settings(ports.slice(0, 2), spare, 60),
    ] as const;
    const rates = new RateTables(systemClock);
    t.after(() => rates.close());
    const planes = await startPlanes(t, plans[0], 2, systemClock, undefined, { rates });
    let answered = 0;
    for (let wave = 0; wave < waves; wave++) {
      const visits = Array.from({ length: visitors }, async (_, number) => {
        const { port } = planes[number % 2] as TestPlane;
        for (let turns = dice.roll(60); turns > 0; turns--) await turn();
        return visit(dice, await RawClient.connect(t, port), `${wave}-${number}`);
      });
      const changes = (async () => {
        for (let change = 0; change < 3; change++) {
          for (let turns = dice.roll(60); turns > 0; turns--) await turn();
          const next = plans[dice.roll(plans.length)] as Config;
          for (const plane of planes) await plane.apply(next);
        }
      })();
      for (const count of await Promise.all(visits)) answered += count;
      await changes;
    }
    assert.ok(answered > (waves * visitors) / 3, `only ${answered} answers`);
    for (const [target, count] of heads) {
      if (!target.startsWith('/repeated/')) assert.equal(count, 1, `${target} was sent ${count} times`);
    }
    for (const { method, target, body, trailers } of origins.flatMap(({ requests }) => requests)) {
      if (method !== 'POST' && method !== 'PUT') continue;
      assertBodyOf(target, body.toString('latin1'));
      assert.ok(trailers.length === 0 || trailers[0]?.[0] === 'X-T');
    }
    const [first] = planes as [TestPlane];
    // The plan with all targets: cells of those that are gone keep their place.
    await eventually(() => {
      assertNothingHeld(first, first.plan);
    });
    for (const plane of planes) {
      assert.deepEqual(plane.reports, []);
      assert.equal(plane.errors('internal'), 0);
    }
  });
}
