/**
 * View "Upstreams": each upstream with its targets below it; of several daemons the sum first, then what each daemon says. What is
 * built in and used by no route is left out, as in `sentinel upstreams`.
 */
import type { BreakerState, TargetState, UpstreamState } from '../../admin/contract/upstream-shapes.ts';
import type { FieldName } from '../../filter/fields.ts';
import type { FieldValue } from '../../filter/match.ts';
import { ageCell, cell, countCell, noneCell, said, saidCell, unknownCell } from './cells.ts';
import {
  type Asked,
  asShown,
  type Drafted,
  isSeveral,
  partOf,
  readingOf,
  staleWords,
  whyEmpty,
  withNode,
} from './drafted.ts';
import { failingOf, type Rates, rateCells, ratesAt, ratesOf, ratesTogether, rateSorting, rateValue } from './rates.ts';
import { type Cell, everyNode, type Row, type Standing } from './row.ts';
import { type Raised, raisedOf, type Shown } from './shown.ts';
import {
  badnessOf,
  codeOfTarget,
  standingCell,
  targetStanding,
  upstreamStanding,
  withErrors,
  worstOf,
} from './standing.ts';
import { targetRow } from './target-row.ts';
import { whyOfUpstream } from './target-why.ts';
import { upstreamColumns } from './upstream-columns.ts';

export function upstreamRows(asked: Asked): Drafted {
  const only = asked.of?.thing.kind === 'upstream' ? asked.of.thing.upstream : null;
  const perNode = asked.shown
    .filter(({ node }) => asked.of === null || asked.of.node === everyNode || asked.of.node === node)
    .map((shown) => upstreamsOf(shown, only, isSeveral(asked)));
  const unread = asked.shown.filter((shown) => readingOf(shown) === null).length;
  const rows =
    perNode.length > 1
      ? together(perNode, unread)
      : (perNode[0] ?? []).flatMap(({ row, targets }) => [row, ...targets]);
  const none =
    only === null
      ? 'no upstreams: the configuration names none; sentinel config print shows it'
      : `there is no upstream ${said(only)} any more; Esc goes back`;
  return {
    columns: withNode(asked, upstreamColumns),
    rows,
    title: 'Upstreams',
    empty: rows.length === 0 ? whyEmpty(asked, null, none) : null,
  };
}

/** An upstream as one daemon has it. */
interface Family {
  readonly name: string;
  readonly row: Row;
  readonly targets: readonly Row[];
  readonly facts: Facts;
}

/** What can be summed. */
interface Facts {
  readonly standing: Standing;
  readonly up: number;
  readonly down: number;
  readonly total: number;
  readonly inFlight: number | null;
  readonly connections: number | null;
  readonly idle: number | null;
  readonly pending: number | null;
  readonly rates: Rates | null;
  readonly raised: Raised | null;
  readonly sinceMs: number | null;
  readonly live: boolean;
}

function upstreamsOf(shown: Shown, only: string | null, several: boolean): readonly Family[] {
  const reading = readingOf(shown);
  if (reading === null) return [];
  const breakers = new Map((partOf(shown, 'breakers')?.breakers ?? []).map((one) => [one.id, one]));
  return reading.upstreams
    .filter(({ name, builtin, routes }) => (only === null ? !builtin || routes.length > 0 : name === only))
    .map((upstream) => familyOf(shown, upstream, breakers, several));
}

function familyOf(
  shown: Shown,
  upstream: UpstreamState,
  breakers: ReadonlyMap<string, BreakerState>,
  several: boolean,
): Family {
  const known = shown.reading !== null && !shown.stale;
  const depth = several ? 1 : 0;
  const id = `${shown.node} ${upstream.name}`;
  const rates = upstreamRates(shown, upstream);
  const raised = raisedOf(shown, { kind: 'upstream', upstream: upstream.name });
  const failing = failingOf(rates, raised);
  const standing = known ? withErrors(upstreamStanding(upstream), failing) : 'unknown';
  const each = upstream.targets.map((target) =>
    targetRow(shown, upstream, target, breakers.get(`${upstream.name}/${target.address}`), depth === 1 ? 2 : 1),
  );
  const sum = (of: (target: TargetState) => number): number | null =>
    shown.reading === null ? null : upstream.targets.reduce((total, target) => total + of(target), 0);
  const facts: Facts = {
    standing,
    up: upstream.targets.filter((target) => targetStanding(target) === 'up').length,
    down: each.filter((row) => row.standing === 'down').length,
    total: each.length,
    inFlight: sum((target) => target.in_flight),
    connections: sum((target) => target.connections),
    idle: sum((target) => target.idle),
    pending: sum((target) => target.pending),
    rates,
    raised,
    sinceMs: shown.reading === null ? null : sinceOf(upstream, standing, shown.atMs),
    live: known,
  };
  const row: Row = {
    id,
    node: shown.node,
    thing: { kind: 'upstream', upstream: upstream.name },
    depth,
    parent: several ? `${everyNode} ${upstream.name}` : null,
    standing,
    cells: asShown(
      shown,
      upstreamCells(upstream.name, facts, checkCell(upstream, facts, shown.reading !== null)),
      several,
    ),
    sortBy: upstreamSorting(upstream.name, facts),
    badness: badnessOf(standing, rates?.errorRatio ?? null, rates?.p99 ?? null),
    name: upstream.name,
    value: (field) => upstreamValue(upstream, facts, field),
    why:
      staleWords(shown) +
        (shown.reading === null
          ? ''
          : whyOfUpstream(
              upstream,
              standing,
              failing === null ? null : (rates?.errorRatio ?? null),
              shown.atMs ?? 0,
            )) || null,
    code: known ? (codeOfUpstream(upstream, standing) ?? (failing === null ? null : 'SNT-E005')) : null,
  };
  return { name: upstream.name, row, targets: each, facts };
}

function upstreamRates(shown: Shown, { name, windows }: UpstreamState): Rates | null {
  if (shown.reading !== null) return ratesOf(windows);
  const { before } = shown;
  const traffic = before?.names.parts.traffic;
  if (before === null || traffic === undefined) return null;
  const series = traffic.upstreams.find((one) => one.name === name)?.series;
  return ratesAt(series, before.point, traffic.points?.covered_ms[before.point]);
}

/** Since when the worst of its targets stands as it does. */
function sinceOf({ targets, names }: UpstreamState, standing: Standing, atMs: number | null): number | null {
  if (atMs === null) return null;
  const failed = names.flatMap(({ failure }) => (failure === null ? [] : [failure.since]));
  const same = targets.filter((target) => targetStanding(target) === standing).map(({ since }) => since);
  const telling = targets.length === 0 ? failed : same.length > 0 ? same : worstOnes(targets);
  const moments = telling.map((since) => Date.parse(since));
  return moments.length === 0 ? null : Math.max(0, atMs - Math.min(...moments));
}

function worstOnes(targets: readonly TargetState[]): readonly string[] {
  const worst = worstOf(targets.map(targetStanding));
  return targets.filter((target) => targetStanding(target) === worst).map(({ since }) => since);
}

function checkCell({ kind, targets }: UpstreamState, { up, down, total, standing }: Facts, known: boolean): Cell {
  if (!known) return unknownCell;
  if (kind === 'static') return cell('static', 'dim');
  if (targets.length === 0) return cell('no target', 'bad', 'none');
  if (down > 0) return cell(`${down}/${total} down`, standing === 'down' ? 'bad' : 'warn', `${down}/${total}✗`);
  if (up === 0 && targets.every(({ verdict }) => verdict === 'unchecked')) return cell('unchecked', 'dim', '–');
  return cell(`${up}/${total} up`, undefined, `${up}/${total}`);
}

function upstreamCells(name: string, facts: Facts, check: Cell): Readonly<Record<string, Cell>> {
  return {
    st: standingCell(facts.standing),
    name: { ...saidCell(name), tone: 'strong' },
    adm: noneCell,
    check,
    breaker: noneCell,
    weight: noneCell,
    infl: countCell(facts.inFlight, 5),
    conns: countCell(facts.connections, 5),
    idle: countCell(facts.idle, 5),
    pending: countCell(facts.pending, 5),
    ...rateCells(facts.rates, facts.raised),
    since: facts.sinceMs === null ? (facts.live ? noneCell : unknownCell) : ageCell(facts.sinceMs),
  };
}

function upstreamSorting(name: string, facts: Facts): Row['sortBy'] {
  return {
    st: badnessOf(facts.standing, null, null),
    name,
    adm: null,
    check: facts.total === 0 ? null : 1 - facts.down / facts.total,
    breaker: null,
    weight: null,
    infl: facts.inFlight,
    conns: facts.connections,
    idle: facts.idle,
    pending: facts.pending,
    ...rateSorting(facts.rates),
    since: facts.sinceMs,
  };
}

function upstreamValue(upstream: UpstreamState, facts: Facts, field: FieldName): FieldValue {
  switch (field) {
    case 'target':
      return upstream.targets.map(({ address }) => address);
    case 'route':
      return upstream.routes;
    default:
      return sumValue(upstream.name, facts, field);
  }
}

function codeOfUpstream(upstream: UpstreamState, standing: Standing): string | null {
  if (upstream.why !== null) return 'SNT-U002';
  const [bad] = upstream.targets.filter((target) => targetStanding(target) === 'down');
  return standing === 'up' || bad === undefined ? null : codeOfTarget(bad);
}

/** The sum over several daemons first, then each of them; in the order in which names come. */
function together(perNode: readonly (readonly Family[])[], unread: number): readonly Row[] {
  const byName = Map.groupBy(perNode.flat(), ({ name }) => name);
  return [...byName].flatMap(([name, families]) => [
    sumRow(name, families, unread),
    ...families.flatMap(({ row, targets }) => [row, ...targets]),
  ]);
}

/** Of those that answer; one that does not makes it unknown at best, as nobody knows how things are there. */
function sumRow(name: string, families: readonly Family[], unread: number): Row {
  const each = families.map(({ facts }) => facts);
  const live = each.filter((one) => one.live);
  const standing =
    worstOf([...each.map((one) => one.standing), ...(unread > 0 ? (['unknown'] as const) : [])]) ?? 'unknown';
  const all = each.length + unread;
  const sum = (of: (facts: Facts) => number | null): number | null =>
    live.length === 0 ? null : live.reduce((total, one) => total + (of(one) ?? 0), 0);
  const since = live
    .filter((one) => one.standing === standing)
    .map(({ sinceMs }) => sinceMs)
    .filter((ms) => ms !== null);
  const facts: Facts = {
    standing,
    up: sum((one) => one.up) ?? 0,
    down: sum((one) => one.down) ?? 0,
    total: sum((one) => one.total) ?? 0,
    inFlight: sum((one) => one.inFlight),
    connections: sum((one) => one.connections),
    idle: sum((one) => one.idle),
    pending: sum((one) => one.pending),
    rates: ratesTogether(live.map(({ rates }) => rates)),
    raised: {
      err: live.some(({ raised }) => raised?.err === true),
      p99: live.some(({ raised }) => raised?.p99 === true),
    },
    sinceMs: since.length === 0 ? null : Math.max(...since),
    live: live.length > 0,
  };
  const bad = facts.down > 0;
  const check =
    live.length === 0
      ? unknownCell
      : bad
        ? cell(
            `${facts.down}/${facts.total} down`,
            standing === 'down' ? 'bad' : 'warn',
            `${facts.down}/${facts.total}✗`,
          )
        : facts.total === 0
          ? noneCell
          : cell(`${facts.up}/${facts.total} up`, undefined, `${facts.up}/${facts.total}`);
  const missing = all - live.length;
  const why = [
    `over ${live.length} of ${all} daemons${missing > 0 ? `, ${missing} of them not answering` : ''}`,
    ...(facts.rates?.worst === true ? ['* percentiles are those of the worst'] : []),
  ];
  return {
    id: `${everyNode} ${name}`,
    node: everyNode,
    thing: { kind: 'upstream', upstream: name },
    depth: 0,
    parent: null,
    standing,
    cells: {
      ...upstreamCells(name, facts, check),
      node: cell(`${live.length}/${all}`, missing > 0 ? 'unknown' : 'dim'),
    },
    sortBy: { ...upstreamSorting(name, facts), node: everyNode },
    badness: badnessOf(standing, facts.rates?.errorRatio ?? null, facts.rates?.p99 ?? null),
    name,
    value: (field) => sumValue(name, facts, field),
    why: why.join('; '),
    code: null,
  };
}

function sumValue(name: string, facts: Facts, field: FieldName): FieldValue {
  switch (field) {
    case 'upstream':
      return name;
    case 'state':
      return facts.standing;
    case 'infl':
      return facts.inFlight ?? undefined;
    case 'conns':
      return facts.connections ?? undefined;
    case 'since':
      return facts.sinceMs ?? undefined;
    default:
      return rateValue(facts.rates, field);
  }
}
