/**
 * The plan as one worker runs it: names resolved to objects, cells to typed arrays, header rules compiled. Built at
 * `prepare`, never changed; a request keeps the runtime that it started with.
 */
import { KnownSecrets } from '../../base/redaction.ts';
import type { Clock } from '../../base/clock.ts';
import type { UpstreamTimeouts } from '../../config/model.ts';
import { namesAcmePath } from '../../routing/acme.ts';
import { Matcher } from '../../routing/matcher.ts';
import { Breaker } from '../shared/breaker.ts';
import { type Cell, type CellSegment, viewCell } from '../shared/cells.ts';
import { AddressSet, buildAddressSet } from '../shared/address-set.ts';
import { ClientConnections } from '../shared/client-connections.ts';
import type { WorkerSaid } from '../shared/messages.ts';
import { parseNetwork } from '../shared/network.ts';
import type {
  Plan,
  PlanBreaker,
  PlanListener,
  PlanMaintenance,
  PlanRoute,
  PlanTarget,
  PlanUpstream,
} from '../shared/plan.ts';
import { type Challenge, challengeOf } from './challenge/challenge.ts';
import { RateLimiter } from './rates/limiter.ts';
import type { RateStores } from './rates/rate-stores.ts';
import type { StoredRates } from './rates/stored-rates.ts';
import { HeaderRules } from './request/header-rules.ts';
import type { RetryBudget } from './request/retry-budget.ts';
import { TargetRuntime } from './target-runtime.ts';
import { Sampling } from './tracing/sampling.ts';
import { Terminator } from './tls/terminator.ts';
import type { Balancer } from './upstream/balance/balancer.ts';
import { createBalancer } from './upstream/balance/policies.ts';
import type { Pool, PoolSettings } from './upstream/channel.ts';

export interface RuntimeContext {
  readonly worker: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly segments: readonly CellSegment[];
  /** Tells the main thread. */
  readonly say: (said: WorkerSaid) => void;
  readonly rateStores: RateStores;
  /** The TLS end of a listener in the plan that is in force; null = it has none. */
  terminatorBefore(listener: string): Terminator | null;
  /** The budget of an upstream, kept from runtime to runtime by its name. */
  retryBudget(upstream: string): RetryBudget;
  /** The pool of a target, kept from the runtime before where the target is the same. */
  poolFor(target: PlanTarget, cell: Cell, proxyCell: Cell, settings: PoolSettings): Pool;
}

export class Runtime {
  readonly plan: Plan;
  readonly matcher: Matcher;
  readonly routes: readonly RouteRuntime[];
  readonly upstreams: readonly UpstreamRuntime[];
  readonly listeners: ReadonlyMap<string, ListenerRuntime>;
  readonly cells: {
    readonly proxy: Cell;
    readonly errors: Cell;
    readonly rejects: Cell;
    readonly connectionRejects: Cell;
    readonly handshakes: Cell;
    readonly unrouted: Cell;
    readonly unroutedOutcomes: Cell;
    readonly guards: Cell;
    readonly pressure: Cell;
  };
  /** Names of fields that say who a client is, `_` as `-`; null = none. */
  readonly identityFields: ReadonlySet<string> | null;
  /** Open connections by client; null = not limited. */
  readonly clientConnections: ClientConnections | null;
  /** Clients that nothing limits, and clients that get nothing; null = nobody. */
  readonly allowed: AddressSet | null;
  readonly blocked: AddressSet | null;
  /** Of requests that no route takes; null = none. */
  readonly maintenance: MaintenanceRuntime | null;
  /** Null = nobody is challenged. */
  readonly challenge: Challenge | null;
  /** Requests of all clients, and of each; null = not limited. */
  readonly globalRate: RateLimiter | null;
  readonly clientRate: RateLimiter | null;
  /** Where the rates of routes are kept that are not kept here. */
  readonly rateStores: ReadonlySet<StoredRates>;
  /** Routes that name the proxy's own paths exactly, and so replace its answers there. */
  readonly ownPathRoutes: ReadonlySet<number>;
  /** Of which exchanges spans are told; null = of none. */
  readonly sampling: Sampling | null;
  /** Literal secrets, for header fields that are logged. */
  readonly secrets: KnownSecrets;
  /** `sentinel-<id>`: how this daemon signs `Via`. */
  readonly viaName: string;

  constructor(plan: Plan, context: RuntimeContext) {
    const view = (ref: PlanRoute['cell']) => viewCell(context.segments, ref, context.worker);
    this.plan = plan;
    // First of all: this can fail, and then nothing else has been made.
    this.listeners = new Map(
      plan.listeners.map((listener) => [
        listener.id,
        {
          plan: listener,
          cell: view(listener.cell),
          trusted: trustList(listener.trustedProxies),
          terminator: Terminator.of(listener, context.terminatorBefore(listener.id)),
        },
      ]),
    );
    this.identityFields = plan.identityFields.length === 0 ? null : new Set(plan.identityFields.map(hyphenated));
    this.sampling = plan.tracing && new Sampling(plan.tracing);
    this.secrets = new KnownSecrets(plan.secrets);
    this.viaName = `sentinel-${plan.daemonId}`;
    this.cells = {
      proxy: view(plan.cells.proxy),
      errors: view(plan.cells.errors),
      rejects: view(plan.cells.rejects),
      connectionRejects: view(plan.cells.connectionRejects),
      handshakes: view(plan.cells.handshakes),
      unrouted: view(plan.cells.unrouted),
      unroutedOutcomes: view(plan.cells.unroutedOutcomes),
      guards: view(plan.cells.guards),
      pressure: view(plan.cells.pressure),
    };
    const { clientConnections, globalRate, clientRate } = plan.tables;
    const { allowed, blocked } = plan.security;
    this.clientConnections = clientConnections && new ClientConnections(clientConnections, context.worker);
    this.allowed = allowed && new AddressSet(allowed);
    this.blocked = blocked && new AddressSet(blocked);
    this.maintenance = buildMaintenance(plan.maintenance);
    this.challenge = challengeOf(plan.security);
    this.globalRate = globalRate && new RateLimiter(globalRate, 'global', null);
    this.clientRate = clientRate && new RateLimiter(clientRate, 'client', null);
    this.matcher = new Matcher(plan.routing);
    this.ownPathRoutes = new Set(
      plan.routing.entries
        .filter(({ path }) => path?.kind === 'exact' && (path.path === plan.healthPath || path.path === plan.readyPath))
        .map(({ route }) => route),
    );
    this.upstreams = plan.upstreams.map((upstream) => buildUpstream(upstream, plan, context, this.cells.proxy));
    const acmeRoutes = new Set(
      plan.routing.entries.filter(({ path }) => namesAcmePath(path)).map(({ route }) => route),
    );
    this.routes = plan.routes.map((route, number) => {
      const upstream = this.upstreams[route.upstream] as UpstreamRuntime;
      const fallback = this.upstreams[route.fallback] ?? null;
      return {
        plan: route,
        upstream,
        cell: view(route.cell),
        responseMs: shorter(route.policies.timeoutMs, upstream.timeouts.requestMs),
        fallback,
        fallbackResponseMs: shorter(route.policies.timeoutMs, fallback?.timeouts.requestMs ?? 0),
        breaker: buildBreaker(route.breaker, context),
        counts: view(route.counts),
        outcomes: view(route.outcomes),
        rate: buildLimiter(route, context),
        // Who orders maintenance everywhere does not mean that certificates shall run out meanwhile.
        maintenance:
          acmeRoutes.has(number) && route.maintenance?.everywhere === true ? null : buildMaintenance(route.maintenance),
        takesAcme: acmeRoutes.has(number),
        requestRules: HeaderRules.from(route.policies.requestHeaders),
        responseRules: HeaderRules.from(route.policies.responseHeaders),
      };
    });
    this.rateStores = new Set(this.routes.flatMap(({ rate }) => rate?.store ?? []));
  }
}

export interface ListenerRuntime {
  readonly plan: PlanListener;
  readonly cell: Cell;
  /** Null when nobody is trusted. */
  readonly trusted: AddressSet | null;
  /** Null = plain HTTP. */
  readonly terminator: Terminator | null;
}

export interface RouteRuntime {
  readonly plan: PlanRoute;
  readonly upstream: UpstreamRuntime;
  readonly cell: Cell;
  /** Last request byte sent → response head; 0 = no bound. */
  readonly responseMs: number;
  /** Null = none. */
  readonly fallback: UpstreamRuntime | null;
  /** `responseMs` of the fallback upstream. */
  readonly fallbackResponseMs: number;
  readonly breaker: Breaker | null;
  /** `routeFields`. */
  readonly counts: Cell;
  /** `outcomeFields`. */
  readonly outcomes: Cell;
  /** Null = not limited. */
  readonly rate: RateLimiter | null;
  /** Null = none: the request goes where it should. */
  readonly maintenance: MaintenanceRuntime | null;
  /** It names the place of ACME proofs: who asks for them is not challenged. */
  readonly takesAcme: boolean;
  /** Null = nothing to change: the common, fast case. */
  readonly requestRules: HeaderRules | null;
  readonly responseRules: HeaderRules | null;
}

/** What clients get in place of what they asked for. */
export interface MaintenanceRuntime {
  readonly plan: PlanMaintenance;
  readonly body: Buffer;
  /** Clients that pass; null = nobody. */
  readonly allowed: AddressSet | null;
}

export interface UpstreamRuntime {
  readonly plan: PlanUpstream;
  readonly cell: Cell;
  readonly timeouts: UpstreamTimeouts;
  readonly targets: readonly TargetRuntime[];
  readonly balance: Balancer;
  readonly retryBudget: RetryBudget;
  /** `balance` goes by how long answers take. */
  readonly timesAnswers: boolean;
  /** `upstreamFields`. */
  readonly counts: Cell;
  /** `outcomeFields`. */
  readonly outcomes: Cell;
  /** Body of a static upstream. */
  readonly staticBody: Buffer | null;
}

function buildUpstream(upstream: PlanUpstream, plan: Plan, context: RuntimeContext, proxyCell: Cell): UpstreamRuntime {
  const targets = upstream.targets.map((target) => {
    const cell = viewCell(context.segments, target.cell, context.worker);
    const laneCount = (context.segments[target.cell.segment] as CellSegment).laneCount;
    const lanes = Array.from({ length: laneCount }, (_, lane) => viewCell(context.segments, target.cell, lane).lane);
    const pool = context.poolFor(target, cell, proxyCell, {
      target: target.id,
      socket: target.socket,
      written: target.written,
      tls: upstream.tls,
      identity: upstream.identity,
      httpVersion: upstream.httpVersion,
      pool: upstream.pool,
      timeouts: upstream.timeouts,
      maxQueued: plan.limits.maxQueuedRequests,
      descriptorBound: plan.descriptorBound,
      keep: target.weight > 0,
    });
    return new TargetRuntime(target, {
      cell,
      durations: viewCell(context.segments, target.durations, context.worker),
      lanes,
      pool,
      state: viewCell(context.segments, target.state, context.worker),
      breaker: buildBreaker(target.breaker, context),
      window: target.window === null ? null : viewCell(context.segments, target.window, context.worker),
      passive: upstream.passive,
      say: context.say,
    });
  });
  return {
    plan: upstream,
    cell: viewCell(context.segments, upstream.cell, context.worker),
    timeouts: upstream.timeouts,
    targets,
    balance: createBalancer(upstream.loadBalancing, context.random, context.worker, upstream.stickyKey),
    retryBudget: context.retryBudget(upstream.name),
    timesAnswers: upstream.loadBalancing.policy === 'peak_ewma',
    counts: viewCell(context.segments, upstream.counts, context.worker),
    outcomes: viewCell(context.segments, upstream.outcomes, context.worker),
    staticBody: upstream.static === null ? null : Buffer.from(upstream.static.bodyBase64, 'base64'),
  };
}

function buildMaintenance(plan: PlanMaintenance | null): MaintenanceRuntime | null {
  if (plan === null) return null;
  return { plan, body: Buffer.from(plan.page), allowed: plan.allowed && new AddressSet(plan.allowed) };
}

function buildBreaker(plan: PlanBreaker | null, { segments, worker, say }: RuntimeContext): Breaker | null {
  if (plan === null) return null;
  const { id, settings, cell } = plan;
  return new Breaker(viewCell(segments, cell, worker), settings, (to, why) => {
    if (to !== 'forced_open') say({ kind: 'breaker', id, to, why });
  });
}

function buildLimiter({ id, rateLimit }: PlanRoute, { rateStores }: RuntimeContext): RateLimiter | null {
  if (rateLimit === null) return null;
  const { backend } = rateLimit.limit;
  return new RateLimiter(rateLimit, id, backend.kind === 'redis' ? rateStores.at(backend.url) : null);
}

function trustList(entries: readonly string[]): AddressSet | null {
  const networks = entries.map(parseNetwork).filter((network) => network !== null);
  const set = buildAddressSet(networks);
  return set && new AddressSet(set);
}

/** The shorter of two times where 0 means none. */
function shorter(a: number, b: number): number {
  if (a === 0) return b;
  return b === 0 ? a : Math.min(a, b);
}

/** A field name in lower case as applications read it that take `_` for `-`. */
function hyphenated(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
