/**
 * Which keys overrides have, what their values may be, and where they stand in the configuration. The types are those of the
 * file, so that a value is good here exactly where it is good there. Pure; asked by `rules.ts` and `orders.ts`.
 */
import type { HealthCheckConfig, LimitsConfig, PassiveHealthConfig, UpstreamTimeouts } from '../../../config/model.ts';
import { longestSeconds, seconds, type ValueType, whole } from '../../../config/schema/value-type.ts';

const count = whole({ min: 0, zero: 'off' });
const bytes = whole({ min: 0, zero: 'off', unit: 'bytes' });
const threshold = whole({ min: 1, max: 4095 });
const percent = whole({ min: 1, max: 100, unit: 'percent' });
const anySeconds = seconds({ zero: 'no bound' });

interface Key {
  readonly type: ValueType<number>;
  /** In the words of an operator, what `0` does; null where it is a number like any other. */
  readonly zero: 'off' | null;
}

const limit = (type: ValueType<number>): Key => ({ type, zero: 'off' });

/** Keys of `limits {}`. */
export const limitKeys = {
  'max-total-connections': { ...limit(count), field: 'maxTotalConnections' },
  'max-connections-per-client': { ...limit(count), field: 'maxConnectionsPerClient' },
  'max-requests-per-connection': { ...limit(count), field: 'maxRequestsPerConnection' },
  'max-in-flight-requests': { ...limit(count), field: 'maxInFlightRequests' },
  'max-queued-requests': { ...limit(count), field: 'maxQueuedRequests' },
  'max-requests-per-second-global': { ...limit(count), field: 'maxRequestsPerSecondGlobal' },
  'max-requests-per-second-per-client': { ...limit(count), field: 'maxRequestsPerSecondPerClient' },
  'max-memory-bytes': { ...limit(bytes), field: 'maxMemoryBytes' },
  'max-header-count': { ...limit(count), field: 'maxHeaderCount' },
  'max-header-size-bytes': { ...limit(bytes), field: 'maxHeaderBytes' },
  'max-header-name-bytes': { ...limit(bytes), field: 'maxHeaderNameBytes' },
  'max-header-value-bytes': { ...limit(bytes), field: 'maxHeaderValueBytes' },
  'max-uri-bytes': { ...limit(bytes), field: 'maxUriBytes' },
  'max-body-size-bytes': { ...limit(bytes), field: 'maxBodyBytes' },
} as const satisfies Readonly<Record<string, Key & { readonly field: keyof LimitsConfig }>>;

export type LimitKey = keyof typeof limitKeys;

/** `timeout-secs` is a route's; the others are those of `timeouts {}` of an upstream. Milliseconds in the configuration. */
export const timeoutKeys = {
  'timeout-secs': { type: anySeconds, zero: 'off', field: null },
  'connect-secs': { type: seconds(), zero: null, field: 'connectMs' },
  'request-secs': { type: anySeconds, zero: 'off', field: 'requestMs' },
  'read-secs': { type: anySeconds, zero: 'off', field: 'readMs' },
  'write-secs': { type: anySeconds, zero: 'off', field: 'writeMs' },
} as const satisfies Readonly<Record<string, Key & { readonly field: keyof UpstreamTimeouts | null }>>;

export type TimeoutKey = keyof typeof timeoutKeys;

/** Of `health-check {}` (active) and `passive-health {}`. `scale`: what one of the key's unit is in the configuration. */
export const healthKeys = {
  'unhealthy-threshold': { type: threshold, zero: null, block: 'active', field: 'unhealthyThreshold', scale: 1 },
  'healthy-threshold': { type: threshold, zero: null, block: 'active', field: 'healthyThreshold', scale: 1 },
  'interval-secs': { type: seconds(), zero: null, block: 'active', field: 'intervalMs', scale: 1000 },
  'timeout-secs': { type: seconds(), zero: null, block: 'active', field: 'timeoutMs', scale: 1000 },
  'failure-rate': { type: percent, zero: null, block: 'passive', field: 'failureRate', scale: 1 },
  'window-requests': {
    type: whole({ min: 1, max: 1000 }),
    zero: null,
    block: 'passive',
    field: 'windowRequests',
    scale: 1,
  },
  'eject-secs': { type: seconds(), zero: null, block: 'passive', field: 'ejectMs', scale: 1000 },
  'max-ejected-percent': {
    type: whole({ min: 0, max: 100, unit: 'percent', zero: 'none' }),
    zero: null,
    block: 'passive',
    field: 'maxEjectedPercent',
    scale: 1,
  },
} as const satisfies Readonly<
  Record<
    string,
    Key & { readonly scale: number } & (
        | { readonly block: 'active'; readonly field: Exclude<keyof HealthCheckConfig, 'type'> }
        | { readonly block: 'passive'; readonly field: keyof PassiveHealthConfig }
      )
  >
>;

export type HealthKey = keyof typeof healthKeys;

/** What a target may weigh; as `weight` of the file. */
export const weightType = whole({ min: 0, max: 65_535, zero: 'no new requests' });

/** What clients may be told to wait. */
export const retryAfterType = whole({ min: 1, max: longestSeconds, unit: 'seconds' });
