/** The row of a target, below its upstream: what it is ordered to, what its check and its breaker say, what goes through it. */
import type { BreakerState, TargetState, UpstreamState } from '../../admin/contract/upstream-shapes.ts';
import { checkText } from '../../cli/verdicts.ts';
import type { FieldName } from '../../filter/fields.ts';
import type { FieldValue } from '../../filter/match.ts';
import { ageCell, cell, countCell, noneCell, saidCell, unknownCell } from './cells.ts';
import { asShown, staleWords, unknownCells } from './drafted.ts';
import { failingOf, type Rates, rateCells, ratesOf, rateSorting, rateValue } from './rates.ts';
import type { Cell, Row, Standing } from './row.ts';
import { type Raised, raisedOf, type Shown } from './shown.ts';
import {
  admissionCell,
  badnessOf,
  breakerCell,
  codeOfTarget,
  standingCell,
  targetStanding,
  withErrors,
} from './standing.ts';
import { whyOfTarget } from './target-why.ts';
import { upstreamColumns } from './upstream-columns.ts';

/** @param breaker as `GET /admin/breakers` has it; undefined = it was not asked for, or there is none */
export function targetRow(
  shown: Shown,
  upstream: UpstreamState,
  target: TargetState,
  breaker: BreakerState | undefined,
  depth: 1 | 2,
): Row {
  const known = shown.reading !== null;
  const rates = known ? ratesOf(target.windows) : null;
  const raised = raisedOf(shown, { kind: 'target', upstream: upstream.name, target: target.address });
  const failing = failingOf(rates, raised);
  const standing = known && !shown.stale ? withErrors(targetStanding(target), failing) : 'unknown';
  const sinceMs = known && shown.atMs !== null ? Math.max(0, shown.atMs - Date.parse(target.since)) : null;
  const parent = `${shown.node} ${upstream.name}`;
  const named = target.written !== target.address && target.written !== '' ? ` ${target.written}` : '';
  return {
    id: `${parent}/${target.address}`,
    node: shown.node,
    thing: { kind: 'target', upstream: upstream.name, target: target.address },
    depth,
    parent,
    standing,
    cells: asShown(shown, targetCells(target, standing, rates, raised, sinceMs, known), depth === 2),
    sortBy: {
      st: badnessOf(standing, null, null),
      name: target.address,
      adm: target.drain === null ? 'ready' : target.drain.state,
      check: target.last_check?.code ?? null,
      breaker: target.breaker === null ? null : breakerRank[target.breaker],
      weight: target.weight,
      infl: known ? target.in_flight : null,
      conns: known ? target.connections : null,
      idle: known ? target.idle : null,
      pending: known ? target.pending : null,
      ...rateSorting(rates),
      since: sinceMs,
    },
    badness: badnessOf(standing, rates?.errorRatio ?? null, rates?.p99 ?? null),
    name: `${upstream.name}/${target.address}${named}`,
    value: (field) => targetValue(upstream, target, standing, rates, sinceMs, field),
    why:
      staleWords(shown) +
        (known
          ? whyOfTarget(target, breaker, failing === null ? null : (rates?.errorRatio ?? null), shown.atMs ?? 0)
          : '') || null,
    code: known && !shown.stale ? (codeOfTarget(target) ?? (failing === null ? null : 'SNT-E005')) : null,
  };
}

const breakerRank = { closed: 0, half_open: 1, open: 2, forced_open: 3 } as const;

function targetCells(
  target: TargetState,
  standing: Standing,
  rates: Rates | null,
  raised: Raised | null,
  sinceMs: number | null,
  known: boolean,
): Readonly<Record<string, Cell>> {
  const { last_check: check, verdict } = target;
  const name = saidCell(target.address);
  if (!known) {
    return unknownCells(upstreamColumns, { st: standingCell(standing), name });
  }
  const failing = check !== null && !check.ok;
  const run = check !== null && check.run > 1 ? ` ×${check.run}` : '';
  return {
    st: standingCell(standing),
    name,
    adm: admissionCell(target.drain),
    check:
      check === null
        ? verdict === 'unknown'
          ? unknownCell
          : noneCell
        : failing
          ? cell(`${check.code}${run}`, 'bad', check.code)
          : cell(checkText(check), undefined, check.code),
    breaker: breakerCell(target.breaker),
    weight: target.weight === 0 ? cell('·', 'warn') : countCell(target.weight, 3),
    infl: countCell(target.in_flight, 5),
    conns: countCell(target.connections, 5),
    idle: countCell(target.idle, 5),
    pending: countCell(target.pending, 5),
    ...rateCells(rates, raised),
    since: ageCell(sinceMs),
  };
}

function targetValue(
  upstream: UpstreamState,
  target: TargetState,
  standing: Standing,
  rates: Rates | null,
  sinceMs: number | null,
  field: FieldName,
): FieldValue {
  switch (field) {
    case 'upstream':
      return upstream.name;
    case 'target':
      return target.written === target.address ? target.address : [target.address, target.written];
    case 'state':
      // In the words of the screen, and of `sentinel upstreams`.
      return [standing, target.verdict];
    case 'adm':
      return target.drain === null ? 'ready' : [target.drain.state, 'drain'];
    case 'check':
      return target.last_check?.code;
    case 'breaker':
      return target.breaker ?? undefined;
    case 'weight':
      return target.weight;
    case 'infl':
      return target.in_flight;
    case 'conns':
      return target.connections;
    case 'since':
      return sinceMs ?? undefined;
    default:
      return rateValue(rates, field);
  }
}
