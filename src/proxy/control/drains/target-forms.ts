/**
 * Which targets somebody means: `ip:port`, `[v6]:port`, `name:port`, `upstream/target`, or a pattern with `*` and `?`. Pure;
 * knows the targets that there are and nothing of drains.
 */
import { isIPv6 } from 'node:net';
import type { CoveredTarget, DrainOrder } from './drain-record.ts';

/** One thing that drains on its own: a target, wherever it is, or a name with all its addresses. */
export type Subject = Pick<DrainOrder, 'target' | 'by' | 'upstreams'>;

export type Found =
  | { readonly kind: 'found'; readonly subjects: readonly Subject[] }
  /** It is a pattern, and `all` was not said. */
  | { readonly kind: 'pattern'; readonly subjects: readonly Subject[] }
  /** @param near Targets that look like it. */
  | { readonly kind: 'none'; readonly near: readonly string[] };

const NEAR = 5;

/** @param upstream Null = in all of them. */
export function findTargets(
  text: string,
  upstream: string | null,
  all: boolean,
  targets: readonly CoveredTarget[],
): Found {
  const here = upstream === null ? targets : targets.filter((one) => one.upstream === upstream);
  if (/[*?]/.test(text)) {
    const pattern = patternOf(text);
    const matching = here.filter(({ upstream: name, address, written }) =>
      [address, written, `${name}/${address}`, `${name}/${written}`].some((form) => pattern.test(form)),
    );
    const subjects = byAddress(matching);
    if (subjects.length === 0) return { kind: 'none', near: [] };
    return { kind: all ? 'found' : 'pattern', subjects };
  }
  const plain = named(canonical(text), here);
  if (plain !== null) return { kind: 'found', subjects: [plain] };
  // Paths of unix sockets have slashes, and so may names of upstreams.
  for (const name of new Set(here.map((one) => one.upstream))) {
    if (!text.startsWith(`${name}/`)) continue;
    const inside = here.filter((one) => one.upstream === name);
    const one = named(canonical(text.slice(name.length + 1)), inside);
    if (one !== null) return { kind: 'found', subjects: [one] };
  }
  return { kind: 'none', near: nearTo(text, here) };
}

/** Of an address, or of a name; null when it is neither. */
function named(text: string, targets: readonly CoveredTarget[]): Subject | null {
  const upstreamsOf = (found: readonly CoveredTarget[]) => [...new Set(found.map(({ upstream }) => upstream))];
  const exact = targets.filter(({ address }) => address === text);
  if (exact.length > 0) return { target: text, by: 'address', upstreams: upstreamsOf(exact) };
  const byName = targets.filter(({ written }) => written === text);
  return byName.length === 0 ? null : { target: text, by: 'name', upstreams: upstreamsOf(byName) };
}

function byAddress(targets: readonly CoveredTarget[]): readonly Subject[] {
  return [...Map.groupBy(targets, ({ address }) => address)].map(([target, found]) => ({
    target,
    by: 'address',
    upstreams: [...new Set(found.map(({ upstream }) => upstream))],
  }));
}

/** As addresses of targets are written once they are read: small letters, IPv6 in its short form. */
function canonical(text: string): string {
  const [, host, port] = /^\[(.+)\]:(\d+)$/.exec(text) ?? [];
  if (host === undefined || !isIPv6(host)) return text.startsWith('unix:') ? text : text.toLowerCase();
  return `${new URL(`http://[${host}]`).hostname}:${port}`;
}

function patternOf(text: string): RegExp {
  const source = text
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}

function nearTo(text: string, targets: readonly CoveredTarget[]): readonly string[] {
  const addresses = [...new Set(targets.flatMap(({ address, written }) => [address, written]))];
  const like = addresses.filter((address) => address.includes(text) || text.includes(address.split(':')[0] as string));
  return (like.length === 0 ? addresses : like).slice(0, NEAR);
}
