/**
 * Parts of a plan that the configuration does not say. Each comes from the one who keeps it: whoever has something that
 * changes by itself plugs in a source here and calls `Applier.refresh` when it has changed. Asked by the applier alone.
 */
import type { Config, ListenerConfig, RouteConfig, UpstreamConfig } from '../../config/model.ts';
import type {
  PlanListenerIdentity,
  PlanMaintenance,
  PlanRateLimit,
  PlanSecurity,
  PlanStoredRate,
  PlanTables,
  PlanUpstream,
  PlanUpstreamIdentity,
} from '../shared/plan.ts';
import type { LivePlanParts, LiveTarget } from './compile-plan.ts';

/** What brings one part: the phases that every source may take part in. */
interface LiveSource {
  /**
   * Before a configuration is compiled, at start and reload: gets what it needs, within a bound that the source sets. Does
   * not fail for what may come later. The configuration may still be refused: nothing of the one in force may change.
   */
  prepare?(config: Config): Promise<void>;
  /** The configuration is in force: what only earlier ones needed can go. */
  adopt?(config: Config): void;
}

export interface LiveSources {
  readonly targets: LiveSource & {
    targetsOf(upstream: UpstreamConfig): readonly LiveTarget[];
    /** Why names of the upstream have no address at all; null while they have. */
    unresolved(upstream: UpstreamConfig): PlanUpstream['unresolved'];
  };
  /** What a target weighs now, in place of what the file says: it is drained, or an operator said so. */
  readonly weights: LiveSource & { weightOf(upstream: UpstreamConfig, target: LiveTarget): number };
  readonly rates: LiveSource & {
    rateTable(route: RouteConfig): PlanRateLimit | PlanStoredRate | null;
    limits(config: Config): Pick<PlanTables, 'globalRate' | 'clientRate'>;
  };
  readonly clients: LiveSource & { clientConnections(config: Config): SharedArrayBuffer | null };
  readonly maintenance: LiveSource & { maintenance(config: Config, route: string | null): PlanMaintenance | null };
  readonly security: LiveSource & { security(config: Config): PlanSecurity; readonly stickyKey: Uint8Array | null };
  readonly certificates: LiveSource & {
    listenerIdentity(listener: ListenerConfig): PlanListenerIdentity | null;
    upstreamIdentity(upstream: UpstreamConfig): PlanUpstreamIdentity | null;
  };
}

/** Sources for a configuration that needs none: nothing is limited, blocked, encrypted or looked up. */
export const plainSources: LiveSources = {
  targets: {
    targetsOf: (upstream) => upstream.targets.map((target) => ({ ...target, written: target.address })),
    unresolved: () => null,
  },
  weights: { weightOf: (_upstream, { weight }) => weight },
  rates: { rateTable: () => null, limits: () => ({ globalRate: null, clientRate: null }) },
  clients: { clientConnections: () => null },
  maintenance: { maintenance: () => null },
  security: {
    security: () => ({
      mode: 'off',
      difficulty: 0,
      ttlMs: 0,
      threshold: null,
      key: null,
      blocked: null,
      allowed: null,
    }),
    stickyKey: null,
  },
  certificates: { listenerIdentity: () => null, upstreamIdentity: () => null },
};

export class LiveParts {
  readonly #sources: LiveSources;

  constructor(sources: Partial<LiveSources>) {
    this.#sources = { ...plainSources, ...sources };
  }

  /** The parts for a configuration, as they are now. */
  of(config: Config): LivePlanParts {
    const { targets, weights, rates, clients, maintenance, security, certificates } = this.#sources;
    return {
      targetsOf: (upstream) =>
        targets.targetsOf(upstream).map((target) => ({ ...target, weight: weights.weightOf(upstream, target) })),
      unresolved: (upstream) => targets.unresolved(upstream),
      security: security.security(config),
      maintenance: (route) => maintenance.maintenance(config, route),
      tables: { clientConnections: clients.clientConnections(config), ...rates.limits(config) },
      rateTable: (route) => rates.rateTable(route),
      stickyKey: security.stickyKey,
      listenerIdentity: (listener) => certificates.listenerIdentity(listener),
      upstreamIdentity: (upstream) => certificates.upstreamIdentity(upstream),
    };
  }

  async prepare(config: Config): Promise<void> {
    await Promise.all(this.#all.map(async (source) => await source.prepare?.(config)));
  }

  adopt(config: Config): void {
    for (const source of this.#all) source.adopt?.(config);
  }

  get #all(): readonly LiveSource[] {
    return Object.values(this.#sources) as LiveSource[];
  }
}
