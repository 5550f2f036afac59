/** What became of one route test, offline or live: data for the table and the envelope. Judges what the proxy saw; sends nothing. */
import type { RequestRecord } from '../../admin/contract/request-shapes.ts';
import { placeOf } from '../../kdl/source.ts';
import type { Expectation, ExpectedOutcome } from '../../routing/expectations.ts';

/**
 * `held`: as expected. `failed`: not. `unknown`: it could not be found out. `how`: by the routes of the file (`file`), by the routes
 * that the daemon has (`asked`), or by a request that was sent (`sent`).
 */
export interface RouteTest {
  readonly result: 'held' | 'failed' | 'unknown';
  readonly how: 'file' | 'asked' | 'sent';
  readonly method: string;
  readonly url: string;
  readonly host: string;
  /** The route that it stands in, and where: `sentinel.kdl:12`. */
  readonly stands_in: string;
  readonly place: string | null;
  readonly expected: { readonly route: string; readonly upstream: string | null; readonly status: number | null };
  /** What is not known is null. */
  readonly got: {
    readonly route: string | null;
    readonly upstream: string | null;
    readonly target: string | null;
    readonly status: number | null;
    readonly cause: string | null;
    readonly correlation_id: string | null;
  };
  /** Why it does not hold, or why nobody knows, or why it was not sent; null = there is nothing to say. */
  readonly why: string | null;
}

const nothing: RouteTest['got'] = {
  route: null,
  upstream: null,
  target: null,
  status: null,
  cause: null,
  correlation_id: null,
};

/** By the routes of the file. */
export function fileTest({ expectation, explanation, upstream, faults }: ExpectedOutcome): RouteTest {
  const got = { ...nothing, route: explanation.route, upstream };
  return made(expectation, 'file', got, faults, null);
}

/** By what the daemon says that it would do. @param why Why it was not sent. */
export function askedTest(
  expectation: Expectation,
  got: Pick<RouteTest['got'], 'route' | 'upstream'>,
  why: string,
): RouteTest {
  return made(expectation, 'asked', { ...nothing, ...got }, routeFaults(expectation, got.route, got.upstream), why);
}

/** By what the proxy saw of the request. */
export function sentTest(expectation: Expectation, record: RequestRecord, status: number): RouteTest {
  const got = {
    route: record.route === '' ? null : record.route,
    upstream: record.upstream === '' ? null : record.upstream,
    target: record.target === '' ? null : record.target,
    status,
    cause: record.cause === '' ? null : record.cause,
    correlation_id: record.correlation_id,
  };
  const wanted = expectation.status;
  const wrongStatus = wanted === null ? status >= 500 : status !== wanted;
  const cause = got.cause === null ? '' : ` (${got.cause})`;
  const faults = [
    ...routeFaults(expectation, got.route, got.upstream),
    ...(wrongStatus ? [`status ${status}${cause}, expected ${wanted ?? 'below 500'}`] : []),
  ];
  return made(expectation, 'sent', got, faults, null);
}

/** @param got What is known all the same. */
export function unknownTest(expectation: Expectation, why: string, got: Partial<RouteTest['got']> = {}): RouteTest {
  return { ...made(expectation, 'sent', { ...nothing, ...got }, [], why), result: 'unknown' };
}

function routeFaults(expected: Expectation, route: string | null, upstream: string | null): readonly string[] {
  return [
    ...(route === expected.route
      ? []
      : [
          route === null
            ? `no route took it, expected "${expected.route}"`
            : `route "${route}" took it, expected "${expected.route}"`,
        ]),
    ...(expected.upstream === null || expected.upstream === upstream
      ? []
      : [`upstream ${upstream === null ? 'none' : `"${upstream}"`}, expected "${expected.upstream}"`]),
  ];
}

function made(
  { method, url, host, standsIn, span, route, upstream, status }: Expectation,
  how: RouteTest['how'],
  got: RouteTest['got'],
  faults: readonly string[],
  remark: string | null,
): RouteTest {
  return {
    result: faults.length === 0 ? 'held' : 'failed',
    how,
    method,
    url,
    host,
    stands_in: standsIn,
    place: span === null ? null : placeOf(span),
    expected: { route, upstream, status },
    got,
    why: faults.length === 0 ? remark : faults.join('; '),
  };
}
