/** The event log: what is the same is counted once, clients can push out nothing, and its size is bounded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLog } from '../../src/proxy/control/events/event-log.ts';
import type { KeptEvent } from '../../src/proxy/control/events/event-ring.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

function scene(): { clock: ManualClock; log: EventLog } {
  const clock = new ManualClock();
  return { clock, log: new EventLog({ clock, generation: () => 7 }) };
}

const brief = ({ seq, count, subject, words }: KeptEvent) => [seq, count, subject, words];

test('an event has its subject, actor, reason and detail by the catalogue, and keeps the other fields', () => {
  const { log, clock } = scene();
  log.note('info', 'Network blocked', {
    event: 'block_add',
    address: '203.0.113.7',
    actor: 'user ann',
    reason: 'scraper',
    expires_at: null,
  });
  log.note('error', 'Worker died', { event: 'worker_death', worker: 2, reason: 'heap', served_ms: 10 });
  const [blocked, died] = log.since(0);
  assert.deepEqual(blocked, {
    seq: 1,
    atMs: clock.wallMs(),
    lastAtMs: clock.wallMs(),
    count: 1,
    kind: 'block_add',
    told: true,
    severity: 'info',
    subject: '203.0.113.7',
    actor: 'user ann',
    reason: 'scraper',
    words: 'Network blocked',
    detail: null,
    generation: 7,
    fields: { address: '203.0.113.7', expires_at: null },
  });
  assert.deepEqual([died?.subject, died?.detail, died?.reason], ['2', 'heap', null]);
});

test('the same within a minute is one event with a count, which stands where it happened last', () => {
  const { log, clock } = scene();
  const flip = (to: 'healthy' | 'unhealthy') =>
    log.note('warn', `Target ${to}`, { event: 'health', upstream: 'api', target: 'a:1', to });
  flip('unhealthy');
  clock.advance(10_000);
  flip('healthy');
  clock.advance(10_000);
  flip('unhealthy');
  assert.deepEqual(log.since(0).map(brief), [
    [2, 1, 'api/a:1', 'Target healthy'],
    [3, 2, 'api/a:1', 'Target unhealthy'],
  ]);
  const again = log.since(2)[0];
  assert.equal((again?.lastAtMs ?? 0) - (again?.atMs ?? 0), 20_000);
  clock.advance(40_000);
  flip('unhealthy');
  assert.deepEqual(log.since(2).map(brief), [
    [3, 2, 'api/a:1', 'Target unhealthy'],
    [4, 1, 'api/a:1', 'Target unhealthy'],
  ]);
});

test('what other people did, or what happened to something else, is never counted together', () => {
  const { log } = scene();
  const act = (actor: string, action: string, result = 'done') =>
    log.note('info', 'Admin action', { event: 'admin_action', actor, action, result });
  act('user ann', 'block-add');
  act('user bob', 'block-add');
  act('user bob', 'config-reload');
  act('user bob', 'config-reload', 'failed');
  assert.deepEqual(
    log.since(0).map(({ count, detail }) => [count, detail]),
    [
      [1, 'done'],
      [1, 'done'],
      [1, 'done'],
      [1, 'failed'],
    ],
  );
});

test('what clients can cause many of pushes out nothing that people are told', () => {
  const { log } = scene();
  log.note('info', 'Ready', { event: 'ready' });
  for (let client = 0; client < 5_000; client++) {
    log.note('debug', 'TLS handshake failed', { event: 'tls_handshake_failed', listener: `l${client}` });
    log.note('info', 'Client certificate refused', { event: 'client_certificate_refused', listener: `l${client}` });
  }
  const kept = log.since(0);
  assert.deepEqual(
    kept.filter(({ told }) => told).map(({ kind }) => kind),
    ['ready'],
  );
  assert.ok(kept.length <= 201);
});

test('a routine line of a kind that people are told of is none that they are told', () => {
  const { log } = scene();
  log.note('debug', 'Target healthy', { event: 'health', upstream: 'api', target: 'a:1' });
  assert.deepEqual(
    log.since(0).map(({ told }) => told),
    [false],
  );
});

test('its size is bounded in number and in characters, and it knows what it no longer has', () => {
  const { log } = scene();
  const noise = 'x'.repeat(10_000);
  for (let target = 0; target < 3_000; target++) {
    log.note('warn', 'Target unhealthy', {
      event: 'health',
      upstream: 'api',
      target: `t${target}`,
      why: noise,
      more: [noise],
    });
  }
  const kept = log.since(0);
  assert.ok(kept.length <= 1_000 && kept.length > 100, `${kept.length} events`);
  assert.ok(log.size <= (1 << 20) + (1 << 18), `${log.size} characters`);
  assert.equal(kept.at(-1)?.subject, 'api/t2999');
  const oldest = kept[0]?.seq ?? 0;
  assert.equal(log.missedSince(oldest - 2, false), true);
  assert.equal(log.missedSince(oldest - 1, false), false);
});

test('routine that is no longer kept is missed by those alone who ask for routine too', () => {
  const { log } = scene();
  log.note('info', 'Ready', { event: 'ready' });
  for (let target = 0; target < 300; target++) {
    log.note('debug', 'Target healthy', { event: 'health', upstream: 'api', target: `t${target}` });
  }
  assert.equal(log.missedSince(1, true), true);
  assert.equal(log.missedSince(1, false), false);
  assert.equal(log.missedSince(log.seq, true), false);
});

test('who listens hears of each event until he has enough', () => {
  const { log } = scene();
  const heard: number[] = [];
  const stop = log.listen(({ seq }) => heard.push(seq));
  log.note('info', 'Ready', { event: 'ready' });
  stop();
  log.note('info', 'Stopped', { event: 'stopped' });
  assert.deepEqual(heard, [1]);
});
