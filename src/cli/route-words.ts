/** What a route is called in tables, the same in every command that shows one and on the screen. Judges nothing. */
import type { RouteState } from '../admin/contract/shapes.ts';

/** Its first place in the match order, and how many more it has. */
export function rankText(ranks: readonly number[]): string {
  const [first, ...others] = ranks;
  if (first === undefined) return '–';
  return others.length === 0 ? String(first) : `${first}+${others.length}`;
}

/** Which requests it takes, in few words. */
export function takesText(route: RouteState): string {
  const parts = [
    route.methods.join('|'),
    route.hosts.join(' '),
    route.paths.join(', '),
    ...route.headers.map((name) => `header ${name}`),
    ...route.query_params.map((name) => `query ${name}`),
    ...(route.client_ips.length === 0 ? [] : [`from ${route.client_ips.join(' ')}`]),
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'everything' : parts.join('  ');
}
