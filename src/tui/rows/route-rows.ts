/** View "Routes": in match order what each takes, how much goes through, and why most of what fails does. Of several daemons the sum first. */
import type { RouteState, StatusReply } from '../../admin/contract/shapes.ts';
import type { BreakerKind } from '../../admin/contract/upstream-shapes.ts';
import { rankText, takesText } from '../../cli/route-words.ts';
import { percentText } from '../../cli/rates.ts';
import type { FieldName } from '../../filter/fields.ts';
import type { FieldValue } from '../../filter/match.ts';
import { cell, noneCell, said, saidCell, unknownCell } from './cells.ts';
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
import {
  failingOf,
  type Rates,
  rateCells,
  rateColumns,
  ratesAt,
  ratesOf,
  ratesTogether,
  rateSorting,
  rateValue,
} from './rates.ts';
import { type Cell, type Column, everyNode, type Row, type Standing } from './row.ts';
import { type Raised, raisedOf, type Shown } from './shown.ts';
import { badnessOf, breakerCell, standingCell, withErrors, worstOf } from './standing.ts';
import { breakerText } from './target-why.ts';

const routeColumns: readonly Column[] = [
  { id: 'st', title: 'ST', width: 2, worst: 'high' },
  { id: 'name', title: 'ROUTE', worst: 'low' },
  { id: 'rank', title: '#', right: true, width: 5, drop: 5, worst: 'low' },
  { ...rateColumns.rps, drop: 4 },
  rateColumns.err,
  { ...rateColumns.p50, drop: 9 },
  { ...rateColumns.p95, drop: 7 },
  rateColumns.p99,
  { id: 'mostly', title: 'MOSTLY', width: 24, drop: 3, worst: 'low' },
  { id: 'upstream', title: 'UPSTREAM', width: 18, drop: 2, worst: 'low' },
  { id: 'breaker', title: 'BRK', width: 11, drop: 1, narrow: { drop: 8, width: 3 }, worst: 'high' },
  { id: 'takes', title: 'TAKES', width: 40, wide: true, drop: 10, worst: 'low' },
];

export function routeRows(asked: Asked): Drafted {
  const several = isSeveral(asked);
  const rows = asked.shown.flatMap((shown) => routesOf(shown, several));
  return {
    columns: withNode(asked, routeColumns),
    rows: several
      ? together(rows, asked.shown.filter((shown) => readingOf(shown) === null).length)
      : rows.map(({ row }) => row),
    title: 'Routes',
    empty:
      rows.length === 0
        ? whyEmpty(
            asked,
            'routes',
            'no routes: every request is answered 404; sentinel config print shows the configuration',
          )
        : null,
  };
}

interface Facts {
  readonly id: string;
  readonly standing: Standing;
  readonly rates: Rates | null;
  readonly raised: Raised | null;
  readonly live: boolean;
}

interface RouteRow {
  readonly facts: Facts;
  readonly route: RouteState;
  readonly row: Row;
}

/** Where nobody looked, by the series and the names that there are. */
function routesOf(shown: Shown, several: boolean): readonly RouteRow[] {
  const reading = readingOf(shown);
  const routes = reading?.parts.routes?.routes;
  if (reading === null || routes === undefined) return [];
  const breakers = new Map(
    (partOf(shown, 'breakers')?.breakers ?? []).filter(({ kind }) => kind === 'route').map((one) => [one.id, one]),
  );
  return routes.map((route): RouteRow => {
    const known = shown.reading !== null;
    const breaker = breakers.get(`route/${route.id}`);
    const rates = ratesThen(shown, route);
    const raised = raisedOf(shown, { kind: 'route', route: route.id });
    const kept = maintenanceOf(reading.status, route.id);
    const standing =
      known && !shown.stale ? standingOf(route, rates, raised, breaker?.state ?? null, kept !== null) : 'unknown';
    const facts: Facts = { id: route.id, standing, rates, raised, live: known && !shown.stale };
    const brk =
      breaker !== undefined
        ? breakerCell(breaker.state)
        : partOf(shown, 'breakers') === undefined
          ? unknownCell
          : noneCell;
    const words =
      staleWords(shown) + (known ? whyOf(route, rates, breaker === undefined ? null : breakerText(breaker), kept) : '');
    return {
      facts,
      route,
      row: {
        id: `${shown.node} ${route.id}`,
        node: shown.node,
        thing: { kind: 'route', route: route.id },
        depth: several ? 1 : 0,
        parent: several ? `${everyNode} ${route.id}` : null,
        standing,
        cells: asShown(shown, cellsOf(route, facts, brk, known), several),
        sortBy: sortingOf(route, facts, breaker?.state ?? null),
        badness: badnessOf(standing, rates?.errorRatio ?? null, rates?.p99 ?? null),
        name: route.id,
        value: (field) => valueOf(route, facts, breaker?.state ?? null, field),
        why: words === '' ? null : words,
        code: known && !shown.stale ? codeOf(breaker?.state ?? null, standing, rates) : null,
      },
    };
  });
}

function ratesThen(shown: Shown, { id, windows, enabled }: RouteState): Rates | null {
  if (!enabled) return null;
  if (shown.reading !== null) return ratesOf(windows);
  const { before } = shown;
  const traffic = before?.names.parts.traffic;
  if (before === null || traffic === undefined) return null;
  const series = traffic.routes.find((one) => one.id === id)?.series;
  return ratesAt(series, before.point, traffic.points?.covered_ms[before.point]);
}

function standingOf(
  route: RouteState,
  rates: Rates | null,
  raised: Raised | null,
  breaker: BreakerKind | null,
  inMaintenance: boolean,
): Standing {
  if (!route.enabled) return 'none';
  if (inMaintenance) return 'maintenance';
  if (breaker === 'open' || breaker === 'forced_open') return 'down';
  if (breaker === 'half_open') return 'degraded';
  if (rates === null) return 'unknown';
  return failingOf(rates, raised) === 'down' ? 'down' : withErrors('up', failingOf(rates, raised));
}

/** Whose order answers its requests with a page of maintenance, in words; null = nobody's. */
function maintenanceOf({ overrides }: StatusReply, id: string): string | null {
  const found = overrides.maintenance.find(({ subject }) => subject === '*' || subject === id);
  if (found === undefined) return null;
  return `in maintenance by ${said(found.actor)}${found.reason === null ? '' : ` (“${said(found.reason)}”)`}: ${said(found.undo)} ends it`;
}

function cellsOf(route: RouteState, facts: Facts, breaker: Cell, known: boolean): Readonly<Record<string, Cell>> {
  const { id, enabled, upstream, windows } = route;
  const none = { rps: noneCell, err: noneCell, p50: noneCell, p95: noneCell, p99: noneCell };
  const [cause] = windows['10s']?.causes ?? windows['1m']?.causes ?? [];
  return {
    st: standingCell(facts.standing),
    name: { ...saidCell(id), tone: enabled ? 'strong' : 'dim' },
    rank: cell(rankText(route.ranks), 'dim'),
    ...(enabled ? rateCells(facts.rates, facts.raised) : none),
    mostly: !known
      ? unknownCell
      : cause === undefined
        ? noneCell
        : cell(`${said(cause.cause)} ${percentText(cause.ratio)}%`),
    upstream: saidCell(upstream),
    breaker,
    takes: saidCell(takesText(route), 'dim'),
  };
}

function whyOf(route: RouteState, rates: Rates | null, breaker: string | null, kept: string | null): string {
  if (!route.enabled) return `disabled in the configuration; it would take ${said(takesText(route))}`;
  const causes = (route.windows['10s']?.causes ?? []).slice(0, 3);
  const parts = [
    ...(kept === null ? [] : [kept]),
    ...(breaker === null || breaker === 'breaker closed' ? [] : [breaker]),
    ...causes.map(({ cause, source, ratio }) => `${said(cause)} ${percentText(ratio)}% (${source})`),
  ];
  if (parts.length === 0 && rates?.errorRatio !== null && (rates?.errorRatio ?? 0) > 0)
    parts.push(`${percentText(rates?.errorRatio ?? 0)}% of its answers are 5xx of its upstream`);
  return [...parts, `takes ${said(takesText(route))} to ${said(route.upstream)}`].join('; ');
}

function codeOf(breaker: BreakerKind | null, standing: Standing, rates: Rates | null): string | null {
  if (breaker === 'open' || breaker === 'forced_open') return 'SNT-U003';
  return (standing === 'down' || standing === 'degraded') && rates !== null ? 'SNT-E010' : null;
}

const breakerRank = { closed: 0, half_open: 1, open: 2, forced_open: 3 } as const;

function sortingOf(route: RouteState, facts: Facts, breaker: BreakerKind | null): Row['sortBy'] {
  return {
    st: badnessOf(facts.standing, null, null),
    name: route.id,
    rank: route.ranks[0] ?? null,
    ...rateSorting(facts.rates),
    mostly: route.windows['10s']?.causes[0]?.cause ?? null,
    upstream: route.upstream,
    breaker: breaker === null ? null : breakerRank[breaker],
    takes: takesText(route),
  };
}

function valueOf(route: RouteState, facts: Facts, breaker: BreakerKind | null, field: FieldName): FieldValue {
  switch (field) {
    case 'route':
      return route.id;
    case 'upstream':
      return route.upstream;
    case 'host':
      return route.hosts;
    case 'path':
      return route.paths;
    case 'method':
      return route.methods;
    case 'state':
      return route.enabled ? facts.standing : [facts.standing, 'disabled'];
    case 'breaker':
      return breaker ?? undefined;
    default:
      return rateValue(facts.rates, field);
  }
}

/** The sum over several daemons first, then each of them. */
function together(rows: readonly RouteRow[], unread: number): readonly Row[] {
  return [...Map.groupBy(rows, ({ facts }) => facts.id)].flatMap(([id, same]) => [
    sumRow(id, same, unread),
    ...same.map(({ row }) => row),
  ]);
}

function sumRow(id: string, same: readonly RouteRow[], unread: number): Row {
  const all = same.length + unread;
  const live = same.filter(({ facts }) => facts.live);
  const [first] = same as readonly [RouteRow, ...RouteRow[]];
  const rates = ratesTogether(live.map(({ facts }) => facts.rates));
  const raised = {
    err: live.some(({ facts }) => facts.raised?.err === true),
    p99: live.some(({ facts }) => facts.raised?.p99 === true),
  };
  const facts: Facts = {
    id,
    standing:
      worstOf([...same.map((one) => one.facts.standing), ...(unread > 0 ? (['unknown'] as const) : [])]) ?? 'unknown',
    rates,
    raised,
    live: live.length > 0,
  };
  const worst = rates?.worst === true ? '; * percentiles are those of the worst' : '';
  return {
    id: `${everyNode} ${id}`,
    node: everyNode,
    thing: { kind: 'route', route: id },
    depth: 0,
    parent: null,
    standing: facts.standing,
    cells: {
      ...cellsOf(first.route, facts, noneCell, true),
      mostly: noneCell,
      node: cell(`${live.length}/${all}`, live.length < all ? 'unknown' : 'dim'),
    },
    sortBy: { ...sortingOf(first.route, facts, null), node: everyNode },
    badness: badnessOf(facts.standing, rates?.errorRatio ?? null, rates?.p99 ?? null),
    name: id,
    value: (field) => valueOf(first.route, facts, null, field),
    why: `over ${live.length} of ${all} daemons${worst}`,
    code: null,
  };
}
