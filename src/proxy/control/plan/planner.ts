/**
 * Says what a configuration would change before it is put in force: the objects that differ, what goes through them now, which
 * listeners open and close, and what the daemon would refuse. Asked by `admin/plan-handlers.ts`; changes nothing.
 */
import type {
  PlanImpact,
  PlannedChange,
  PlannedListener,
  PlannedSide,
  PlanReply,
  PlanRequest,
  ValidateReply,
  ValidateRequest,
} from '../../../admin/contract/plan-shapes.ts';
import { redactText } from '../../../base/redaction.ts';
import type { ChangedObject } from '../../../config/diff/config-change.ts';
import { diffConfigs } from '../../../config/diff/differ.ts';
import type { LoadedConfig } from '../../../config/load.ts';
import type { ListenerConfig } from '../../../config/model.ts';
import { verified, wrongExpectations } from '../../../routing/expectations.ts';
import { type CellRegistry, listenerFields, targetFields } from '../../shared/cells.ts';
import type { PlanTarget } from '../../shared/plan.ts';
import { addressKey } from '../address-probe.ts';
import { problemsOf, shortLine } from '../config-source.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { Traffic } from '../traffic/traffic.ts';
import type { Window } from '../traffic/window.ts';
import { type ReadSide, readSide, type SideContext } from './sides.ts';

export interface PlanContext extends SideContext {
  readonly state: DaemonState;
  readonly registry: CellRegistry;
  readonly traffic: Traffic;
  /** Why it could not be put in force as the daemon runs now, a sentence each. */
  refusals(loaded: LoadedConfig): readonly string[];
}

/** One of the sides has mistakes, or cannot be read. */
export interface Unplanned {
  readonly kind: 'unplanned';
  readonly side: ReadSide['kind'];
  readonly problems: readonly string[];
}

/** @throws SNT-P018 for a generation that cannot be had */
export function planOf(
  context: PlanContext,
  { from = { kind: 'running' }, to = { kind: 'disk' } }: PlanRequest,
): { readonly kind: 'planned'; readonly reply: PlanReply } | Unplanned {
  const [before, after] = [readSide(context, from), readSide(context, to)];
  for (const side of [before, after]) {
    const { kind, result } = side;
    if (result.kind === 'ok') continue;
    return { kind: 'unplanned', side: kind, problems: problemsOf(result).map(tellerOf(context, side)) };
  }
  const told = tellerOf(context, after);
  const [old, now] = [before.result as LoadedConfig, after.result as LoadedConfig];
  const { generation } = context.state;
  const reply: PlanReply = {
    from: sideView(before, old),
    to: sideView(after, now),
    changes: diffConfigs(old, now).map(
      (change): PlannedChange => ({ ...change, impact: impactOn(context, change.object) }),
    ),
    generation: { from: generation, to: to.kind === 'running' ? generation : generation + 1 },
    warnings: warningsOf(now).map(told),
    refusals:
      to.kind === 'running' ? [] : [...wrongExpectations(now).map(shortLine).map(told), ...context.refusals(now)],
    listeners: listenersOf(context, now),
  };
  return { kind: 'planned', reply };
}

/** @throws SNT-P018 for a generation that cannot be had */
export function validationOf(context: PlanContext, { of = { kind: 'disk' } }: ValidateRequest): ValidateReply {
  const side = readSide(context, of);
  const told = tellerOf(context, side);
  const result = verified(side.result);
  if (result.kind !== 'ok') {
    const digest = result.kind === 'invalid' ? result.digest : null;
    const problems = problemsOf(result).map(told);
    return { accepted: false, valid: false, digest, problems, warnings: [], refusals: [] };
  }
  const refusals = of.kind === 'running' ? [] : context.refusals(result);
  const { digest } = result;
  const warnings = warningsOf(result).map(told);
  return { accepted: refusals.length === 0, valid: true, digest, problems: [], warnings, refusals };
}

function sideView({ kind, generation }: ReadSide, { digest }: LoadedConfig): PlannedSide {
  return { kind, generation, digest };
}

function warningsOf({ diagnostics }: LoadedConfig): readonly string[] {
  return diagnostics.filter(({ level }) => level === 'warning').map(shortLine);
}

/** Lines as they are told: without secrets, and not in the name of the file on disk where they are about another text. */
function tellerOf({ source }: PlanContext, { kind, generation }: ReadSide): (line: string) => string {
  const name = kind === 'text' ? '<candidate>' : kind === 'generation' ? `<generation ${generation}>` : null;
  const path = source.kind === 'file' ? `${source.path}:` : null;
  return (line) => {
    const renamed =
      name !== null && path !== null && line.startsWith(path) ? `${name}:${line.slice(path.length)}` : line;
    return redactText(renamed);
  };
}

/** What goes through an object of the configuration that runs. */
function impactOn({ state, registry, traffic }: PlanContext, { kind, name, of }: ChangedObject): PlanImpact | null {
  const { plan } = state.applied;
  const inFlight = (targets: readonly PlanTarget[]): number =>
    targets.reduce((sum, { cell }) => sum + registry.sum(cell, targetFields.inFlight), 0);
  const impact = (facts: Partial<PlanImpact>): PlanImpact => ({
    requests_per_s: null,
    in_flight: null,
    open_connections: null,
    ...facts,
  });
  const rate = (subject: 'route' | 'upstream' | 'target', id: string): number | null =>
    rateOf(traffic.window(subject, id, '10s'));
  if (name === null) return null;
  if (kind === 'route') {
    return plan.routes.some(({ id }) => id === name) ? impact({ requests_per_s: rate('route', name) }) : null;
  }
  if (kind === 'upstream') {
    const upstream = plan.upstreams.find((one) => one.name === name);
    if (upstream === undefined) return null;
    return impact({ requests_per_s: rate('upstream', name), in_flight: inFlight(upstream.targets) });
  }
  if (kind === 'target') {
    const all = plan.upstreams.find((one) => one.name === of?.name)?.targets ?? [];
    // A name stands for all addresses that it has.
    const targets = all.filter(({ written }) => written === name);
    if (targets.length === 0) return null;
    const rates = targets.map(({ id }) => rate('target', id)).filter((one) => one !== null);
    return impact({
      requests_per_s: rates.length === 0 ? null : rates.reduce((sum, one) => sum + one, 0),
      in_flight: inFlight(targets),
    });
  }
  const listener = kind === 'listener' ? name : of?.kind === 'listener' ? of.name : null;
  const running = plan.listeners.find(({ id }) => id === listener);
  return running === undefined ? null : impact({ open_connections: registry.sum(running.cell, listenerFields.open) });
}

/** By address, as they are written: a port that is chosen anew with every start stays what it is. */
function listenersOf({ state, registry }: PlanContext, next: LoadedConfig): PlanReply['listeners'] {
  const { loaded, plan } = state.applied;
  const keyOf = (listener: ListenerConfig): string => `${listener.id} ${addressKey(listener)}`;
  const not = (listeners: readonly ListenerConfig[], others: readonly ListenerConfig[]): readonly ListenerConfig[] => {
    const known = new Set(others.map(keyOf));
    return listeners.filter((one) => !known.has(keyOf(one)));
  };
  const openOf = (id: string): number => {
    const running = plan.listeners.find((one) => one.id === id);
    return running === undefined ? 0 : registry.sum(running.cell, listenerFields.open);
  };
  const view = (listener: ListenerConfig, open: number): PlannedListener => ({
    id: listener.id,
    address: addressKey(listener),
    open_connections: open,
  });
  return {
    opened: not(next.config.listeners, loaded.config.listeners).map((one) => view(one, 0)),
    closed: not(loaded.config.listeners, next.config.listeners).map((one) => view(one, openOf(one.id))),
  };
}

function rateOf(window: Window | null): number | null {
  return window === null || window.coveredMs === 0 ? null : (window.requests * 1000) / window.coveredMs;
}
