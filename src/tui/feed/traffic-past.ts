/**
 * The last 15 minutes of a daemon, kept up second by second: the whole is asked for once a minute, in between only what is new. Owned
 * by the poller of one daemon; never changes what it gave out.
 */
import type { SeriesState, SubjectTraffic, TrafficQuery, TrafficReply } from '../../admin/contract/traffic-shapes.ts';
import type { Clock } from '../../base/clock.ts';

/** The daemon thins what is older than two minutes: what was put together here is longer than it has to be by no more than this. */
const WHOLE_AFTER_MS = 60_000;

type Points = NonNullable<TrafficReply['points']>;

export class TrafficPast {
  readonly #clock: Clock;
  #last: (TrafficReply & { readonly points: Points }) | null = null;
  #wholeMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What to ask for next. */
  query(): TrafficQuery {
    const newest = this.#last?.points.at.at(-1);
    const old = this.#clock.now() - this.#wholeMs >= WHOLE_AFTER_MS;
    if (newest === undefined || old) this.forget();
    // What targets do is in every reading already.
    const targets = '0';
    return newest === undefined || old ? { series: '1', targets } : { series: '1', since: newest, targets };
  }

  /** The reply with all that is known of the past. */
  join(reply: TrafficReply): TrafficReply {
    const { points } = reply;
    if (points === undefined) return reply;
    const before = this.#last;
    if (before === null) this.#wholeMs = this.#clock.now();
    const whole = before === null ? { ...reply, points } : joined(before, { ...reply, points });
    this.#last = whole;
    return whole;
  }

  /** The next is of another process. */
  forget(): void {
    this.#last = null;
  }
}

function joined(before: TrafficReply & { points: Points }, reply: TrafficReply & { points: Points }) {
  const newest = before.points.at.at(-1) ?? '';
  const found = reply.points.at.findIndex((at) => at > newest);
  const from = found === -1 ? reply.points.at.length : found;
  const length = before.points.at.length;
  const more = (now: SubjectTraffic, then: SubjectTraffic | undefined): { readonly series?: SeriesState } =>
    now.series === undefined ? {} : { series: longer(then?.series, length, now.series, from) };
  const routes = new Map(before.routes.map((route) => [route.id, route]));
  const upstreams = new Map(before.upstreams.map((upstream) => [upstream.name, upstream]));
  return {
    ...reply,
    total: { ...reply.total, ...more(reply.total, before.total) },
    routes: reply.routes.map((route) => ({ ...route, ...more(route, routes.get(route.id)) })),
    upstreams: reply.upstreams.map((upstream) => ({ ...upstream, ...more(upstream, upstreams.get(upstream.name)) })),
    points: {
      at: [...before.points.at, ...reply.points.at.slice(from)],
      covered_ms: [...before.points.covered_ms, ...reply.points.covered_ms.slice(from)],
    },
  };
}

/** @param then Undefined = it is new: it had nothing before, in as many points as the others have. */
function longer(then: SeriesState | undefined, length: number, now: SeriesState, from: number): SeriesState {
  const nothing = <T>(value: T): readonly T[] => Array.from({ length }, () => value);
  return {
    requests: [...(then?.requests ?? nothing(0)), ...now.requests.slice(from)],
    errors: [...(then?.errors ?? nothing(0)), ...now.errors.slice(from)],
    p50_ms: [...(then?.p50_ms ?? nothing(null)), ...now.p50_ms.slice(from)],
    p99_ms: [...(then?.p99_ms ?? nothing(null)), ...now.p99_ms.slice(from)],
  };
}
