/** What is read of a flight record: also of one that was torn, tampered with, or is far too large. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type FlightReading, flightInstances, readFlight } from '../../src/history/flight-reader.ts';
import { flightPaths, flightSchema } from '../../src/history/flight-record.ts';

const day = Date.parse('2026-11-20T14:00:00.000Z');
const at = (seconds: number) => new Date(day + seconds * 1000).toISOString();
const line = (value: object) => `${JSON.stringify(value)}\n`;

const began = (seconds: number, pid: number) => line({ kind: 'began', at: at(seconds), pid, version: '1.0.0' });
const ended = (seconds: number, pid: number, heir: number | null = null) =>
  line({ kind: 'ended', at: at(seconds), pid, version: '1.0.0', heir });
const traffic = (seconds: number, requests: number, covered = 10) =>
  line({
    kind: 'traffic',
    at: at(seconds),
    covered_ms: covered * 1000,
    generation: 1,
    requests,
    errors: 0,
    affected: 0,
    causes: {},
    routes: {},
    upstreams: {},
    p50_ms: null,
    p99_ms: null,
    connections: 0,
    rss_bytes: 0,
  });
const event = (seconds: number, count = 1, last = seconds) => {
  const told = { seq: count, at: at(seconds), last_at: at(last), count, kind: 'target_down', words: 'Target down' };
  return line({ kind: 'event', event: { ...told, subject: 'a:1', actor: null } });
};

function scene(t: TestContext) {
  const instance = mkdtempSync(join(tmpdir(), 'sentinel-test-'));
  t.after(() => rmSync(instance, { recursive: true, force: true }));
  const [newer, older] = flightPaths(instance);
  const head = line({ kind: 'schema', schema: flightSchema });
  return {
    newer,
    plant: (text: string, before?: string) => {
      writeFileSync(newer, head + text);
      if (before !== undefined) writeFileSync(older, head + before);
    },
    read: async (since: number, until: number): Promise<FlightReading> => {
      const query = { instances: [instance], sinceMs: day + since * 1000, untilMs: day + until * 1000 };
      const [reading] = await readFlight(query);
      return reading as FlightReading;
    },
  };
}

const requestsOf = ({ lines }: FlightReading) => lines.flatMap((one) => (one.kind === 'traffic' ? [one.requests] : []));

test('the older file comes before the newer, and only what was asked for is given', async (t) => {
  const { plant, read } = scene(t);
  plant(traffic(30, 3) + traffic(40, 4), began(0, 7) + traffic(10, 1) + traffic(20, 2));
  assert.deepEqual(requestsOf(await read(15, 35)), [2, 3]);
  const all = await read(0, 45);
  assert.deepEqual([requestsOf(all), all.known_since, all.gaps], [[1, 2, 3, 4], at(0), []]);
});

test('what was half written when a process was killed is counted, and all that is whole is given', async (t) => {
  const { plant, read } = scene(t);
  plant(`${began(0, 7)}${traffic(10, 1)}${traffic(20, 2).slice(0, 40)}`);
  const reading = await read(0, 25);
  assert.deepEqual([requestsOf(reading), reading.torn_lines, reading.foreign_lines], [[1], 1, 0]);
});

test('lines of somebody else are counted, and nothing is believed of them', async (t) => {
  const { plant, read } = scene(t);
  const foreign = `null\n{"kind":"traffic"}\n{"kind":"schema","schema":"x/9"}\n${'x'.repeat(300_000)}\n\0\xff\n[]\n`;
  plant(`${began(0, 7)}${foreign}${traffic(10, 1)}`);
  const reading = await read(0, 25);
  assert.deepEqual([requestsOf(reading), reading.torn_lines, reading.foreign_lines], [[1], 0, 6]);
});

test('stretches without a daemon, and those of which nothing was written, are gaps with their reason', async (t) => {
  const { plant, read } = scene(t);
  const killed = began(0, 7) + traffic(10, 1);
  const stopped = began(60, 8) + traffic(70, 1) + ended(75, 8);
  const stuck = began(100, 9) + traffic(110, 1) + traffic(150, 1);
  const replaced = began(152, 10) + ended(151, 9, 10) + traffic(160, 1, 8);
  plant(killed + stopped + stuck + replaced);
  assert.deepEqual((await read(0, 165)).gaps, [
    { from: at(10), until: at(60), why: 'died' },
    { from: at(75), until: at(100), why: 'ended' },
    { from: at(110), until: at(140), why: 'unwritten' },
  ]);
  const later = await read(150, 1000);
  assert.deepEqual(later.gaps, [{ from: at(160), until: null, why: 'died' }]);
});

test('what happens again and again is one event, with how often', async (t) => {
  const { plant, read } = scene(t);
  plant(event(1) + event(1, 5, 9) + event(1, 90, 19) + event(70));
  const { lines } = await read(0, 80);
  const counts = lines.map((one) => one.kind === 'event' && [one.event.at, one.event.count]);
  assert.deepEqual(counts, [
    [at(1), 90],
    [at(70), 1],
  ]);
});

test('of a file that is far too large the newest part is read, and a pipe is not waited for', async (t) => {
  const { newer, plant, read } = scene(t);
  plant('');
  // A gigabyte without a line: sparse, so that it takes no room.
  truncateSync(newer, 1 << 30);
  writeFileSync(newer, `\n${began(0, 7)}${traffic(10, 1)}`, { flag: 'a' });
  const before = process.memoryUsage.rss();
  const reading = await read(0, 25);
  assert.deepEqual(requestsOf(reading), [1]);
  assert.match(reading.unread[0]?.why ?? '', /too large/);
  assert.ok(process.memoryUsage.rss() - before < 100 << 20, 'it was held in memory');
  rmSync(newer);
  execFileSync('mkfifo', [newer]);
  assert.match((await read(0, 25)).unread[0]?.why ?? '', /not a file/);
});

test('each daemon of a state folder has a reading of its own; one that is not there has an empty one', async (t) => {
  const state = mkdtempSync(join(tmpdir(), 'sentinel-test-'));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  for (const name of ['b-2', 'a-1']) mkdirSync(join(state, 'instances', name), { recursive: true });
  writeFileSync(join(state, 'instances', 'a-1', 'flight.ndjson'), began(0, 1) + traffic(10, 4));
  const instances = flightInstances([state, join(state, 'missing')]);
  const readings = await readFlight({ instances, sinceMs: day, untilMs: day + 20_000 });
  assert.deepEqual(readings.map(requestsOf), [[4], []]);
  assert.deepEqual(
    readings.map(({ known_since, unread }) => [known_since, unread]),
    [
      [at(0), []],
      [null, []],
    ],
  );
});
