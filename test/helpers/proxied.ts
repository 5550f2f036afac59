/** The usual scene of a data-plane test: a scripted origin, a plane in front of it, raw clients, and what the proxy holds. */
import type { Config, ListenerConfig, RouteConfig, RoutePolicies, UpstreamConfig } from '../../src/config/model.ts';
import { proxyFields, targetFields } from '../../src/proxy/shared/cells.ts';
import { config, listener, route, startPlane, type TestPlane, upstream } from './data-plane.ts';
import { eventually } from './eventually.ts';
import { ManualClock } from './manual-clock.ts';
import { type Origin, type Script, startOrigin } from './origin.ts';
import { RawClient, type RawResponse } from './raw-http.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

export interface SceneOptions {
  readonly script?: Script;
  readonly listener?: Partial<ListenerConfig>;
  readonly policies?: Partial<RoutePolicies>;
  readonly route?: Partial<Omit<RouteConfig, 'policies'>>;
  readonly upstream?: Partial<UpstreamConfig>;
  readonly limits?: Partial<Config['limits']>;
  readonly server?: Partial<Config['server']>;
  readonly accessLog?: Partial<Config['observability']['logging']['accessLog']>;
  /** Anything else of the configuration, last. */
  readonly config?: Partial<Config>;
  /** Time stands still until the test turns it. */
  readonly manual?: boolean;
}

export interface Scene extends TestPlane {
  readonly origin: Origin;
  readonly clock: ManualClock;
  readonly config: Config;
  client(): Promise<RawClient>;
  /** One request on a connection of its own. */
  ask(request: string, method?: string): Promise<RawResponse>;
  /** Lines of the JSON access log so far. */
  lines(): Record<string, string | number>[];
  /** Number `number` of the access log, from 0, once it has been written. */
  line(number?: number): Promise<Record<string, string | number>>;
  held(): Held;
  /** Waits until the proxy holds nothing but idle connections to targets. */
  settled(): Promise<void>;
}

/** What the proxy holds right now. */
export interface Held {
  readonly clients: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly targetConnections: number;
  readonly targetIdle: number;
  readonly targetPending: number;
  readonly targetInFlight: number;
}

/** A configuration with one listener, one route and one upstream. */
export function scenery(ports: readonly number[], options: SceneOptions): Config {
  const base = config({});
  const { logging } = base.observability;
  const accessLog = { ...logging.accessLog, enabled: options.accessLog !== undefined, ...options.accessLog };
  return {
    ...base,
    server: { ...base.server, ...options.server },
    listeners: [listener(options.listener)],
    routes: [route({ ...options.route, policies: options.policies ?? {} })],
    upstreams: [upstream(ports, options.upstream)],
    limits: { ...base.limits, ...options.limits },
    observability: { ...base.observability, logging: { ...logging, accessLog } },
    ...options.config,
  };
}

export async function proxied(t: Cleanup, options: SceneOptions = {}): Promise<Scene> {
  const origin = await startOrigin(t, options.script);
  const clock = new ManualClock();
  const settings = scenery([origin.port], options);
  const plane = await startPlane(t, settings, options.manual === true ? clock : undefined);
  return { ...sceneOf(t, plane), origin, clock, config: settings };
}

/** One request on a connection of its own, which `client` makes. */
export function askBy(client: () => Promise<RawClient>): Scene['ask'] {
  return async (request, method = request.slice(0, request.indexOf(' '))) => {
    const asking = await client();
    asking.send(request);
    const response = await asking.response(method);
    asking.socket.destroy();
    return response;
  };
}

/** The parts of a scene that need no origin. */
export function sceneOf(t: Cleanup, plane: TestPlane): TestPlane & Omit<Scene, 'origin' | 'clock' | 'config'> {
  const client = () => RawClient.connect(t, plane.port);
  const written: string[] = [];
  const append = plane.log.append.bind(plane.log);
  plane.log.append = (line) => {
    written.push(line);
    return append(line);
  };
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, string | number>);
  const held = (): Held => {
    const { registry, plan } = plane;
    const targets = plan.upstreams.flatMap((upstream) => upstream.targets);
    const overTargets = (field: number, shared: boolean) =>
      targets.reduce((sum, { cell }) => sum + (shared ? registry.shared(cell, field) : registry.sum(cell, field)), 0);
    return {
      clients: registry.shared(plan.cells.proxy, proxyFields.connections),
      inFlight: registry.shared(plan.cells.proxy, proxyFields.inFlight),
      queued: registry.shared(plan.cells.proxy, proxyFields.queued),
      targetConnections: overTargets(targetFields.connections, true),
      targetIdle: overTargets(targetFields.idle, true),
      targetPending: overTargets(targetFields.pending, true),
      targetInFlight: overTargets(targetFields.inFlight, false),
    };
  };
  return {
    ...plane,
    client,
    lines,
    held,
    ask: askBy(client),
    line: (number = 0) =>
      eventually(() => {
        const line = lines()[number];
        if (line === undefined) throw new Error(`only ${lines().length} lines in the access log`);
        return line;
      }),
    settled: async () => {
      await eventually(() => {
        const now = held();
        const busy = { ...now, targetIdle: 0, targetConnections: now.targetConnections - now.targetIdle };
        for (const [what, count] of Object.entries(busy)) {
          if (count !== 0) throw new Error(`the proxy still holds: ${what} ${count}`);
        }
      });
    },
  };
}
