/**
 * The plan as one worker runs it: names resolved to objects, cells to typed arrays, header rules compiled. Built at
 * `prepare`, never changed; a request keeps the runtime that it started with.
 */
import { BlockList } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { UpstreamTimeouts } from '../../config/model.ts';
import { Matcher } from '../../routing/matcher.ts';
import { type Cell, type CellSegment, targetFields, targetStateFields, viewCell } from '../shared/cells.ts';
import type { Plan, PlanListener, PlanRoute, PlanTarget, PlanUpstream } from '../shared/plan.ts';
import { HeaderRules } from './request/header-rules.ts';
import type { Balancer, Candidate } from './upstream/balance/balancer.ts';
import type { LatencyAverage } from './upstream/balance/latency-average.ts';
import { createBalancer } from './upstream/balance/policies.ts';
import type { PoolSettings, TargetPool } from './upstream/pool.ts';

export interface RuntimeContext {
  readonly worker: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly segments: readonly CellSegment[];
  /** The pool of a target, kept from the runtime before where the target is the same. */
  poolFor(target: PlanTarget, cell: Cell, proxyCell: Cell, settings: PoolSettings): TargetPool;
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
    readonly unrouted: Cell;
    readonly guards: Cell;
    readonly pressure: Cell;
  };
  /** Routes that name the proxy's own paths exactly, and so replace its answers there. */
  readonly ownPathRoutes: ReadonlySet<number>;
  /** `sentinel-<id>`: how this daemon signs `Via`. */
  readonly viaName: string;

  constructor(plan: Plan, context: RuntimeContext) {
    const view = (ref: PlanRoute['cell']) => viewCell(context.segments, ref, context.worker);
    this.plan = plan;
    this.viaName = `sentinel-${plan.daemonId}`;
    this.cells = {
      proxy: view(plan.cells.proxy),
      errors: view(plan.cells.errors),
      rejects: view(plan.cells.rejects),
      connectionRejects: view(plan.cells.connectionRejects),
      unrouted: view(plan.cells.unrouted),
      guards: view(plan.cells.guards),
      pressure: view(plan.cells.pressure),
    };
    this.matcher = new Matcher(plan.routing);
    this.ownPathRoutes = new Set(
      plan.routing.entries
        .filter(({ path }) => path?.kind === 'exact' && (path.path === plan.healthPath || path.path === plan.readyPath))
        .map(({ route }) => route),
    );
    this.upstreams = plan.upstreams.map((upstream) => buildUpstream(upstream, plan, context, this.cells.proxy));
    this.routes = plan.routes.map((route) => {
      const upstream = this.upstreams[route.upstream] as UpstreamRuntime;
      return {
        plan: route,
        upstream,
        cell: view(route.cell),
        responseMs: shorter(route.policies.timeoutMs, upstream.timeouts.requestMs),
        requestRules: HeaderRules.from(route.policies.requestHeaders),
        responseRules: HeaderRules.from(route.policies.responseHeaders),
      };
    });
    this.listeners = new Map(
      plan.listeners.map((listener) => [
        listener.id,
        { plan: listener, cell: view(listener.cell), trusted: trustList(listener.trustedProxies) },
      ]),
    );
  }
}

export interface ListenerRuntime {
  readonly plan: PlanListener;
  readonly cell: Cell;
  /** Null when nobody is trusted. */
  readonly trusted: BlockList | null;
}

export interface RouteRuntime {
  readonly plan: PlanRoute;
  readonly upstream: UpstreamRuntime;
  readonly cell: Cell;
  /** Last request byte sent → response head; 0 = no bound. */
  readonly responseMs: number;
  /** Null = nothing to change: the common, fast case. */
  readonly requestRules: HeaderRules | null;
  readonly responseRules: HeaderRules | null;
}

export interface UpstreamRuntime {
  readonly plan: PlanUpstream;
  readonly cell: Cell;
  readonly timeouts: UpstreamTimeouts;
  readonly targets: readonly TargetRuntime[];
  readonly balance: Balancer;
  /** Body of a static upstream. */
  readonly staticBody: Buffer | null;
}

export class TargetRuntime implements Candidate {
  readonly plan: PlanTarget;
  readonly id: string;
  readonly fullWeight: number;
  readonly pool: TargetPool;
  readonly cell: Cell;
  /** `targetStateFields`. */
  readonly #state: Int32Array;
  /** This target's lane of every worker, for counts that must be read whole. */
  readonly #lanes: readonly Float64Array[];

  constructor(plan: PlanTarget, cell: Cell, state: Cell, lanes: readonly Float64Array[], pool: TargetPool) {
    this.plan = plan;
    this.id = plan.id;
    this.fullWeight = plan.weight;
    this.cell = cell;
    this.#state = state.shared;
    this.#lanes = lanes;
    this.pool = pool;
  }

  /** @inheritdoc */
  get weight(): number {
    const state = this.#state;
    if (Atomics.load(state, targetStateFields.admission) !== 0) return 0;
    const withheld = Atomics.load(state, targetStateFields.withheld);
    return withheld === 0 ? this.fullWeight : (this.fullWeight * (1000 - withheld)) / 1000;
  }

  /** @inheritdoc */
  get latency(): LatencyAverage {
    return this.pool.latency;
  }

  inFlight(): number {
    let total = 0;
    for (const lane of this.#lanes) total += lane[targetFields.inFlight] as number;
    return total;
  }
}

function buildUpstream(upstream: PlanUpstream, plan: Plan, context: RuntimeContext, proxyCell: Cell): UpstreamRuntime {
  const targets = upstream.targets.map((target) => {
    const cell = viewCell(context.segments, target.cell, context.worker);
    const laneCount = (context.segments[target.cell.segment] as CellSegment).laneCount;
    const lanes = Array.from({ length: laneCount }, (_, lane) => viewCell(context.segments, target.cell, lane).lane);
    const pool = context.poolFor(target, cell, proxyCell, {
      socket: target.socket,
      pool: upstream.pool,
      timeouts: upstream.timeouts,
      maxQueued: plan.limits.maxQueuedRequests,
    });
    return new TargetRuntime(target, cell, viewCell(context.segments, target.state, context.worker), lanes, pool);
  });
  return {
    plan: upstream,
    cell: viewCell(context.segments, upstream.cell, context.worker),
    timeouts: upstream.timeouts,
    targets,
    balance: createBalancer(upstream.loadBalancing, context.random, context.worker, upstream.stickyKey),
    staticBody: upstream.static === null ? null : Buffer.from(upstream.static.bodyBase64, 'base64'),
  };
}

function trustList(entries: readonly string[]): BlockList | null {
  if (entries.length === 0) return null;
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** The shorter of two times where 0 means none. */
function shorter(a: number, b: number): number {
  if (a === 0) return b;
  return b === 0 ? a : Math.min(a, b);
}
