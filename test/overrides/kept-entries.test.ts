/** State files that somebody has edited: nothing of them may be in force that an operator could not have ordered, and none may keep a daemon from starting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRecords } from '../../src/proxy/control/drains/drain-record.ts';
import { parseEntries } from '../../src/proxy/control/overrides/kept-entries.ts';

const times = { actor: 'user op', reason: null, setAt: 1, expiresAt: 2 };
const page = { page: null, contentType: 'text/html', retryAfter: null, allow: ['10.0.0.0/8'] };
const good = [
  { kind: 'limits', subject: 'max-total-connections', key: null, value: 20 },
  { kind: 'timeout', subject: 'api', key: 'timeout-secs', value: 0.5 },
  { kind: 'health', subject: 'a', key: 'failure-rate', value: 90 },
  { kind: 'weight', subject: 'a/b/10.0.0.1:80', key: null, value: 0 },
  { kind: 'rate-limit', subject: '*', key: null, value: { 'requests-per-second': 2, burst: 3, action: 'log' } },
  { kind: 'fallback', subject: 'api', key: null, value: 'sorry' },
  { kind: 'maintenance', subject: '*', key: null, value: page },
  { kind: 'target', subject: 'a/b/unix:/run/a/b.sock', key: null, value: 3 },
  { kind: 'target', subject: 'a/[::1]:80', key: null, value: 'remove' },
] as const;

test('entries come back as they were written', () => {
  const written = good.map((one) => ({ ...one, ...times }));
  assert.deepEqual(parseEntries(JSON.parse(JSON.stringify(written))), written);
});

test('an entry that nobody could have ordered is none', () => {
  const [limit, timeout, health, weight, rate, fallback, maintenance, target] = good;
  const wrong: readonly object[] = [
    { ...limit, value: '20' },
    { ...limit, value: -1 },
    { ...limit, subject: 'constructor' },
    { ...limit, kind: 'nothing' },
    { ...limit, setAt: 1e300 },
    { ...limit, expiresAt: 'soon' },
    { ...limit, reason: { a: 1 } },
    { ...timeout, key: null },
    { ...timeout, value: 1e99 },
    { ...health, key: 'toString' },
    { ...weight, value: -5 },
    { ...weight, value: {} },
    { ...rate, value: 5 },
    { ...rate, value: { 'requests-per-second': 'x' } },
    { ...fallback, value: 9 },
    { ...maintenance, value: {} },
    { ...maintenance, value: { ...page, contentType: 'text/html\r\nX: 1' } },
    { ...maintenance, value: { ...page, allow: [7] } },
    { ...target, subject: 'a/nowhere' },
    { ...target, value: 'sometimes' },
  ];
  for (const one of wrong) assert.throws(() => parseEntries([{ ...times, ...one }]), JSON.stringify(one));
});

const drain = {
  id: 'd-1',
  target: '10.0.0.1:80',
  by: 'address',
  upstreams: ['a'],
  actor: 'user op',
  reason: null,
  startedMs: 1,
  deadlineMs: 2,
  onTimeout: 'wait',
  expiresMs: null,
  persist: true,
  remove: false,
  state: 'drained',
  drainedMs: 2,
  overdueMs: null,
  atStart: { inFlight: 0, websockets: 0, idle: 0 },
  counted: true,
  cut: 0,
  followed: { ok: true, lines: [] },
  weights: [{ upstream: 'a', target: '10.0.0.1:80', before: 2 }],
  leftMs: null,
};

test('a drain that no daemon wrote is none', () => {
  assert.deepEqual(parseRecords([drain]), [drain]);
  const wrong: readonly object[] = [
    { startedMs: 1e300 },
    { deadlineMs: '2' },
    { expiresMs: 'soon' },
    { drainedMs: 1e300 },
    { upstreams: [] },
    { upstreams: [1] },
    { weights: [null] },
    { weights: [{ upstream: 'a', target: 'b', before: -1 }] },
    { followed: 5 },
    { cut: 'a' },
    { reason: 7 },
    { state: 'ended' },
  ];
  for (const one of wrong) assert.throws(() => parseRecords([{ ...drain, ...one }]), JSON.stringify(one));
  assert.throws(() => parseRecords([drain, drain]), /two of one name/);
});
