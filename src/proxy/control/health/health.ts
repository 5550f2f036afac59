/**
 * Verdicts over all targets of the plan in force: has them probed, hears what workers say of them, ejects and takes back
 * within the bounds of their upstream, and says so in the log. Follows every plan; keeps what it knows of targets that stay.
 */
import type { Clock } from '../../../base/clock.ts';
import type { Config, HealthCheckConfig } from '../../../config/model.ts';
import { type BreakerState, readBreaker } from '../../shared/breaker.ts';
import type { CellRegistry } from '../../shared/cells.ts';
import type { WorkerSaid } from '../../shared/messages.ts';
import type { Plan, PlanUpstream } from '../../shared/plan.ts';
import type { Log } from '../logging.ts';
import type { Breakers } from './breakers.ts';
import { CheckSchedule } from './check-schedule.ts';
import type { Verdict } from './check-verdict.ts';
import { ejectionObjection, minHealthyOf } from './ejection.ts';
import type { ProbeResult } from './probe-result.ts';
import type { ProbeTarget } from './probe-target.ts';
import { type Standing, standingOf } from './standing.ts';
import { TargetHealth } from './target-health.ts';

export interface HealthOptions {
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly registry: CellRegistry;
  readonly log: Log;
  readonly breakers: Breakers;
  /** One probe; must not reject. */
  readonly probe: (target: ProbeTarget, check: HealthCheckConfig | null) => Promise<ProbeResult>;
  /** A verdict has changed. */
  readonly onFlip: () => void;
  /** `/ready` answers otherwise now. */
  readonly onReadiness: () => void;
}

/** What a probe by order found. */
export interface ProbedTarget {
  readonly upstream: string;
  readonly target: string;
  /** Null = no check is configured: only a connection was made. */
  readonly check: HealthCheckConfig | null;
  readonly result: ProbeResult;
}

/** Five hundred targets may hang at once without keeping one another waiting; each holds a descriptor while it does. */
const CONCURRENT_PROBES = 512;
/** How often the log repeats that a failing target may not be ejected for the same reason. */
const REPEAT_MS = 60_000;

export class Health {
  readonly #options: HealthOptions;
  readonly #schedule: CheckSchedule;
  readonly #targets = new Map<string, TargetHealth>();
  /** By the name of their upstream, in the order of the plan. */
  #groups: ReadonlyMap<string, readonly TargetHealth[]> = new Map();
  #config: Config | null = null;
  /** Upstreams without a target that takes requests; while a breaker is half-open, its few trials do not count. */
  readonly #down = new Set<string>();
  /** As of the last change. */
  #degraded: readonly string[] = [];
  /** What the log last said of targets that may not be ejected. */
  readonly #spared = new Map<string, { readonly why: string; readonly at: number }>();

  constructor(options: HealthOptions) {
    this.#options = options;
    const { clock, random } = options;
    this.#schedule = new CheckSchedule({ clock, random, concurrency: CONCURRENT_PROBES });
  }

  /** Goes over to a plan and the configuration that it was made from. Called after each commit. */
  follow(config: Config, plan: Plan): void {
    const present = new Set<string>();
    const groups = new Map<string, readonly TargetHealth[]>();
    for (const [index, upstream] of config.upstreams.entries()) {
      const before = this.#groups.get(upstream.name) ?? [];
      const way = plan.upstreams[index] as PlanUpstream;
      const group = way.targets.map((target) => {
        present.add(target.id);
        const known = this.#targets.get(target.id);
        if (known !== undefined) {
          if (known.configure(upstream, target, way)) this.#probeFrom(known);
          return known;
        }
        const { clock, registry } = this.#options;
        const made = new TargetHealth(
          {
            clock,
            registry,
            onFlip: (health, from, result) => this.#flipped(health, from, result),
            onReturn: (health) => this.#returned(health),
          },
          upstream,
          target,
          way,
        );
        this.#targets.set(target.id, made);
        made.forgetOutcomes();
        // The others carry the load meanwhile; where there are none, nobody could.
        if (before.length > 0) made.startSlowly();
        this.#probeFrom(made);
        return made;
      });
      groups.set(upstream.name, group);
    }
    for (const [id, health] of this.#targets) {
      if (present.has(id)) continue;
      this.#schedule.remove(id);
      health.stop();
      this.#targets.delete(id);
      this.#spared.delete(id);
    }
    this.#groups = groups;
    this.#config = config;
    this.#options.breakers.follow(plan);
    this.#noteStandings();
  }

  /** Of a target of the plan in force, by its id. */
  of(id: string): TargetHealth | undefined {
    return this.#targets.get(id);
  }

  /** Whether a target takes requests now; half-open breakers let a few through. */
  takesRequests(id: string): boolean {
    const health = this.#targets.get(id);
    return health !== undefined && this.#available(health);
  }

  /** Probes one target now; null where no check is configured, or there is no such target. */
  async probeOne(id: string): Promise<ProbeResult | null> {
    const health = this.#targets.get(id);
    return health === undefined || health.check === null ? null : (await this.#probeNow(health)).result;
  }

  /** Every upstream that has targets, in the order of the configuration. */
  get standings(): readonly Standing[] {
    return (this.#config?.upstreams ?? [])
      .filter((upstream) => upstream.static === null)
      .map((upstream) =>
        standingOf(
          upstream,
          this.#groups.get(upstream.name) ?? [],
          (health) => this.#breakerState(health) === 'closed',
        ),
      );
  }

  /** A sentence for each route whose circuit breaker keeps its requests away. */
  get openRoutes(): readonly string[] {
    const { breakers, registry } = this.#options;
    return breakers.ofRoutes.flatMap(({ route, breaker }) => {
      const { state } = readBreaker(registry.view(breaker.cell, 0));
      if (state === 'closed') return [];
      return [
        `route ${route}: its circuit breaker is ${state === 'forced_open' ? 'held open' : state.replace('_', '-')}`,
      ];
    });
  }

  /** Sentences for `/ready`. */
  get degraded(): readonly string[] {
    return this.#degraded;
  }

  /** A circuit breaker has moved, by requests or by order: an upstream may have nothing left that takes requests. */
  breakerMoved(): void {
    this.#noteStandings();
  }

  /** A worker saw too many requests of a target fail. */
  failing({ target: id, failures, requests }: Extract<WorkerSaid, { kind: 'failing' }>): void {
    const health = this.#targets.get(id);
    const passive = health?.upstream.passiveHealth;
    // It may have been said before it was ejected, or before the configuration changed.
    if (health === undefined || passive === undefined || passive === null || health.ejection !== null) return;
    // Its check keeps it out already, and knows better when it is back; its return clears the window.
    if (health.verdict === 'unhealthy') return;
    const why = `${failures} of the last ${requests} requests failed`;
    const objection = this.#objection(health, passive.maxEjectedPercent);
    if (objection !== null) {
      health.forgetOutcomes();
      this.#spare(health, why, objection);
      return;
    }
    this.#spared.delete(id);
    const { forMs, times } = health.eject(passive, why);
    this.#options.log.warn('Target ejected', {
      event: 'ejection',
      ...subjectOf(health),
      from: 'available',
      to: 'ejected',
      why,
      for_ms: forMs,
      times,
    });
    this.#changed();
  }

  /** Probes now, whatever the schedule says; results of configured checks count. `null` = every upstream. */
  async checkNow(upstream: string | null): Promise<readonly ProbedTarget[]> {
    const asked = upstream === null ? [...this.#groups.values()].flat() : (this.#groups.get(upstream) ?? []);
    return Promise.all(asked.map((health) => this.#probeNow(health)));
  }

  stop(): void {
    this.#schedule.stop();
    for (const health of this.#targets.values()) health.stop();
  }

  #probeFrom(health: TargetHealth): void {
    if (health.check === null) {
      this.#schedule.remove(health.id);
      return;
    }
    this.#schedule.add(health.id, { paceMs: () => health.paceMs(), run: () => this.#runCheck(health) });
  }

  async #runCheck(health: TargetHealth): Promise<void> {
    const { check } = health;
    const result = await this.#options.probe(health.asked, check);
    // A check that was replaced meanwhile has not found this.
    if (this.#targets.get(health.id) === health && health.check === check) health.take(result);
  }

  async #probeNow(health: TargetHealth): Promise<ProbedTarget> {
    const { check, target, asked, upstream } = health;
    const named = { upstream: upstream.name, target: target.address };
    if (check !== null) {
      await this.#schedule.now(health.id);
      if (health.last !== null) return { ...named, check, result: health.last };
    }
    const result = await this.#schedule.withPlace(() => this.#options.probe(asked, check));
    return { ...named, check, result };
  }

  #objection(health: TargetHealth, maxEjectedPercent: number): string | null {
    const { upstream } = health;
    const group = this.#groups.get(upstream.name) ?? [];
    return ejectionObjection({
      targets: group.length,
      ejected: group.filter(({ ejection }) => ejection !== null).length,
      available: group.filter((other) => other === health || this.#available(other)).length,
      minHealthy: minHealthyOf(upstream.minHealthy, group.length),
      maxEjectedPercent,
    });
  }

  /** It takes requests: admitted, with a weight, and its breaker lets them through. */
  #available(health: TargetHealth): boolean {
    if (!health.admitted || health.target.weight === 0) return false;
    const state = this.#breakerState(health);
    return state === 'closed' || state === 'half_open';
  }

  /** `closed` where there is none. */
  #breakerState({ target: { breaker } }: TargetHealth): BreakerState {
    return breaker === null ? 'closed' : readBreaker(this.#options.registry.view(breaker.cell, 0)).state;
  }

  #spare(health: TargetHealth, failed: string, objection: string): void {
    const { clock, log } = this.#options;
    const said = this.#spared.get(health.id);
    const now = clock.now();
    if (said?.why === objection && now - said.at < REPEAT_MS) return;
    this.#spared.set(health.id, { why: objection, at: now });
    const why = `${failed}, but ${objection}`;
    log.warn('Target not ejected', { event: 'ejection_refused', ...subjectOf(health), why });
  }

  #flipped(health: TargetHealth, from: Verdict, { code, words }: ProbeResult): void {
    const { log, breakers } = this.#options;
    const to = health.verdict;
    const facts = { event: 'health', ...subjectOf(health), from, to, code, why: words };
    if (to === 'unhealthy') log.warn('Target unhealthy', facts);
    else if (from === 'unknown') log.debug('Target healthy', facts);
    else log.info('Target healthy', facts);
    const { breaker } = health.target;
    if (to === 'healthy' && from === 'unhealthy' && breaker !== null) {
      const named = breakers.find(breaker.id);
      // Else it would turn away, for the rest of its timeout, the requests of a target that is known to be back.
      if (named !== undefined && breakers.report(named).state === 'open') {
        breakers.set(named, 'closed', 'the active check says that the target is back');
      }
    }
    this.#changed();
  }

  #returned(health: TargetHealth): void {
    const facts = { event: 'ejection', ...subjectOf(health), from: 'ejected' };
    const why = 'the time of its ejection is over';
    if (health.admitted) this.#options.log.info('Target returned', { ...facts, to: 'available', why });
    else this.#options.log.info('Ejection over', { ...facts, to: 'unhealthy', why: `${why}; its check still fails` });
    this.#changed();
  }

  #changed(): void {
    this.#options.onFlip();
    this.#noteStandings();
  }

  /** Says which upstreams have gone down and come back, and has `/ready` told where its answer is another. */
  #noteStandings(): void {
    const { log, onReadiness } = this.#options;
    const { standings } = this;
    for (const { upstream, available, targets, degraded } of standings) {
      if (available === 0 && !this.#down.has(upstream)) {
        this.#down.add(upstream);
        log.error('Upstream down', { event: 'upstream', upstream, from: 'up', to: 'down', targets, why: degraded });
      } else if (available > 0 && this.#down.delete(upstream)) {
        log.info('Upstream up', { event: 'upstream', upstream, from: 'down', to: 'up', targets, available });
      }
    }
    const present = new Set(standings.map(({ upstream }) => upstream));
    for (const upstream of this.#down) if (!present.has(upstream)) this.#down.delete(upstream);
    const degraded = [
      ...standings.map((standing) => standing.degraded).filter((words) => words !== null),
      ...this.openRoutes,
    ];
    if (degraded.join('\n') === this.#degraded.join('\n')) return;
    this.#degraded = degraded;
    onReadiness();
  }
}

function subjectOf({ upstream, target }: TargetHealth): { readonly upstream: string; readonly target: string } {
  return { upstream: upstream.name, target: target.address };
}
