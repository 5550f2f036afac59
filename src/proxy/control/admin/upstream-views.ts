/** Upstreams, targets and breakers as the admin API shows them: verdicts with their reasons. Reads, changes nothing. */
import { rfc3339 } from '../../../base/units.ts';
import type {
  BreakerState,
  CheckResult,
  NameReply,
  TargetHealthState,
  TargetState,
  TargetVerdict,
  UpstreamHealth,
  UpstreamState,
} from '../../../admin/contract/upstream-shapes.ts';
import type { HealthCheckConfig, UpstreamConfig } from '../../../config/model.ts';
import { targetFields } from '../../shared/cells.ts';
import type { PlanBreaker, PlanTarget } from '../../shared/plan.ts';
import type { Drain } from '../drains/drain.ts';
import type { Drains } from '../drains/drains.ts';
import type { NameState } from '../discovery/discovery.ts';
import type { BreakerReport, Breakers, NamedBreaker } from '../health/breakers.ts';
import type { Health, ProbedTarget } from '../health/health.ts';
import type { ProbeResult } from '../health/probe-result.ts';
import type { TargetHealth } from '../health/target-health.ts';
import { targetDrain } from './drain-views.ts';
import { windowStates } from './traffic-views.ts';
import { type Tally, tally, type ViewContext } from './views.ts';

export interface HealthContext {
  readonly view: ViewContext;
  readonly breakers: Breakers;
  readonly drains: Drains;
  readonly health: Health;
}

/** All upstreams in the order of the configuration, or the one of that name; empty when there is none. */
export function upstreamStates(context: HealthContext, name: string | null): readonly UpstreamState[] {
  const { view } = context;
  const { config } = view.state.applied;
  const byUpstream = tally(view, (key) => key.upstream);
  return upstreamsNamed(context, name).map((upstream) => {
    const counts: Readonly<Tally> = byUpstream(view.upstreamLabels.number(upstream.name));
    return {
      ...upstreamHealth(context, upstream),
      builtin: upstream.builtin,
      load_balancing: upstream.loadBalancing.policy,
      routes: config.routes
        .filter((route) => route.upstream === upstream.name || route.fallbackUpstream === upstream.name)
        .map(({ id }) => id),
      names: view.discovery.names(upstream).map(nameReply),
      targets: targetsOf(context, upstream).map((target) => targetState(context, upstream.name, target)),
      requests_total: counts.requests,
      server_errors_total: counts.serverErrors,
      windows: windowStates(view.traffic, 'upstream', upstream.name),
    };
  });
}

/** The same without counts: `GET /admin/upstreams/NAME/health`. */
export function upstreamHealths(context: HealthContext, name: string | null): readonly UpstreamHealth[] {
  return upstreamsNamed(context, name).map((upstream) => upstreamHealth(context, upstream));
}

export function checkResult(
  { upstream, target, check, result }: ProbedTarget,
  health: TargetHealth | undefined,
): CheckResult {
  return {
    upstream,
    target,
    check: check?.type.kind ?? 'none',
    ...resultView(result),
    verdict: health === undefined ? 'unknown' : verdictOf(health),
  };
}

export function breakerState(report: BreakerReport): BreakerState {
  const { id, kind, upstream, target, state, count, trips, openForMs, why, settings } = report;
  return {
    id,
    kind,
    upstream,
    target,
    state,
    count,
    failure_threshold: settings.failureThreshold,
    success_threshold: settings.successThreshold,
    trips_total: trips,
    open_for_ms: openForMs,
    retry_in_ms: state === 'open' && openForMs !== null ? Math.max(0, settings.timeoutMs - openForMs) : null,
    why,
  };
}

function upstreamsNamed({ view }: HealthContext, name: string | null): readonly UpstreamConfig[] {
  const { upstreams } = view.state.applied.config;
  return name === null ? upstreams : upstreams.filter((upstream) => upstream.name === name);
}

function targetsOf({ view }: HealthContext, { name }: UpstreamConfig): readonly PlanTarget[] {
  return view.state.applied.plan.upstreams.find((upstream) => upstream.name === name)?.targets ?? [];
}

function upstreamHealth(context: HealthContext, upstream: UpstreamConfig): UpstreamHealth {
  const standing = context.health.standings.find((one) => one.upstream === upstream.name);
  const degraded = standing?.degraded ?? null;
  return {
    name: upstream.name,
    kind: upstream.static === null ? 'targets' : 'static',
    state: degraded === null ? 'up' : standing?.available === 0 ? 'down' : 'degraded',
    why: degraded,
    available: standing?.available ?? 0,
    min_healthy: standing?.minHealthy ?? 0,
    check: upstream.healthCheck === null ? null : checkWords(upstream.healthCheck, upstream),
    targets: targetsOf(context, upstream).map((target) => targetHealth(context, upstream.name, target)),
  };
}

function nameReply({ name, addresses, resolvedAtMs, failure }: NameState): NameReply {
  return {
    name,
    addresses,
    resolved_at: resolvedAtMs === null ? null : rfc3339(resolvedAtMs),
    failure: failure === null ? null : { code: failure.failure, words: failure.words, since: rfc3339(failure.sinceMs) },
  };
}

function targetState(context: HealthContext, upstream: string, target: PlanTarget): TargetState {
  const { registry } = context.view;
  const { cell, weight } = target;
  return {
    ...targetHealth(context, upstream, target),
    written: target.written,
    weight,
    in_flight: registry.sum(cell, targetFields.inFlight),
    connections: registry.shared(cell, targetFields.connections),
    idle: registry.shared(cell, targetFields.idle),
    pending: registry.shared(cell, targetFields.pending),
    acquired_total: registry.sum(cell, targetFields.acquired),
    reused_total: registry.sum(cell, targetFields.reused),
    opened_total: registry.sum(cell, targetFields.opened),
    windows: windowStates(context.view.traffic, 'target', target.id),
  };
}

function targetHealth(
  { view: { clock }, health, breakers, drains }: HealthContext,
  upstream: string,
  target: PlanTarget,
): TargetHealthState {
  const known = health.of(target.id);
  const report = target.breaker === null ? null : breakers.report(namedBreaker(upstream, target, target.breaker));
  const breaker = report?.state ?? null;
  const openForMs = report?.openForMs ?? null;
  const address = target.address;
  const own = drains.of({ ...target, upstream });
  const drain = own === undefined ? null : targetDrain(own);
  if (known === undefined) {
    // A plan that has only just come into force.
    return {
      address,
      verdict: 'unknown',
      why: 'not judged yet',
      since: rfc3339(clock.wallMs()),
      breaker,
      drain,
      ...nothing,
    };
  }
  const { ejection, last } = known;
  return {
    address,
    verdict: verdictOf(known),
    why: whyOf(known, report, own, clock.now()),
    // A breaker that came later is what keeps it away now.
    since: rfc3339(known.admitted && openForMs !== null ? clock.wallMs() - openForMs : known.sinceMs),
    last_check: last === null ? null : { ...resultView(last), run: known.run },
    checks: { ...known.counts },
    ejection:
      ejection === null
        ? null
        : { ends_in_ms: Math.max(0, Math.round(ejection.until - clock.now())), times: ejection.times },
    share: (1000 - known.withheld) / 1000,
    breaker,
    drain,
  };
}

const nothing = { last_check: null, checks: { passed: 0, failed: 0 }, ejection: null, share: 1 } as const;

function verdictOf(health: TargetHealth): TargetVerdict {
  if (health.verdict === 'unhealthy') return 'unhealthy';
  if (health.ejection !== null) return 'ejected';
  return health.verdict ?? 'unchecked';
}

function namedBreaker(upstream: string, { address }: PlanTarget, breaker: PlanBreaker): NamedBreaker {
  return { kind: 'target', upstream, target: address, breaker };
}

/** Of a breaker that keeps requests away; null where it does not. */
function breakerWords(report: BreakerReport): string | null {
  const { state, why } = report;
  const because = why === null ? '' : `: ${why}`;
  if (state === 'forced_open') return `circuit breaker ${why ?? 'held open by order'}`;
  if (state === 'half_open') return `circuit breaker half-open${because}`;
  if (state === 'closed') return null;
  const { retry_in_ms: left } = breakerState(report);
  const next = left === null || left === 0 ? 'the next request tries' : `tries again in ${Math.ceil(left / 1000)} s`;
  return `circuit breaker open${because}; ${next}`;
}

function whyOf(health: TargetHealth, breaker: BreakerReport | null, drain: Drain | undefined, now: number): string {
  const { ejection, last, run, verdict, check } = health;
  const reasons: string[] = [];
  if (last?.code === 'OWN') {
    reasons.push(last.words);
  } else if (last !== null && !last.ok) {
    // Down already, or on the way there.
    const threshold = verdict === 'unhealthy' ? '' : ` of ${check?.unhealthyThreshold}`;
    reasons.push(`${last.words} ×${run}${threshold}`);
  } else if (last !== null && verdict === 'unhealthy') {
    reasons.push(`${last.words} ×${run}, healthy after ${check?.healthyThreshold}`);
  } else if (last !== null) {
    reasons.push(last.words);
  } else if (verdict === 'unknown') {
    reasons.push('the first probe has not ended yet');
  }
  if (ejection !== null) {
    const left = Math.ceil(Math.max(0, ejection.until - now) / 1000);
    reasons.push(`ejected for ${ejection.forMs / 1000} s: ${ejection.why}; ${left} s left`);
  }
  const held = breaker === null ? null : breakerWords(breaker);
  if (held !== null) reasons.push(held);
  if (health.withheld > 0) reasons.push(`slow start: ${Math.round((1000 - health.withheld) / 10)} % of its share`);
  if (drain !== undefined) reasons.push(drainWords(drain));
  else if (health.target.weight === 0) reasons.push('weight 0: takes no new request');
  return reasons.length === 0 ? 'no health check is configured' : reasons.join('; ');
}

function drainWords({ record }: Drain): string {
  const { state, actor, reason, id } = record;
  return `${state} by ${actor} (${id}${reason === null ? '' : `: ${reason}`})`;
}

function resultView({ ok, code, status, words, latencyMs, atMs }: ProbeResult) {
  return { ok, code, status, words, latency_ms: Math.round(latencyMs * 10) / 10, at: rfc3339(atMs) };
}

function checkWords({ type, intervalMs }: HealthCheckConfig, { tls, httpVersion }: UpstreamConfig): string {
  const every = `${tls === null ? '' : 'over TLS '}every ${intervalMs / 1000} s`;
  switch (type.kind) {
    case 'http':
      return `http ${type.path} ${httpVersion === '2' ? 'by HTTP/2 ' : ''}${every}`;
    case 'grpc':
      return `grpc ${type.service === '' ? 'server' : type.service} ${every}`;
    default:
      return `tcp ${every}`;
  }
}
