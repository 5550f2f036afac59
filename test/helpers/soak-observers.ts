/**
 * Whoever looks at a daemon while it works: a scrape and a look at everything of the admin API each second, a stream of all
 * topics with a tap, and a collector of traces. What they saw is counted; what they were not told is a fault.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { StreamItem } from '../../src/admin/client/stream.ts';
import type { SoakDaemon } from './soak-daemon.ts';

export interface Sightings {
  /** Rounds of looks. */
  rounds: number;
  /** News by topic. */
  readonly news: Map<string, number>;
  /** Requests that were tapped. */
  tapped: number;
  /** Most requests that were seen in flight at once. */
  mostInFlight: number;
  /** Requests that clients were said to have sent, at most. */
  mostOfClients: number;
  /** Largest reply of each look, in characters of JSON. */
  readonly largest: Map<string, number>;
  readonly faults: string[];
}

const restMs = 1000;
/** No reply is larger than this: what is kept is bounded. */
const mostCharacters = 8 << 20;

/** Looks until `stop` is aborted. */
export async function observe(daemon: SoakDaemon, stop: AbortSignal): Promise<Sightings> {
  const seen: Sightings = {
    rounds: 0,
    news: new Map(),
    tapped: 0,
    mostInFlight: 0,
    mostOfClients: 0,
    largest: new Map(),
    faults: [],
  };
  const following = follow(daemon, seen, stop);
  while (!stop.aborted) {
    await look(daemon, seen).catch((error: unknown) => void seen.faults.push(String(error)));
    seen.rounds++;
    await pause(restMs, undefined, { signal: stop }).catch(() => {});
  }
  await following;
  return seen;
}

/** One look at everything that is kept. */
async function look({ client, metrics }: SoakDaemon, seen: Sightings): Promise<void> {
  const note = (name: string, data: unknown): void => {
    const size = JSON.stringify(data).length;
    seen.largest.set(name, Math.max(size, seen.largest.get(name) ?? 0));
    assert.ok(size <= mostCharacters, `${name} is ${size} characters`);
  };
  note('metrics', await metrics());
  const { data: requests } = await client.call('requests', {
    query: { filter: 'status=5xx or duration>50ms or path~"^/s"', limit: '1000' },
  });
  note('requests', requests);
  const { data: inFlight } = await client.call('inflight', { query: { filter: 'method=GET or method=POST' } });
  note('inflight', inFlight);
  assert.deepEqual(inFlight.unanswered, []);
  seen.mostInFlight = Math.max(seen.mostInFlight, inFlight.total);
  for (const by of ['ip', 'prefix', 'path', 'user-agent'] as const) {
    const { data } = await client.call('clients', { query: { by, window: seen.rounds % 2 === 0 ? '1m' : '5m' } });
    note(`clients by ${by}`, data);
    assert.deepEqual(data.unanswered, []);
    seen.mostOfClients = Math.max(seen.mostOfClients, data.requests);
  }
  note('traffic', (await client.call('traffic', { query: { series: '1' } })).data);
  note('upstreams', (await client.call('upstreams')).data);
  note('routes', (await client.call('routes')).data);
  note('runtime', (await client.call('runtime')).data);
  note('logs', (await client.call('logs')).data);
  note('events', (await client.call('events')).data);
  note('status', (await client.call('status')).data);
}

/** Hears all topics, and taps what fails. */
async function follow({ client }: SoakDaemon, seen: Sightings, stop: AbortSignal): Promise<void> {
  const query = { 'requests.filter': 'status=5xx or status=429 or path~"^/wrk"' };
  const items = client.stream(['traffic', 'events', 'logs', 'requests'], query, {
    signal: stop,
    onLost: (why) => void seen.faults.push(`the stream was lost: ${why}`),
  });
  try {
    for await (const { topic, data } of items) hear(seen, topic, data);
  } catch (error) {
    seen.faults.push(`the stream ended: ${String(error)}`);
  }
}

function hear(seen: Sightings, topic: string, data: StreamItem['data']): void {
  seen.news.set(topic, (seen.news.get(topic) ?? 0) + 1);
  if (topic === 'requests' && (data as { readonly kind?: string }).kind === 'request') seen.tapped++;
}
