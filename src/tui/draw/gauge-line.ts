/** The gauges with what they were in the last minutes. Every gauge keeps its place and width from second to second. */
import type { Gauge } from '../view/view.ts';
import type { Line, Span } from './line.ts';
import { fitted, lineWidth, span } from './spans.ts';
import { padded, widthOf } from './width.ts';

/** Columns that the value takes: what it can be expected to grow to. */
const slots: Readonly<Record<Gauge['id'], number>> = { rps: 6, err: 5, p99: 6, conn: 6, rss: 9, loop: 5 };
const GAP = 2;
const levels = ['⣀', '⣠', '⣤', '⣶', '⣿'];
const SHORTEST_SPARK = 6;
const LONGEST_SPARK = 24;
/** Lines that are shorter say little: then only the first gauges have one. */
const USEFUL_SPARK = 8;

/** Rates, failures, latency and connections stay when there is room for little; memory and loop are looked at when there is more. */
const ALWAYS = 4;
/** And these have their past beside them before the others are there at all; in it stands too when something happened. */
const FIRST = 3;
const eventful: ReadonlySet<Gauge['id']> = new Set(['rps', 'err', 'p99']);

/** ` req/s 1 284 ⣀⣠⣤⣶⣿⣶⣤⡀   err 4.2% ▲ ⣀⣀⣀⣠⣴⣿⣿⣿ …`; the last ones are left out where there is no room for them and the lines. */
export function gaugeLine(gauges: readonly Gauge[], columns: number): Line {
  const heads = gauges.map((gauge) => ({ gauge, head: gaugeHead(gauge) }));
  const withSeries = (): number => heads.filter(({ gauge }) => gauge.series.length > 0).length;
  const least = SHORTEST_SPARK + 1;
  while (heads.length > ALWAYS && widthOfAll(heads) + Math.min(FIRST, withSeries()) * least > columns) heads.pop();
  while (heads.length > 1 && widthOfAll(heads) > columns) heads.pop();
  const room = columns - widthOfAll(heads);
  const most = Math.floor(room / (USEFUL_SPARK + 1)) >= withSeries() ? withSeries() : FIRST;
  const lines = Math.min(most, withSeries(), Math.floor(room / least));
  const each = lines === 0 ? 0 : Math.min(LONGEST_SPARK, Math.floor(room / lines) - 1);
  const drawn = new Set(heads.filter(({ gauge }) => gauge.series.length > 0).slice(0, lines));
  const line = heads.flatMap((one, at): readonly Span[] => [
    span(' '.repeat(at === 0 ? 1 : GAP)),
    ...one.head,
    ...(drawn.has(one) ? [span(' '), ...sparkline(one.gauge, each)] : []),
  ]);
  return fitted(line, columns);
}

function widthOfAll(heads: readonly { readonly head: Line }[]): number {
  return heads.reduce((sum, { head }) => sum + lineWidth(head) + GAP, 1 - GAP);
}

function gaugeHead({ id, title, text, tone, trend }: Gauge): Line {
  const arrow = trend === null ? ' ' : trend === 'up' ? '▲' : '▼';
  return [
    span(`${title} `, { tone: 'dim' }),
    span(padded(text, Math.max(slots[id], widthOf(text)), true), { tone, bold: true }),
    span(arrow, { tone }),
  ];
}

/** What the top of a line is at least: a handful of errors among thousands is no wall of them. */
const leastTops: Readonly<Partial<Record<Gauge['id'], number>>> = { err: 0.02 };

/** The last values, the newest at the right, from nothing to the highest of them; what was not measured stays blank. */
function sparkline({ id, series, events, tone }: Gauge, columns: number): Line {
  const per = Math.max(1, Math.ceil(series.length / columns));
  const highest = series.reduce<number>((most, value) => Math.max(most, value ?? 0), leastTops[id] ?? 0);
  const marked = new Set(
    (eventful.has(id) ? events : []).map((index) => columns - 1 - Math.floor((series.length - 1 - index) / per)),
  );
  const spans: Span[] = [];
  for (let column = 0; column < columns; column += 1) {
    const end = series.length - (columns - 1 - column) * per;
    const values = series.slice(Math.max(0, end - per), Math.max(0, end)).filter((value) => value !== null);
    // What is now is never hidden by what happened.
    if (marked.has(column) && column < columns - 1) spans.push(span('╎', { tone: 'info' }));
    else
      spans.push(
        span(values.length === 0 ? ' ' : level(Math.max(...values), highest), {
          tone: tone === 'plain' ? 'dim' : tone,
        }),
      );
  }
  return joinedAlike(spans);
}

function level(value: number, highest: number): string {
  const share = highest <= 0 || value <= 0 ? 0 : value / highest;
  return (
    levels[share === 0 ? 0 : Math.min(levels.length - 1, 1 + Math.floor(share * (levels.length - 1) * 0.999))] ?? ' '
  );
}

function joinedAlike(spans: readonly Span[]): Line {
  const joined: Span[] = [];
  for (const one of spans) {
    const last = joined.at(-1);
    if (last !== undefined && last.tone === one.tone)
      joined[joined.length - 1] = { ...last, text: last.text + one.text };
    else joined.push(one);
  }
  return joined;
}
