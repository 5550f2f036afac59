/** What requests fail of, by the causes that the proxy itself notes for each of them. */
import type { OverrideState } from '../../admin/contract/override-shapes.ts';
import { type Case, clockTime, percent, seen, suspect } from '../case.ts';
import type { CauseName } from '../causes.ts';
import type { TrafficWindow, WindowStates } from '../../admin/contract/traffic-shapes.ts';
import { type ClientTraffic, clientTraffic, countOf, tooMany, trafficOf } from '../client-traffic.ts';
import { word } from '../command-words.ts';
import type { Evidence, Impact, Suspicion } from '../judgement.ts';
import { changesBefore, lastChange } from '../recent-changes.ts';
import { mostly, type Origin } from '../request-origin.ts';

interface Kind {
  readonly cause: CauseName;
  /** Causes of requests that speak for it. */
  readonly causes: readonly string[];
  /** Share of the requests from which on it is one; null = that of errors. */
  readonly share: number | null;
  readonly words: string;
  /** Kind of override that explains it. */
  readonly override: OverrideState['kind'] | null;
}

/** A refusal is the proxy's work: some of it is what limits are for. */
const MANY_REFUSED = 0.3;
/** Scanners ask for what is not there all day. */
const MANY_UNROUTED = 0.5;
/** Times the usual rate from which on a crowd is not the usual one. */
const SURGE = 3;

const kinds: readonly Kind[] = [
  {
    cause: 'upstream-invalid-response',
    causes: ['upstream_protocol_error', 'upgrade_failed'],
    share: null,
    words: 'answers with what is no HTTP',
    override: null,
  },
  {
    cause: 'upstream-resets',
    causes: ['upstream_reset', 'upstream_truncated'],
    share: null,
    words: 'closes connections before its answer is complete',
    override: null,
  },
  {
    cause: 'upstream-timeouts',
    causes: ['response_timeout', 'read_timeout', 'write_timeout'],
    share: null,
    words: 'does not answer in time',
    override: 'timeout',
  },
  {
    cause: 'upstream-errors',
    causes: ['upstream_status'],
    share: null,
    words: 'answers with 5xx itself',
    override: null,
  },
  {
    cause: 'proxy-internal-errors',
    causes: ['internal', 'loop'],
    share: null,
    words: 'the proxy itself fails',
    override: null,
  },
  {
    cause: 'queue-exhausted',
    causes: ['queue_full', 'queue_timeout'],
    share: null,
    words: 'has no connection free for more requests',
    override: null,
  },
  {
    cause: 'in-flight-limit',
    causes: ['in_flight_limit'],
    share: null,
    words: 'as many requests are in flight as the limit allows',
    override: 'limits',
  },
  {
    cause: 'guard-failing',
    causes: ['guard_failed'],
    share: null,
    words: 'a guard cannot decide, and refuses',
    override: null,
  },
  {
    cause: 'ports-exhausted',
    causes: ['no_socket'],
    share: null,
    words: 'the proxy can open no connection',
    override: null,
  },
  {
    cause: 'rate-limit-too-low',
    causes: ['rate_limited'],
    share: MANY_REFUSED,
    words: 'a rate limit refuses requests',
    override: 'rate-limit',
  },
  {
    cause: 'clients-blocked',
    causes: ['blocked', 'challenged'],
    share: MANY_REFUSED,
    words: 'the block list or the challenge refuses requests',
    override: null,
  },
  {
    cause: 'request-limit-too-low',
    causes: ['body_too_large', 'headers_too_large', 'uri_too_long'],
    share: MANY_REFUSED,
    words: 'requests are larger than a limit allows',
    override: 'limits',
  },
  {
    cause: 'no-route-matches',
    causes: ['no_route'],
    share: MANY_UNROUTED,
    words: 'no route takes the requests',
    override: null,
  },
];

/** Causes that show in 4xx, which no error rate counts. */
export const REFUSALS: ReadonlySet<CauseName> = new Set([
  'rate-limit-too-low',
  'clients-blocked',
  'request-limit-too-low',
  'no-route-matches',
]);

/** A route of which so much fails is out of order, however small its part of the traffic is. */
const ROUTE_FAILS = 0.5;
const FEWEST_OF_A_ROUTE = 20;

/** A tenth of all requests: "significant traffic affected". */
export const SIGNIFICANT = 0.1;

export function highErrorRate(of: Case): readonly Suspicion[] {
  return kinds.flatMap((kind) => {
    const found =
      tooMany(of, kind.share ?? of.thresholds.errorRatio, (traffic) => countOf(traffic, kind.causes)) ??
      failingRoute(of, kind);
    if (found === null || !believable(of, kind)) return [];
    const { traffic, count, ratio, goesOn } = found;
    const origin = mostly(of, kind.causes);
    const first = suspect({
      cause: kind.cause,
      strength: strengthOf(traffic, count, kind),
      detail: detailOf(kind, origin, ratio, traffic),
      resource:
        origin.target === null
          ? origin.route === null
            ? null
            : { kind: 'route', name: origin.route }
          : { kind: 'target', name: origin.target },
      evidence: [
        seen(
          'traffic',
          `${count} of ${traffic.requests} requests in ${traffic.window}: ${namesOf(traffic, kind.causes)}`,
          {
            value: ratio,
            threshold: kind.share ?? of.thresholds.errorRatio,
          },
        ),
        ...origin.evidence,
        ...besides(of, kind.cause),
      ],
      impact: impactOf(ratio, goesOn),
      since: of.traffic?.error_onset?.at ?? null,
      next: nextOf(kind.cause, origin),
    });
    return [first, ...overrideBehind(of, kind, first, origin)];
  });
}

/** Too few errors to count among all requests, and nearly all of one route: said as its share of everything. */
function failingRoute(of: Case, { share, causes }: Kind): ReturnType<typeof tooMany> {
  const all = clientTraffic(of, '1m');
  if (share !== null || all === null) return null;
  const fails = (windows: WindowStates, window: TrafficWindow, fewest: number) => {
    const traffic = trafficOf(windows, window);
    return traffic !== null && traffic.requests >= fewest && countOf(traffic, causes) / traffic.requests > ROUTE_FAILS;
  };
  const failing = (of.traffic?.traffic.routes ?? []).some(
    ({ windows }) => fails(windows, '1m', FEWEST_OF_A_ROUTE) && fails(windows, '10s', 1),
  );
  const count = countOf(all, causes);
  return failing ? { traffic: all, count, ratio: count / Math.max(1, all.requests), goesOn: true } : null;
}

/** 1 % of all errors is worth less of a word than all of them. */
function strengthOf(traffic: ClientTraffic, count: number, kind: Kind): number {
  const ofAll = kind.share === null && traffic.errors > 0 ? Math.min(1, count / traffic.errors) : 1;
  return Number((0.55 + 0.35 * ofAll).toFixed(3));
}

function impactOf(ratio: number, goesOn: boolean): Impact {
  return ratio > SIGNIFICANT && goesOn ? 'partial' : 'degraded';
}

/** 404 by a scanner is no lost route: something must have changed, or nearly everything must be lost. */
function believable(of: Case, { cause }: Kind): boolean {
  if (cause === 'ports-exhausted') return !descriptorsUsedUp(of);
  // A limit that holds one sender back, and nobody else, does what it is for.
  if (cause === 'rate-limit-too-low' || cause === 'request-limit-too-low') return !fromFewClients(of);
  // Many more than ever, and most of them blocked: that is what the list is for.
  if (cause === 'clients-blocked') return !fromFewClients(of) && !surges(of);
  if (cause !== 'no-route-matches') return true;
  return lastChange(of) !== null && !fromFewClients(of);
}

function surges(of: Case): boolean {
  const { requests_per_s: rate, usual_requests_per_s: usual } = of.clients ?? {};
  return typeof usual === 'number' && (rate ?? 0) > SURGE * Math.max(usual, 1);
}

function descriptorsUsedUp(of: Case): boolean {
  const { open, soft_limit: limit } = of.descriptors ?? { open: null, soft_limit: null };
  return open !== null && limit !== null && open >= limit * 0.9;
}

function fromFewClients(of: Case): boolean {
  const top = of.clients?.by_address.clients ?? [];
  const [first] = top;
  return (
    top.length > 1 &&
    first !== undefined &&
    (first.client_error_ratio ?? 0) > 0.9 &&
    top.slice(1).every(({ client_error_ratio }) => (client_error_ratio ?? 0) < 0.1)
  );
}

function detailOf(kind: Kind, origin: Origin, ratio: number, { window }: ClientTraffic): string {
  const share = `${percent(ratio)} of the requests in ${window}`;
  if (kind.cause === 'rate-limit-too-low')
    return `a rate limit refuses ${share}${origin.route === null ? '' : ` (route ${origin.route})`}`;
  if (kind.cause === 'no-route-matches') return `no route takes ${share}`;
  const who = origin.target ?? origin.upstream;
  const upstreams: readonly CauseName[] = [
    'upstream-invalid-response',
    'upstream-resets',
    'upstream-timeouts',
    'upstream-errors',
    'queue-exhausted',
  ];
  if (upstreams.includes(kind.cause)) return `${who ?? 'an upstream'} ${kind.words}: ${share}`;
  return `${kind.words}: ${share}${origin.route === null ? '' : ` (route ${origin.route})`}`;
}

function namesOf(traffic: ClientTraffic, causes: readonly string[]): string {
  return traffic.causes
    .filter(({ cause }) => causes.includes(cause))
    .map(({ cause, count }) => `${cause} ${count}`)
    .join(', ');
}

function besides(of: Case, cause: CauseName): readonly Evidence[] {
  const evidence = [...changesBefore(of, of.traffic?.error_onset?.at ?? null)];
  const change = lastChange(of);
  if (cause === 'no-route-matches' && change !== null && evidence.length === 0)
    evidence.push(seen('changes', change.words, { at: change.at }));
  const store =
    cause === 'guard-failing' ? of.changes?.events.findLast(({ kind }) => kind === 'rate_store_away') : undefined;
  if (store !== undefined)
    evidence.push(
      seen('changes', `${store.words}${store.detail === null ? '' : `: ${store.detail}`}`, { at: store.last_at }),
    );
  const ports = of.descriptors?.local_ports;
  if (cause === 'ports-exhausted' && ports)
    evidence.push(
      seen('descriptors', `${ports.in_use} local ports in use, ${ports.time_wait} in TIME_WAIT`, {
        value: ports.in_use,
        threshold: ports.last - ports.first + 1,
      }),
    );
  return evidence;
}

/** A value that somebody set at run time, and that what fails would obey. */
function overrideBehind(of: Case, kind: Kind, first: Suspicion, origin: Origin): readonly Suspicion[] {
  if (kind.override === null) return [];
  const fits = of.daemon?.overrides.overrides.find(
    (one) => one.kind === kind.override && one.dormant === null && !one.loosens && covers(one, origin),
  );
  if (fits === undefined) return [];
  const who = `${fits.actor} set ${fits.kind} ${fits.subject}${fits.key === null ? '' : ` ${fits.key}`} to ${fits.value} at ${clockTime(fits.set_at)}`;
  return [
    suspect({
      ...first,
      cause: 'override-left-on',
      strength: Math.min(0.98, first.strength + 0.06),
      detail: `${who}${fits.replaces === null ? '' : ` (the file says ${fits.replaces})`}, and ${first.detail}`,
      resource: { kind: 'override', name: `${fits.kind} ${fits.subject}` },
      evidence: [
        seen('daemon', `${who}${fits.reason === null ? ', without a reason' : `: "${fits.reason}"`}`, {
          value: fits.value,
          at: fits.set_at,
        }),
        ...first.evidence,
      ],
      since: fits.set_at,
      next: [fits.undo, 'sentinel override list'],
    }),
  ];
}

function covers({ kind, subject }: OverrideState, { route, upstream }: Origin): boolean {
  return (
    kind === 'limits' ||
    subject === '*' ||
    subject === route ||
    subject === upstream ||
    (route === null && upstream === null)
  );
}

function nextOf(cause: CauseName, { target, upstream, route }: Origin): readonly string[] {
  const errors = 'sentinel requests --errors';
  switch (cause) {
    case 'upstream-invalid-response':
    case 'upstream-resets':
    case 'upstream-errors':
      return [errors, ...(upstream === null ? [] : [`sentinel check ${word(upstream)}`])];
    case 'upstream-timeouts':
      return [
        'sentinel requests --slow',
        ...(route === null ? [] : [`sentinel override timeout ${word(route)} 60s --for 30m`]),
      ];
    case 'proxy-internal-errors':
      return ['sentinel logs --filter level=error', 'sentinel restart --workers'];
    case 'queue-exhausted':
      return [`sentinel upstreams${upstream === null ? '' : ` ${word(upstream)}`}`, 'sentinel inflight'];
    case 'in-flight-limit':
      return ['sentinel inflight'];
    case 'rate-limit-too-low':
      return [
        'sentinel clients',
        ...(route === null ? [] : [`sentinel override rate-limit ${word(route)} requests-per-second=1000 --for 30m`]),
      ];
    case 'clients-blocked':
      return ['sentinel block list', 'sentinel clients'];
    case 'request-limit-too-low':
      return ['sentinel config print --origin', errors];
    case 'no-route-matches':
      return ['sentinel config rollback', 'sentinel config history'];
    default:
      return [errors, ...(target === null ? [] : [`sentinel check ${word(target.split('/')[0] as string)}`])];
  }
}

/** Whether the errors are above their threshold. */
export function errorsHigh(of: Case) {
  return tooMany(of, of.thresholds.errorRatio, ({ errors }) => errors);
}
