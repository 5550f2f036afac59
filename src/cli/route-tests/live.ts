/**
 * Sends route tests through the running proxy and says what it made of each. Only requests that change nothing are sent unless
 * more is allowed; of the others the daemon is asked which route would take them. What nobody saw is unknown, never held.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import { SentinelError } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';
import { randomHex } from '../../base/ids.ts';
import type { Config } from '../../config/model.ts';
import { type Expectation, targetOf } from '../../routing/expectations.ts';
import { type Answer, exchangeWith, type ListenerDoor } from './exchange.ts';
import { Sightings } from './sightings.ts';
import { askedTest, type RouteTest, sentTest, unknownTest } from './verdict.ts';

/** Methods that change nothing (RFC 9110 §9.2.1); TRACE is refused by the proxy. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const AT_ONCE = 8;
/** A safe request that nobody saw is sent again: the first may have come before the workers knew that it is wanted. */
const TRIES = 3;

export interface LiveOptions {
  readonly client: AdminClient;
  readonly clock: Clock;
  readonly version: string;
  /** The configuration of the tests: says which listener speaks what. */
  readonly config: Config;
  readonly timeoutMs: number;
  /** Send what may change something too. */
  readonly unsafe: boolean;
}

/** In the order of `expectations`. @throws when the daemon cannot be asked at all */
export async function liveTests(
  options: LiveOptions,
  expectations: readonly Expectation[],
): Promise<readonly RouteTest[]> {
  const { client, clock } = options;
  const { data: status } = await client.call('status');
  const traceId = randomHex(16);
  const sightings = new Sightings(client, clock, traceId);
  try {
    const run = new LiveRun(options, sightings, traceId, status.listeners);
    const results: RouteTest[] = [];
    for (let from = 0; from < expectations.length; from += AT_ONCE) {
      results.push(...(await Promise.all(expectations.slice(from, from + AT_ONCE).map((one) => run.of(one)))));
    }
    return results;
  } finally {
    sightings.close();
  }
}

interface RunningListener {
  readonly id: string;
  readonly address: string;
}

class LiveRun {
  readonly #options: LiveOptions;
  readonly #sightings: Sightings;
  readonly #traceId: string;
  readonly #listeners: readonly RunningListener[];

  constructor(options: LiveOptions, sightings: Sightings, traceId: string, listeners: readonly RunningListener[]) {
    this.#options = options;
    this.#sightings = sightings;
    this.#traceId = traceId;
    this.#listeners = listeners;
  }

  of(expectation: Expectation): Promise<RouteTest> {
    if (expectation.clientIp !== null) return this.#ask(expectation, 'not sent: client-ip cannot be chosen');
    if (safeMethods.has(expectation.method)) return this.#send(expectation, TRIES);
    if (this.#options.unsafe) return this.#send(expectation, 1);
    return this.#ask(expectation, `not sent: ${expectation.method} may change something (--unsafe)`);
  }

  /** Which route the daemon would choose: status and target stay open. */
  async #ask(expectation: Expectation, why: string): Promise<RouteTest> {
    const { client } = this.#options;
    const { method, host, headers, clientIp, listener } = expectation;
    const { path, query } = targetOf(expectation);
    const { data } = await client.call('routes-explain', {
      body: {
        method,
        url: query === '' ? path : `${path}?${query}`,
        headers: [...(host === '' ? [] : [['Host', host] as const]), ...headers],
        ...(clientIp === null ? {} : { client_ip: clientIp }),
        ...(listener === null ? {} : { listener }),
      },
    });
    const { data: known } = data.route === null ? { data: { routes: [] } } : await client.call('routes');
    const upstream = known.routes.find(({ id }) => id === data.route)?.upstream ?? null;
    return askedTest(expectation, { route: data.route, upstream }, why);
  }

  async #send(expectation: Expectation, tries: number): Promise<RouteTest> {
    const door = this.#door(expectation);
    if (typeof door === 'string') return unknownTest(expectation, door);
    const { clock, timeoutMs, version } = this.#options;
    const { method, host, headers } = expectation;
    const { path, query } = targetOf(expectation);
    const written = headers.filter(([name]) => !/^(?:host|traceparent)$/i.test(name));
    const own = written.some(([name]) => name.toLowerCase() === 'user-agent')
      ? []
      : ([['User-Agent', `sentinel-test/${version}`]] as const);
    const sent = {
      method,
      target: query === '' ? path : `${path}?${query}`,
      host: host === '' ? (headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '') : host,
      // The trace id is what the request is known by; not sampled, so that nobody's traces grow.
      headers: [...written, ...own, ['traceparent', `00-${this.#traceId}-${randomHex(8)}-00`] as const],
    };
    let answer: Answer | null = null;
    for (let turn = 0; turn < tries; turn++) {
      try {
        answer = await exchangeWith(door, sent, timeoutMs, clock);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return unknownTest(expectation, `no answer from ${door.address}: ${reason}`);
      }
      const record = await this.#recordOf(answer);
      if (record instanceof SentinelError) return unknownTest(expectation, record.message, { status: answer.status });
      if (record !== null) return sentTest(expectation, record, answer.status);
    }
    const why = `the daemon says nothing of the request: is it the one that listens at ${door.address}?`;
    return unknownTest(expectation, why, { status: answer?.status ?? null });
  }

  async #recordOf({ correlationId }: Answer): Promise<Awaited<ReturnType<Sightings['of']>> | SentinelError> {
    if (correlationId === '') return null;
    try {
      return await this.#sightings.of(correlationId);
    } catch (error) {
      if (error instanceof SentinelError) return error;
      throw error;
    }
  }

  /** Where the request goes in; a sentence when that is nowhere. */
  #door({ listener }: Expectation): ListenerDoor | string {
    const { config } = this.#options;
    const wanted = listener ?? config.listeners[0]?.id;
    const running = this.#listeners.find(({ id }) => id === wanted);
    if (running === undefined) return `the daemon has no listener ${wanted === undefined ? 'at all' : `"${wanted}"`}`;
    const written = config.listeners.find(({ id }) => id === running.id);
    return {
      address: running.address,
      tls: written !== undefined && written.tls !== null,
      proxyProtocol: written?.proxyProtocol === true,
    };
  }
}
