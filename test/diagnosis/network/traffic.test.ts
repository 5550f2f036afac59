/** What goes through a daemon, one by one and in all, and where the time of its requests goes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { KeptAs, RequestRecord, RequestsReply } from '../../../src/admin/contract/request-shapes.ts';
import type { TrafficReply, WindowState } from '../../../src/admin/contract/traffic-shapes.ts';
import { phaseTimes } from '../../../src/diagnosis/probes/phases.ts';
import { startDaemonProcess } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { probe, valueOf } from './probing.ts';

const now = Date.parse('2026-01-31T14:00:00.000Z');

function record(kept: KeptAs, firstByteMs: number, more: Partial<RequestRecord> = {}): RequestRecord {
  const duration = firstByteMs + 2;
  return {
    time: new Date(now - 5_000 - duration).toISOString(),
    duration_ms: duration,
    queue_ms: 0,
    connect_ms: 0,
    first_byte_ms: firstByteMs,
    transfer_ms: 1,
    target: '10.0.0.1:80',
    tries: [],
    kept,
    ...more,
  } as RequestRecord;
}

function replies(requests: readonly RequestRecord[], answered: number, slowSince: number | null = null) {
  const none = { records: 0, complete_since: null, skipped: 0 };
  const slow = { ...none, complete_since: slowSince === null ? null : new Date(slowSince).toISOString() };
  const list = {
    at: new Date(now).toISOString(),
    requests,
    more: false,
    slow_ms: 1000,
    kept: { errors: none, slow, sample: none },
  };
  const window = { requests: answered, requests_per_s: answered / 60, causes: [] } as unknown as WindowState;
  const traffic = { routes: [{ id: 'api', windows: { '1m': window } }] } as unknown as TrafficReply;
  return [list as RequestsReply, traffic] as const;
}

const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);

test('slow requests, of which every one is kept, do not stand for the quick ones', () => {
  const quick = record('sample', 10);
  const slow = record('slow', 1500);
  const [list, traffic] = replies([...times(20, quick), ...times(60, slow)], 1000);
  assert.equal(phaseTimes(list, traffic)?.first_byte_ms, 10, '60 of 1000 were slow');
  const [most, busy] = replies([...times(20, quick), ...times(60, slow)], 100);
  assert.equal(phaseTimes(most, busy)?.first_byte_ms, 1500, '60 of 100 were slow');
});

test('only the time for which every ring is whole is looked at', () => {
  const old = record('sample', 10, { time: new Date(now - 50_000).toISOString() });
  const [list, traffic] = replies([...times(5, record('slow', 1500)), ...times(30, old)], 60, now - 20_000);
  assert.equal(phaseTimes(list, traffic)?.requests, 5);
});

test('what failed tries took is not the time of the proxy', () => {
  const tries = [{ duration_ms: 300 }] as unknown as RequestRecord['tries'];
  const [list, traffic] = replies([record('sample', 10, { duration_ms: 320, tries })], 1);
  assert.deepEqual(phaseTimes(list, traffic)?.proxy_ms, 9);
  assert.equal(phaseTimes(...replies([], 0)), null);
});

test('a daemon with a late target tells requests, errors without their secrets, and that the time is spent waiting', async (t) => {
  const origin = createServer(({ url }, response) => {
    if (url?.startsWith('/bad') === true) response.writeHead(500).end();
    else setTimeout(() => void response.end('ok'), 120);
  }).listen(0, '127.0.0.1');
  t.after(() => {
    origin.closeAllConnections();
    origin.close();
  });
  await once(origin, 'listening');
  const target = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const daemon = await startDaemonProcess(t, {
    config: `listener "http" { address "127.0.0.1:0" }
route "api" { upstream "api" }
upstream "api" { target "${target}" }
alerts { p99-ms 100 }`,
  });
  const answers = await Promise.all(
    ['/bad?token=abcdef123456', ...times(6, '/late')].map(async (path) => {
      const answer = await fetch(daemon.url() + path);
      await answer.text();
      return answer.status;
    }),
  );
  assert.deepEqual(answers, [500, ...times(6, 200)]);
  await eventually(async () => {
    const { traffic, errors, slow, phases, error_onset } = valueOf((await probe(daemon, ['traffic'])).traffic);
    assert.equal(traffic.total.windows['1m']?.requests, 7);
    assert.ok((traffic.points?.at.length ?? 0) > 0);
    assert.deepEqual(
      errors.map(({ status, path, query }) => [status, path, query]),
      [[500, '/bad', 'token=[redacted]']],
    );
    assert.equal(slow.length, 6);
    assert.equal(phases?.requests, 6);
    assert.ok(phases.first_byte_ms >= 110, JSON.stringify(phases));
    assert.ok(phases.first_byte_ms > phases.total_ms / 2 && phases.proxy_ms < phases.first_byte_ms);
    assert.deepEqual(
      phases.targets.map((one) => one.target),
      [target],
    );
    assert.equal(error_onset, null);
  });
});
