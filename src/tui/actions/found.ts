/** What a row is about, looked up in what was read last: upstreams, targets, breakers, drains, maintenance. Pure; null = it is not there. */
import type { OverrideState } from '../../admin/contract/override-shapes.ts';
import type { InflightRequest } from '../../admin/contract/request-shapes.ts';
import type { RouteState, StatusReply } from '../../admin/contract/shapes.ts';
import type { BreakerState, TargetState, UpstreamState } from '../../admin/contract/upstream-shapes.ts';
import type { Reading } from '../feed/reading.ts';
import type { Thing } from '../rows/row.ts';

export type DrainOfStatus = StatusReply['drains'][number];

export function upstreamOf(reading: Reading | null, name: string): UpstreamState | null {
  return reading?.upstreams.find((one) => one.name === name) ?? null;
}

/** By its address, or as it is written. */
export function targetOf(reading: Reading | null, upstream: string, target: string): TargetState | null {
  const targets = upstreamOf(reading, upstream)?.targets ?? [];
  return targets.find(({ address }) => address === target) ?? targets.find(({ written }) => written === target) ?? null;
}

export function routeOf(reading: Reading | null, id: string): RouteState | null {
  return reading?.parts.routes?.routes.find((one) => one.id === id) ?? null;
}

export function inflightOf(reading: Reading | null, id: string): InflightRequest | null {
  return reading?.parts.inflight?.requests.find((one) => one.id === id) ?? null;
}

/**
 * The drain that keeps a target out of traffic, with all that it covers. Replies of a reading are of moments that lie apart: what the
 * status does not have yet is said as far as the target says it.
 */
export function drainOf(reading: Reading | null, upstream: string, target: string): DrainOfStatus | null {
  const found = targetOf(reading, upstream, target);
  if (reading === null || found === null || found.drain === null) return null;
  const { id } = found.drain;
  const whole = reading.status.drains.find((one) => one.id === id);
  if (whole !== undefined) return whole;
  const covered = reading.upstreams.filter(({ targets }) => targets.some(({ drain }) => drain?.id === id));
  return { ...found.drain, target: found.address, upstreams: covered.map(({ name }) => name) };
}

/** Id of the breaker of a row: `upstream/target`, `route/id`; null = such a row has none. */
export function breakerIdOf(thing: Thing, reading: Reading | null): string | null {
  if (thing.kind === 'route') return `route/${thing.route}`;
  if (thing.kind !== 'target') return null;
  const address = targetOf(reading, thing.upstream, thing.target)?.address ?? thing.target;
  return `${thing.upstream}/${address}`;
}

/** As far as breakers were read. */
export function breakerOf(reading: Reading | null, id: string | null): BreakerState | null {
  return reading?.parts.breakers?.breakers.find((one) => one.id === id) ?? null;
}

export const everyRoute = '*';

/** What is under maintenance, of routes: by orders for them, and by the one for all. */
export function maintenanceOf(reading: Reading | null, routes: readonly string[]): readonly OverrideState[] {
  const orders = reading?.status.overrides.maintenance ?? [];
  return orders.filter(({ subject }) => subject === everyRoute || routes.includes(subject));
}

/** The routes that a row of an upstream or of a route stands for. */
export function routesOf(thing: Thing, reading: Reading | null): readonly string[] {
  if (thing.kind === 'route') return [thing.route];
  return thing.kind === 'upstream' ? (upstreamOf(reading, thing.upstream)?.routes ?? []) : [];
}

/** The upstream whose targets are checked for a row. */
export function checkedUpstream(thing: Thing, reading: Reading | null): string | null {
  if (thing.kind === 'route') return routeOf(reading, thing.route)?.upstream ?? null;
  return thing.kind === 'upstream' || thing.kind === 'target' ? thing.upstream : null;
}
