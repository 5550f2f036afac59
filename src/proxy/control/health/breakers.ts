/**
 * The breakers of the plan in force as operators see them: state, why, trips; closing and holding open by order. Logs what
 * workers say of them. The states themselves live in shared memory and move without this thread.
 */
import type { Clock } from '../../../base/clock.ts';
import { type BreakerState, breakerFields, readBreaker, setBreaker } from '../../shared/breaker.ts';
import type { CellRegistry } from '../../shared/cells.ts';
import type { WorkerSaid } from '../../shared/messages.ts';
import { noLabel } from '../../shared/metric-catalogue.ts';
import type { Plan, PlanBreaker } from '../../shared/plan.ts';
import type { Log } from '../logging.ts';

export interface BreakersOptions {
  readonly clock: Clock;
  readonly registry: CellRegistry;
  readonly log: Log;
  /** The plan in force; null before the first. */
  readonly plan: () => Plan | null;
}

/** A breaker and what it guards. */
export interface NamedBreaker {
  readonly kind: 'target' | 'route';
  /** Of a route its first upstream. */
  readonly upstream: string;
  /** `-` for a route. */
  readonly target: string;
  readonly breaker: PlanBreaker;
}

export interface BreakerReport extends Omit<NamedBreaker, 'breaker'> {
  readonly id: string;
  readonly state: BreakerState;
  /** Failures in a row while closed, successes while half-open. */
  readonly count: number;
  readonly trips: number;
  /** How long ago it opened; null while closed. */
  readonly openForMs: number | null;
  /** Why it is as it is, as far as anybody said so. */
  readonly why: string | null;
  readonly settings: PlanBreaker['settings'];
}

interface Heard {
  readonly to: BreakerState;
  readonly why: string;
}

export class Breakers {
  readonly #options: BreakersOptions;
  /** What was last said of each. */
  readonly #heard = new Map<string, Heard>();

  constructor(options: BreakersOptions) {
    this.#options = options;
  }

  /** Targets in the order of the configuration, then routes. */
  get all(): readonly NamedBreaker[] {
    const plan = this.#options.plan();
    if (plan === null) return [];
    const ofTargets = plan.upstreams.flatMap(({ name, targets }) =>
      targets.flatMap(({ address, breaker }): NamedBreaker[] =>
        breaker === null ? [] : [{ kind: 'target', upstream: name, target: address, breaker }],
      ),
    );
    const ofRoutes = plan.routes.flatMap(({ breaker, upstream }): NamedBreaker[] =>
      breaker === null
        ? []
        : [{ kind: 'route', upstream: plan.upstreams[upstream]?.name ?? noLabel, target: noLabel, breaker }],
    );
    return [...ofTargets, ...ofRoutes];
  }

  get ofRoutes(): readonly { readonly route: string; readonly breaker: PlanBreaker }[] {
    return (this.#options.plan()?.routes ?? []).flatMap(({ id, breaker }) =>
      breaker === null ? [] : [{ route: id, breaker }],
    );
  }

  find(id: string): NamedBreaker | undefined {
    return this.all.find(({ breaker }) => breaker.id === id);
  }

  report({ breaker, ...named }: NamedBreaker): BreakerReport {
    const { id, cell, settings } = breaker;
    const { registry, clock } = this.#options;
    const { state, count, sinceMs } = readBreaker(registry.view(cell, 0));
    const heard = this.#heard.get(id);
    return {
      ...named,
      id,
      state,
      count,
      trips: registry.sum(cell, breakerFields.trips),
      // Times in cells wrap: only the difference means something.
      openForMs: state === 'closed' ? null : Math.max(0, (Math.floor(clock.now()) - sinceMs) | 0),
      why: heard?.to === state ? heard.why : null,
      settings,
    };
  }

  /** By order or on good evidence: closes a breaker, or holds it open until it is closed by order. */
  set({ breaker, upstream, target }: NamedBreaker, to: 'closed' | 'forced_open', why: string): void {
    const { registry, clock } = this.#options;
    const cell = registry.view(breaker.cell, 0);
    const from = readBreaker(cell).state;
    setBreaker(cell, to, clock.now());
    this.#say({ id: breaker.id, upstream, target }, from, to, why);
  }

  /** A request moved one, in a worker. */
  heard({ id, to, why }: Extract<WorkerSaid, { kind: 'breaker' }>): void {
    const named = this.find(id);
    const from = this.#heard.get(id)?.to ?? 'closed';
    this.#say({ id, upstream: named?.upstream ?? noLabel, target: named?.target ?? noLabel }, from, to, why);
  }

  #say(
    { id, upstream, target }: { readonly id: string; readonly upstream: string; readonly target: string },
    from: BreakerState,
    to: BreakerState,
    why: string,
  ): void {
    this.#heard.set(id, { to, why });
    const facts = { event: 'breaker', breaker: id, upstream, target, from, to, why };
    const { log } = this.#options;
    if (to === 'closed') log.info('Circuit breaker closed', facts);
    else if (to === 'half_open') log.info('Circuit breaker half-open', facts);
    else log.warn('Circuit breaker opened', facts);
  }

  /** Forgets what was said of breakers that no plan has any more. */
  follow(plan: Plan): void {
    const present = new Set([
      ...plan.upstreams.flatMap(({ targets }) => targets.map(({ id }) => id)),
      ...plan.routes.map(({ id }) => `route/${id}`),
    ]);
    for (const id of this.#heard.keys()) if (!present.has(id)) this.#heard.delete(id);
  }
}
