/**
 * The client that probes of the screen's verdict ask with: what the reading holds is answered from it, what cannot have changed from
 * what was answered before, and what nothing speaks for is not asked at all. Reads only; owned by the judge.
 */
import { AdminClient, type CallInput, type ClientOptions, type Reply } from '../../admin/client/client.ts';
import type { EndpointId, EndpointShapes } from '../../admin/contract/endpoints.ts';
import type { RequestsReply } from '../../admin/contract/request-shapes.ts';
import { type TrafficReply, trafficWindows } from '../../admin/contract/traffic-shapes.ts';
import type { Clock } from '../../base/clock.ts';
import type { PartName, Reading } from './reading.ts';

type Asked = Exclude<EndpointId, 'stream'>;

interface Kept {
  readonly reply: unknown;
  readonly etag: string;
  readonly generation: number;
  readonly atMs: number;
}

/** How long an answer holds: until the configuration changes, until anything does and at most so many ms. Others are asked anew. */
const holds: { readonly [K in Asked]?: 'generation' | number } = {
  config: 'generation',
  'config-history': 'generation',
  overrides: 10_000,
  certs: 10_000,
};

/** Above it latency is of interest, as a share of the threshold: the same windows decide in the rules. */
const LATE = 0.9;

export class ReadingClient extends AdminClient {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  #reading: Reading | null = null;
  #slowMs = 0;

  constructor(options: ClientOptions, clock: Clock) {
    super(options);
    this.#clock = clock;
  }

  /** What is answered from here on is as of this reading. */
  read(reading: Reading): void {
    this.#reading = reading;
  }

  /** @throws as `AdminClient.call` */
  override async call<K extends Asked>(id: K, input: CallInput<K> = {}): Promise<Reply<EndpointShapes[K]['reply']>> {
    const reading = this.#reading;
    if (reading === null) return super.call(id, input);
    const known = this.#known(id, input.query as Readonly<Record<string, string>> | undefined, reading);
    if (known !== null) return known as Reply<EndpointShapes[K]['reply']>;
    const hold = holds[id];
    const key = `${id} ${JSON.stringify(input.query ?? null)}`;
    const kept = this.#kept.get(key);
    if (hold !== undefined && kept !== undefined && this.#stands(kept, hold, reading)) {
      return kept.reply as Reply<EndpointShapes[K]['reply']>;
    }
    const reply = await super.call(id, input);
    if (hold !== undefined) {
      this.#kept.set(key, { reply, etag: reading.etag, generation: reading.generation, atMs: this.#clock.now() });
    }
    return reply;
  }

  #stands({ etag, generation, atMs }: Kept, hold: 'generation' | number, reading: Reading): boolean {
    if (hold === 'generation') return generation === reading.generation;
    return etag === reading.etag && this.#clock.now() - atMs < hold;
  }

  /** Null = it has to be asked. */
  #known(id: Asked, query: Readonly<Record<string, string>> | undefined, reading: Reading): Reply<unknown> | null {
    switch (id) {
      case 'status':
        return replyOf(reading, reading.status);
      case 'upstreams':
        return replyOf(reading, { upstreams: reading.upstreams });
      case 'workers':
        return replyOf(reading, { workers: reading.status.workers, restart: null });
      case 'breakers':
      case 'certs':
      case 'runtime':
        return partOf(reading, id);
      case 'traffic':
        return trafficOf(reading);
      case 'requests':
        return query !== undefined && this.#nothingThere(query, reading) ? replyOf(reading, noRequests(reading)) : null;
      default:
        return null;
    }
  }

  /** Lists that would be empty, or that no rule looks at while the windows are well. */
  #nothingThere({ kind, filter }: Readonly<Record<string, string>>, { status: { windows } }: Reading): boolean {
    const all = trafficWindows.flatMap((name) => windows[name] ?? []);
    if (kind === 'errors') return all.every(({ causes }) => causes.length === 0);
    if (kind === 'slow') return true;
    // Where the time of requests went is asked once there is too much of it; who is new, whenever the probe wants to know.
    return filter?.includes('upstream~.') === true && all.every(({ p99_ms: p99 }) => (p99 ?? 0) < this.#slowMs * LATE);
  }

  /** Threshold of the latency, `alerts.p99-ms`, as soon as it is known. */
  set slowMs(ms: number) {
    this.#slowMs = ms;
  }
}

function partOf(reading: Reading, part: PartName): Reply<unknown> | null {
  const value = reading.parts[part];
  return value === undefined || reading.unread[part] !== undefined ? null : replyOf(reading, value);
}

/** The feed asks for it without targets, of which the reading has the same windows. */
function trafficOf(reading: Reading): Reply<unknown> | null {
  const { traffic } = reading.parts;
  if (traffic?.points === undefined || reading.unread.traffic !== undefined) return null;
  const targets = new Map(reading.upstreams.map(({ name, targets: all }) => [name, all]));
  const upstreams = traffic.upstreams.map((one) => ({ ...one, targets: targets.get(one.name) ?? [] }));
  return replyOf(reading, { ...traffic, upstreams } satisfies TrafficReply);
}

function replyOf(reading: Reading, data: unknown): Reply<unknown> {
  const { generation, etag, status, atMs } = reading;
  const time = new Date(atMs).toISOString();
  return {
    data,
    daemon: reading.node,
    time,
    generation,
    digest: status.config.digest_running,
    etag,
    version: status.version,
    notes: [],
  };
}

function noRequests({ atMs }: Reading): RequestsReply {
  const none = { records: 0, complete_since: null, skipped: 0 };
  return {
    at: new Date(atMs).toISOString(),
    requests: [],
    more: false,
    slow_ms: 0,
    kept: { errors: none, slow: none, sample: none },
  };
}
