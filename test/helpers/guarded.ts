/** A data plane whose plan says something of security: clients are who `X-Forwarded-For` says. */
import { systemClock } from '../../src/base/clock.ts';
import type { Config, RouteConfig, RoutePolicies } from '../../src/config/model.ts';
import { RateTables } from '../../src/proxy/control/rate-tables.ts';
import { buildAddressSet } from '../../src/proxy/shared/address-set.ts';
import type { guardFields } from '../../src/proxy/shared/cells.ts';
import { guardFields as fields } from '../../src/proxy/shared/cells.ts';
import { type Network, parseNetwork } from '../../src/proxy/shared/network.ts';
import type { PlanSecurity } from '../../src/proxy/shared/plan.ts';
import type { Issued } from './certificates.ts';
import { config, listener, rateLimit, route, startPlane, type TestPlane, upstream } from './data-plane.ts';
import { ManualClock } from './manual-clock.ts';
import { RawClient, type RawResponse } from './raw-http.ts';
import { connectTls, listenerTls, TestCertificates } from './secured-plane.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

export interface GuardedScene extends TestPlane {
  readonly clock: ManualClock;
  readonly config: Config;
  /** One request of a client; `head` are further field lines without the last CRLF. */
  ask(client: string, request?: string, head?: readonly string[]): Promise<RawResponse>;
  client(): Promise<RawClient>;
  guarded(field: keyof typeof guardFields): number;
}

export interface GuardedOptions extends Partial<Omit<PlanSecurity, 'blocked' | 'allowed' | 'threshold'>> {
  readonly blocked?: readonly string[];
  readonly allowed?: readonly string[];
  /** Requests a minute. */
  readonly threshold?: number;
  /** Clients that the threshold tells apart. */
  readonly maxKeys?: number;
  readonly policies?: Partial<RoutePolicies>;
  readonly trusted?: readonly string[];
  /** What the listener shows; without it, plain HTTP. */
  readonly certificate?: Issued;
  /** Beside the one that takes everything. */
  readonly routes?: readonly RouteConfig[];
}

export function addressSet(entries: readonly string[]): SharedArrayBuffer | null {
  return buildAddressSet(entries.map((entry) => parseNetwork(entry) as Network));
}

/** What a request that reaches the upstream gets. */
export const reached = 'the upstream';

export async function guarded(t: Cleanup, options: GuardedOptions): Promise<GuardedScene> {
  const {
    blocked = [],
    allowed = [],
    threshold,
    maxKeys = 1000,
    policies = {},
    routes = [],
    certificate,
    ...plain
  } = options;
  const clock = new ManualClock();
  const tables = new RateTables(clock ?? systemClock);
  t.after(() => tables.close());
  const security: PlanSecurity = {
    mode: 'off',
    difficulty: 8,
    ttlMs: 60_000,
    key: new Uint8Array(32).fill(7),
    ...plain,
    threshold:
      threshold === undefined
        ? null
        : tables.keyed(
            'challenge',
            rateLimit({ requestsPerSecond: threshold / 60, burst: threshold, maxDelayMs: 0, maxKeys }),
          ),
    blocked: addressSet(blocked),
    allowed: addressSet(allowed),
  };
  const settings = config({
    listeners: [
      listener({
        trustedProxies: options.trusted ?? ['127.0.0.1'],
        tls: certificate === undefined ? null : listenerTls(certificate),
      }),
    ],
    routes: [route({ policies }), ...routes],
    upstreams: [
      upstream([], {
        static: { status: 200, headers: [], bodyBase64: Buffer.from(reached).toString('base64') },
      }),
    ],
  });
  const source = { security: () => security, stickyKey: null };
  const plane = await startPlane(t, settings, clock, undefined, {
    security: source,
    certificates: new TestCertificates(),
  });
  const client = async () =>
    certificate === undefined
      ? RawClient.connect(t, plane.port)
      : RawClient.over(await connectTls(t, plane.port, { rejectUnauthorized: false }));
  return {
    ...plane,
    clock,
    config: settings,
    client,
    async ask(from, request = 'GET /', head = []) {
      const asking = await client();
      const lines = [`${request} HTTP/1.1`, 'Host: a.example', `X-Forwarded-For: ${from}`, ...head, '', ''];
      asking.send(lines.join('\r\n'));
      const response = await asking.response(request.slice(0, request.indexOf(' ')));
      asking.socket.destroy();
      return response;
    },
    guarded: (field) => {
      const number = fields[field];
      return plane.registry.sum(plane.plan.cells.guards, number);
    },
  };
}
