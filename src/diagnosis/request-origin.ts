/** Where failed requests come from: the route, upstream and target that most of them share. Read by rules. */
import type { RequestRecord } from '../admin/contract/request-shapes.ts';
import { type Case, percent, seen } from './case.ts';
import type { Evidence } from './judgement.ts';
import { statusOfCause } from './request-causes.ts';

export interface Origin {
  readonly route: string | null;
  readonly upstream: string | null;
  /** `upstream/target` */
  readonly target: string | null;
  readonly evidence: readonly Evidence[];
}

/** Of so large a part of the requests one is the origin. */
const MOST = 0.8;

/** Of the requests that failed by one of `causes`, as far as they are known one by one. */
export function mostly(of: Case, causes: readonly string[]): Origin {
  const records = (of.traffic?.errors ?? []).filter(({ cause }) => causes.includes(cause));
  const share = (pick: (record: RequestRecord) => string) =>
    most(
      records.map(pick).filter((name) => name !== ''),
      records.length,
    );
  const route = share((record) => record.route) ?? routeByCounts(of, causes);
  const upstream = share((record) => record.upstream) ?? upstreamOfRoute(of, route);
  const target = share((record) => (record.target === '' ? '' : `${record.upstream}/${record.target}`));
  const [sample] = records;
  return {
    route,
    upstream,
    target,
    evidence:
      sample === undefined
        ? []
        : [
            seen(
              'traffic',
              `${sample.method} ${sample.path} → ${sample.status} ${sample.cause} after ${Math.round(sample.duration_ms)} ms${sample.target === '' ? '' : ` (${sample.target})`}, ${sample.correlation_id}`,
              { at: sample.time },
            ),
          ],
  };
}

function most(names: readonly string[], of: number): string | null {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [first] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return first !== undefined && first[1] >= of * MOST ? first[0] : null;
}

/** Refusals are kept one by one only in part: the counts of routes say the rest. */
function routeByCounts(of: Case, causes: readonly string[]): string | null {
  const counts = (of.traffic?.traffic.routes ?? []).map(({ id, windows }) => ({
    id,
    count: (windows['1m']?.causes ?? []).reduce((sum, one) => sum + (causes.includes(one.cause) ? one.count : 0), 0),
  }));
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  return all === 0 ? null : (counts.find(({ count }) => count >= all * MOST)?.id ?? null);
}

function upstreamOfRoute(of: Case, route: string | null): string | null {
  if (route === null) return null;
  return of.daemon?.upstreams.upstreams.find(({ routes }) => routes.includes(route))?.name ?? null;
}

/** The status that requests with this cause were answered with: as seen, else as the proxy makes it; a limit may say 503 or 429. */
export function statusSeen(of: Case, cause: string): number | null {
  const records = (of.traffic?.errors ?? []).filter((one) => one.cause === cause);
  const seenMost = most(
    records.map(({ status }) => String(status)),
    records.length,
  );
  return records.length === 0 || seenMost === null ? statusOfCause(cause) : Number(seenMost);
}

/** `98 % no_healthy_target` of a list of causes: for words. */
export function causeShares(
  causes: readonly { readonly cause: string; readonly count: number }[],
  errors: number,
): string {
  if (errors === 0) return '';
  return causes
    .slice(0, 3)
    .map(({ cause, count }) => `${percent(Math.min(1, count / errors))} ${cause}`)
    .join(', ');
}
