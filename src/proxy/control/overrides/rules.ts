/**
 * What each kind of override does: whether its subject is there, what the file says in its place, and how it is laid over a
 * configuration. Pure; asked by `layer.ts` and by who shows overrides.
 */
import type { Config, LimitsConfig, RateLimitConfig, RouteConfig, UpstreamConfig } from '../../../config/model.ts';
import { rateLimitKey } from '../../../config/schema/request-keys.ts';
import { targetAddress } from '../../../config/schema/network-types.ts';
import { Wrong } from '../../../config/schema/value-type.ts';
import { everyRoute, type OverrideSetting, type RateLimitValue } from './entry.ts';
import { type HealthKey, healthKeys, type LimitKey, limitKeys, type TimeoutKey, timeoutKeys } from './values.ts';

type SettingOf<K extends OverrideSetting['kind']> = Extract<OverrideSetting, { kind: K }>;

interface Rules<S> {
  /** Why it does nothing to this configuration; null when it does. */
  missing(config: Config, setting: S): string | null;
  /** What the configuration says in its place, as an operator writes it; null = nothing. */
  said(config: Config, setting: S): string | null;
  /** The value, as an operator writes it. */
  words(setting: S): string;
  lay(config: Config, setting: S): Config;
  /** It allows more than the configuration does. */
  loosens(config: Config, setting: S): boolean;
}

/** Splits `upstream/target`. Both may have slashes: it is the longest name that there is, or what stands before the first one. */
export function splitSubject(
  { upstreams }: Pick<Config, 'upstreams'>,
  subject: string,
): { readonly upstream: string; readonly target: string } {
  let end = subject.indexOf('/');
  for (const { name } of upstreams) if (name.length > end && subject.startsWith(`${name}/`)) end = name.length;
  return { upstream: subject.slice(0, end), target: subject.slice(end + 1) };
}

const limits: Rules<SettingOf<'limits'>> = {
  missing: (_config, { subject }) => (subject in limitKeys ? null : `there is no limit ${subject}`),
  said: (config, { subject }) => bound(config.limits[limitKeys[subject as LimitKey].field]),
  words: ({ value }) => bound(value),
  lay(config, { subject, value }) {
    const { field } = limitKeys[subject as LimitKey];
    const before = config.limits[field];
    const laid: Config = { ...config, limits: { ...config.limits, [field]: value } as LimitsConfig };
    if (field === 'maxBodyBytes') {
      return mapRoutes(laid, everyRoute, (route) => {
        const maxBodyBytes = relimited(route.policies.maxBodyBytes, before, value);
        return { ...route, policies: { ...route.policies, maxBodyBytes } };
      });
    }
    if (field === 'maxRequestsPerConnection') {
      const listeners = laid.listeners.map((listener) => ({
        ...listener,
        maxRequestsPerConnection: relimited(listener.maxRequestsPerConnection, before, value),
      }));
      return { ...laid, listeners };
    }
    return laid;
  },
  loosens: (config, { subject, value }) => wider(value, config.limits[limitKeys[subject as LimitKey].field]),
};

function bound(value: number): string {
  return value === 0 ? '0 (off)' : String(value);
}

/** What a route or listener has: what it says itself, where that is stricter; else the limit. */
function relimited(own: number, before: number, now: number): number {
  if (own === before) return now;
  return wider(own, now) ? now : own;
}

/** 0 = no bound. */
function wider(a: number, b: number): boolean {
  if (b === 0) return false;
  return a === 0 || a > b;
}

const rateLimit: Rules<SettingOf<'rate-limit'>> = {
  missing: (config, { subject }) => missingRoute(config, subject),
  said(config, { subject }) {
    if (subject !== everyRoute) {
      const own = routeNamed(config, subject)?.policies.rateLimit ?? null;
      return own === null ? null : limitWords(own);
    }
    const own = config.routes.filter(({ policies }) => policies.rateLimit !== null).length;
    return own === 0 ? null : `the limits of ${own} of ${config.routes.length} routes`;
  },
  words: ({ value }) =>
    Object.entries(value)
      .map(([key, one]) => `${key}=${one}`)
      .join(' '),
  lay: (config, { subject, value }) =>
    mapRoutes(config, subject, (route) => ({
      ...route,
      policies: { ...route.policies, rateLimit: limitOf(value, route.policies.rateLimit) },
    })),
  loosens: (config, { subject, value }) =>
    config.routes.some(
      ({ id, policies: { rateLimit: own } }) =>
        (subject === everyRoute || id === subject) &&
        own !== null &&
        (value['requests-per-second'] > own.requestsPerSecond || (value.action === 'log' && own.action !== 'log')),
    ),
};

/** What is not said stays as the file has it; but a burst belongs to its rate. */
function limitOf(value: RateLimitValue, own: RateLimitConfig | null): RateLimitConfig {
  const perSecond = value['requests-per-second'];
  const key =
    value.key === undefined ? (own?.key ?? ({ kind: 'client_ip' } as const)) : rateLimitKey.read(value.key, '');
  return {
    requestsPerSecond: perSecond,
    burst: value.burst ?? Math.max(1, Math.floor(perSecond)),
    key: key instanceof Wrong ? { kind: 'client_ip' } : key,
    action: value.action ?? own?.action ?? 'block',
    statusCode: own?.statusCode ?? 429,
    maxDelayMs: own?.maxDelayMs ?? 5000,
    maxKeys: own?.maxKeys ?? 100_000,
    backend: own?.backend ?? { kind: 'local' },
  };
}

function limitWords({ requestsPerSecond, burst, key, action }: RateLimitConfig): string {
  const by = 'name' in key ? `${key.kind}:${key.name}` : key.kind;
  return `requests-per-second=${requestsPerSecond} burst=${burst} key=${by} action=${action}`;
}

/** Of targets weights come by a live part (`layer.ts: weightIn`): an address of a name stands in no configuration. */
const weight: Rules<SettingOf<'weight'>> = {
  missing(config, { subject }) {
    const { upstream, target } = splitSubject(config, subject);
    const found = upstreamNamed(config, upstream);
    if (found === undefined) return `there is no upstream ${upstream}`;
    // Behind a name there may be any address.
    const named = found.discover !== null || found.targets.some(({ socket }) => isName(socket));
    return named || found.targets.some(({ address }) => address === target)
      ? null
      : `upstream ${upstream} has no target ${target}`;
  },
  said(config, { subject }) {
    const { upstream, target } = splitSubject(config, subject);
    const found = upstreamNamed(config, upstream)?.targets.find(({ address }) => address === target);
    return found === undefined ? null : String(found.weight);
  },
  words: ({ value }) => String(value),
  lay: (config) => config,
  loosens: () => false,
};

const timeout: Rules<SettingOf<'timeout'>> = {
  missing: (config, { subject, key }) =>
    key === 'timeout-secs' ? missingRoute(config, subject) : missingUpstream(config, subject),
  said(config, { subject, key }) {
    const { field } = timeoutKeys[key as TimeoutKey];
    const ms =
      field === null
        ? routeNamed(config, subject)?.policies.timeoutMs
        : upstreamNamed(config, subject)?.timeouts[field];
    return ms === undefined ? null : bound(ms / 1000);
  },
  words: ({ value }) => bound(value),
  lay(config, { subject, key, value }) {
    const { field } = timeoutKeys[key as TimeoutKey];
    const ms = Math.round(value * 1000);
    return field === null
      ? mapRoutes(config, subject, (route) => ({ ...route, policies: { ...route.policies, timeoutMs: ms } }))
      : mapUpstream(config, subject, (upstream) => ({
          ...upstream,
          timeouts: { ...upstream.timeouts, [field]: ms },
        }));
  },
  loosens: () => false,
};

const health: Rules<SettingOf<'health'>> = {
  missing(config, { subject, key }) {
    const found = upstreamNamed(config, subject);
    if (found === undefined) return `there is no upstream ${subject}`;
    const { block } = healthKeys[key as HealthKey];
    if (block === 'active') return found.healthCheck === null ? `upstream ${subject} has no health-check` : null;
    return found.passiveHealth === null ? `upstream ${subject} has no passive-health` : null;
  },
  said(config, { subject, key }) {
    const found = upstreamNamed(config, subject);
    const where = healthKeys[key as HealthKey];
    const value = where.block === 'active' ? found?.healthCheck?.[where.field] : found?.passiveHealth?.[where.field];
    return value === undefined ? null : String(value / where.scale);
  },
  words: ({ value }) => String(value),
  lay: (config, { subject, key, value }) =>
    mapUpstream(config, subject, (upstream) => {
      const { block, field, scale } = healthKeys[key as HealthKey];
      const inUnit = Math.round(value * scale);
      if (block === 'passive') {
        const { passiveHealth: own } = upstream;
        return own === null ? upstream : { ...upstream, passiveHealth: { ...own, [field]: inUnit } };
      }
      const { healthCheck: own } = upstream;
      if (own === null) return upstream;
      const check = { ...own, [field]: inUnit };
      // As in the file: an answer may not take longer than until the next question.
      return { ...upstream, healthCheck: { ...check, timeoutMs: Math.min(check.timeoutMs, check.intervalMs) } };
    }),
  loosens: () => false,
};

const fallback: Rules<SettingOf<'fallback'>> = {
  missing: (config, { subject, value }) => missingRoute(config, subject) ?? missingUpstream(config, value),
  said: (config, { subject }) => routeNamed(config, subject)?.upstream ?? null,
  words: ({ value }) => value,
  lay: (config, { subject, value }) =>
    mapRoutes(config, subject, (route) => ({
      ...route,
      upstream: value,
      fallbackUpstream: route.fallbackUpstream === value ? null : route.fallbackUpstream,
    })),
  loosens: () => false,
};

/** No file says it, so it is no part of a configuration: `maintenance.ts` puts it into the plan. */
const maintenance: Rules<SettingOf<'maintenance'>> = {
  missing: (config, { subject }) => missingRoute(config, subject),
  said: () => null,
  words({ value: { page, retryAfter, allow } }) {
    const parts = [
      page === null ? 'page=maintenance-page' : `page=own(${Buffer.byteLength(page)} bytes)`,
      ...(retryAfter === null ? [] : [`retry-after=${retryAfter}`]),
      ...(allow.length === 0 ? [] : [`allow=${allow.join(',')}`]),
    ];
    return parts.join(' ');
  },
  lay: (config) => config,
  loosens: () => false,
};

const target: Rules<SettingOf<'target'>> = {
  missing(config, { subject, value }) {
    const { upstream, target: address } = splitSubject(config, subject);
    const found = upstreamNamed(config, upstream);
    if (found === undefined) return `there is no upstream ${upstream}`;
    if (found.static !== null) return `upstream ${upstream} is static and has no targets`;
    if (value !== 'remove') return null;
    return found.targets.some((one) => one.address === address)
      ? null
      : `upstream ${upstream} has no target ${address}`;
  },
  said(config, { subject }) {
    const { upstream, target: address } = splitSubject(config, subject);
    const found = upstreamNamed(config, upstream)?.targets.find((one) => one.address === address);
    return found === undefined ? null : `weight ${found.weight}`;
  },
  words: ({ value }) => (value === 'remove' ? 'removed' : `added, weight ${value}`),
  lay(config, { subject, value }) {
    const { upstream, target: address } = splitSubject(config, subject);
    return mapUpstream(config, upstream, (found) => {
      const others = found.targets.filter((one) => one.address !== address);
      if (value === 'remove') return { ...found, targets: others };
      // The file has it already, and knows what it weighs.
      if (others.length < found.targets.length) return found;
      const socket = targetAddress.read(address, '');
      return socket instanceof Wrong ? found : { ...found, targets: [...others, { address, socket, weight: value }] };
    });
  },
  loosens: () => false,
};

const rules: { readonly [K in OverrideSetting['kind']]: Rules<SettingOf<K>> } = {
  limits,
  'rate-limit': rateLimit,
  weight,
  timeout,
  health,
  fallback,
  maintenance,
  target,
};

/** The rules of its kind. */
export function rulesOf<K extends OverrideSetting['kind']>(kind: K): Rules<OverrideSetting> {
  return rules[kind] as Rules<OverrideSetting>;
}

function isName(socket: UpstreamConfig['targets'][number]['socket']): boolean {
  return socket.kind === 'tcp' && !/^[\d.]+$/.test(socket.host) && !socket.host.includes(':');
}

function routeNamed(config: Config, id: string): RouteConfig | undefined {
  return config.routes.find((route) => route.id === id);
}

function upstreamNamed(config: Config, name: string): UpstreamConfig | undefined {
  return config.upstreams.find((upstream) => upstream.name === name);
}

function missingRoute(config: Config, id: string): string | null {
  return id === everyRoute || routeNamed(config, id) !== undefined ? null : `there is no route ${id}`;
}

function missingUpstream(config: Config, name: string): string | null {
  return upstreamNamed(config, name) === undefined ? `there is no upstream ${name}` : null;
}

function mapRoutes(config: Config, id: string, change: (route: RouteConfig) => RouteConfig): Config {
  return {
    ...config,
    routes: config.routes.map((route) => (id === everyRoute || route.id === id ? change(route) : route)),
  };
}

function mapUpstream(config: Config, name: string, change: (upstream: UpstreamConfig) => UpstreamConfig): Config {
  return {
    ...config,
    upstreams: config.upstreams.map((upstream) => (upstream.name === name ? change(upstream) : upstream)),
  };
}
