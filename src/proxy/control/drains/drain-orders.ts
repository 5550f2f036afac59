/**
 * Judges what somebody asks to drain: which targets that are, what would be left of their upstreams, and whether it may be.
 * All in one go, with nothing in between: who begins what was judged here cannot be overtaken by another order.
 */
import type { DrainPreview, DrainRequest } from '../../../admin/contract/drain-shapes.ts';
import type { ErrorCode } from '../../../base/codes.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Config } from '../../../config/model.ts';
import { type CellRegistry, targetFields } from '../../shared/cells.ts';
import type { Plan } from '../../shared/plan.ts';
import { minHealthyOf } from '../health/ejection.ts';
import type { Health } from '../health/health.ts';
import type { Drain } from './drain.ts';
import { covers, type DrainOrder } from './drain-record.ts';
import type { Drains } from './drains.ts';
import { type Member, planTargets } from './members.ts';
import { judgedFields, judgePool } from '../../../admin/contract/pool-math.ts';
import { findTargets, type Subject } from './target-forms.ts';

/** As balancers of the cloud have it. */
const TIMEOUT_MS = 300_000;

export interface OrderContext {
  readonly clock: Clock;
  readonly config: Config;
  readonly plan: Plan;
  readonly registry: CellRegistry;
  readonly health: Health;
  readonly drains: Drains;
  /** A change that is being put in force takes it out. */
  leaving(target: Member): boolean;
  /** Requests per second to a target, of late. */
  rateOf(id: string): number;
}

export type Judged =
  | {
      readonly kind: 'fit';
      /** To begin. */
      readonly orders: readonly DrainOrder[];
      /** Those that there are already. */
      readonly attached: readonly Drain[];
      /** WebSockets are not counted here: workers alone know them. */
      readonly preview: readonly DrainPreview[];
    }
  | {
      readonly kind: 'unfit';
      readonly status: 400 | 404 | 409;
      readonly code: ErrorCode;
      readonly detail: string;
      readonly hint?: string;
      readonly problems?: readonly string[];
    };

export function judgeOrder(context: OrderContext, request: DrainRequest, actor: string, reason: string | null): Judged {
  const { plan, drains, clock } = context;
  const { target: text, upstream = null, persist = false, remove = false } = request;
  const targets = planTargets(plan);
  const found = findTargets(text, upstream, request.all === true, targets);
  if (found.kind === 'none') return unknown(context, text, upstream, found.near);
  if (found.kind === 'pattern' && request.dry_run !== true) {
    const names = found.subjects.map(({ target }) => target);
    return {
      kind: 'unfit',
      status: 409,
      code: 'SNT-U010',
      detail: `${text} is a pattern and means ${names.length} targets: ${names.join(', ')}; nothing was drained`,
      hint: `sentinel drain '${text}' --all --confirm='${text}'`,
    };
  }
  const attached = new Set<Drain>();
  const orders: DrainOrder[] = [];
  const startedMs = clock.wallMs();
  for (const subject of found.subjects) {
    const covered = targets.filter((target) => covers(subject, target));
    for (const one of covered) {
      const drain = drains.of(one);
      if (drain !== undefined) attached.add(drain);
    }
    const upstreams = subject.upstreams.filter((name) =>
      covered.some((one) => one.upstream === name && drains.of(one) === undefined),
    );
    if (upstreams.length === 0) continue;
    const named = covered.find(({ written }) => written !== subject.target);
    if ((persist || remove) && named !== undefined) return unwritten(subject, named);
    orders.push({
      target: subject.target,
      by: subject.by,
      upstreams,
      actor,
      reason,
      startedMs,
      deadlineMs: startedMs + (request.timeout_ms ?? TIMEOUT_MS),
      onTimeout: request.on_timeout ?? 'wait',
      expiresMs: request.expires_in_ms === undefined ? null : startedMs + request.expires_in_ms,
      persist,
      remove,
    });
  }
  if ((persist || remove) && request.expires_in_ms !== undefined) {
    const detail = 'a drain that ends by itself leaves the file alone: give either an expiry, or persist or remove';
    return { kind: 'unfit', status: 400, code: 'SNT-A008', detail };
  }
  const preview = previewOf(context, found.subjects, orders, targets);
  if (request.dry_run !== true && orders.length > 0) {
    const objection = objectionTo(request, preview, found.subjects.length > 1);
    if (objection !== null) return objection;
  }
  return { kind: 'fit', orders, attached: [...attached], preview };
}

/** Why it may not be; null when it may. */
function objectionTo(request: DrainRequest, preview: readonly DrainPreview[], several: boolean): Judged | null {
  const { target: text, confirm } = request;
  const short = preview.filter(({ below_min }) => below_min);
  const all = request.all === true ? ' --all' : '';
  const again = `sentinel drain '${text}'${all} --allow-below-min --confirm='${text}'`;
  if (short.length > 0 && request.allow_below_min !== true) {
    const words = short.map(shortWords);
    return {
      kind: 'unfit',
      status: 409,
      code: 'SNT-U005',
      detail: `${words.join('; ')}; nothing was drained`,
      hint: again.replaceAll(`'${text}'`, plainWord(text)),
      ...(words.length > 1 ? { problems: words } : {}),
    };
  }
  const severe =
    short.length > 0
      ? short.map(shortWords).join('; ')
      : request.on_timeout === 'close'
        ? 'whatever is left at the deadline would be cut'
        : several
          ? `${new Set(preview.flatMap(({ targets }) => targets)).size} targets would go at once`
          : null;
  if (severe === null || confirm === text) return null;
  return {
    kind: 'unfit',
    status: 409,
    code: 'SNT-A012',
    detail: `${severe}; nothing was drained`,
    hint: `say so with --confirm=${plainWord(text)}`,
  };
}

/** Patterns need quotes in a shell. */
function plainWord(text: string): string {
  return /[*?[\]]/.test(text) ? `'${text}'` : text;
}

function shortWords({ upstream, left, total, min_healthy, load_ratio }: DrainPreview): string {
  const load = load_ratio === null ? 'nobody is left to serve it' : `est. load on the rest ${percent(load_ratio)} %`;
  return `would leave ${upstream} with ${left}/${total} healthy (min-healthy ${min_healthy}), ${load}`;
}

function percent(ratio: number): number {
  return Math.round(ratio * 100);
}

function previewOf(
  { config, plan, registry, health, drains, leaving, rateOf }: OrderContext,
  subjects: readonly Subject[],
  orders: readonly DrainOrder[],
  targets: readonly Member[],
): readonly DrainPreview[] {
  return plan.upstreams.flatMap(({ name }): readonly DrainPreview[] => {
    if (!subjects.some(({ upstreams }) => upstreams.includes(name))) return [];
    const upstream = config.upstreams.find((one) => one.name === name);
    if (upstream === undefined) return [];
    const mine = targets.filter((target) => target.upstream === name);
    const going = mine.filter(
      (target) => drains.of(target) === undefined && orders.some((order) => covers(order, target)),
    );
    const pool = mine.map((target) => ({
      address: target.address,
      // A drain that has just begun is in no plan yet.
      takes: health.takesRequests(target.id) && drains.of(target) === undefined && !leaving(target),
      draining: drains.of(target) !== undefined,
      weight: target.weight,
      rate: rateOf(target.id),
    }));
    const addresses = new Set(going.map(({ address }) => address));
    const judged = judgePool(pool, addresses, minHealthyOf(upstream.minHealthy, mine.length));
    const { policy } = upstream.loadBalancing;
    return [
      {
        upstream: name,
        targets: [...addresses],
        ...judgedFields(judged),
        in_flight: going.reduce((sum, { cell }) => sum + registry.sum(cell, targetFields.inFlight), 0),
        websockets: 0,
        idle: going.reduce((sum, { cell }) => sum + registry.shared(cell, targetFields.idle), 0),
        requests_per_s: Math.round(going.reduce((sum, { id }) => sum + rateOf(id), 0) * 10) / 10,
        sticks: policy === 'sticky' || policy === 'ip_hash' || policy === 'consistent_hash',
        routes: config.routes
          .filter((route) => route.upstream === name)
          .map(({ id, fallbackUpstream }) => ({ id, fallback: fallbackUpstream })),
      },
    ];
  });
}

function unknown({ config }: OrderContext, text: string, upstream: string | null, near: readonly string[]): Judged {
  const names = config.upstreams.filter(({ static: fixed }) => fixed === null).map(({ name }) => name);
  if (upstream !== null && !names.includes(upstream)) {
    return {
      kind: 'unfit',
      status: 404,
      code: 'SNT-U006',
      detail: `there is no upstream ${JSON.stringify(upstream)} with targets; there are ${names.join(', ')}`,
      hint: 'sentinel upstreams',
    };
  }
  const where = upstream === null ? 'no upstream has' : `upstream ${upstream} has no`;
  const like = near.length === 0 ? '' : `; there are ${near.join(', ')}`;
  return {
    kind: 'unfit',
    status: 404,
    code: 'SNT-U006',
    detail: `${where} target ${JSON.stringify(text)}${like}`,
    hint: upstream === null ? 'sentinel upstreams' : `sentinel upstreams ${upstream}`,
  };
}

function unwritten({ target }: Subject, { written }: Member): Judged {
  return {
    kind: 'unfit',
    status: 409,
    code: 'SNT-U012',
    detail: `${target} stands in no file: it is an address of ${written}, and what is written is the name`,
    hint: `drain ${written} with all its addresses, or leave the file alone`,
  };
}
