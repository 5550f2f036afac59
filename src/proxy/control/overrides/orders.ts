/**
 * Reads what an operator wants to set: checks keys, values and subjects against the configuration and makes entries of it. What
 * is wrong is said with what was expected and what there is. Pure.
 */
import type { OverrideKind, OverrideRequest } from '../../../admin/contract/override-shapes.ts';
import { SentinelError } from '../../../base/errors.ts';
import { nearestWord } from '../../../base/near-miss.ts';
import type { Config } from '../../../config/model.ts';
import { addressText, targetAddress } from '../../../config/schema/network-types.ts';
import { rateLimitKey, rate } from '../../../config/schema/request-keys.ts';
import { choice, type ValueType, whole, Wrong } from '../../../config/schema/value-type.ts';
import { networkText, parseNetwork } from '../../shared/network.ts';
import {
  everyRoute,
  type MaintenanceValue,
  type OverrideEntry,
  type OverrideSetting,
  type RateLimitValue,
} from './entry.ts';
import { layOver, saysTheSame } from './layer.ts';
import { rulesOf, splitSubject } from './rules.ts';
import { healthKeys, limitKeys, retryAfterType, timeoutKeys, weightType } from './values.ts';

/** Half an hour: long enough to look, short enough to be forgotten. */
const usualTimeMs = 30 * 60_000;
/** A page is sent to every worker, and lives in the state folder. */
const MAX_PAGE_BYTES = 64 << 10;
const MAX_ALLOWED = 100;

export interface OrderContext {
  /** What the file says, with the targets that were added and without those that were removed. */
  readonly config: Config;
  /** What lies over it already. */
  readonly among: readonly OverrideEntry[];
  readonly nowMs: number;
  readonly actor: string;
  readonly reason: string | null;
}

type Values = OverrideRequest['values'];

/**
 * The entries of a request.
 * @throws SNT-A008 key or value is wrong · A034 the subject is not there · A035 the file says the same
 */
export function entriesOf(
  kind: OverrideKind,
  request: OverrideRequest,
  context: OrderContext,
): readonly OverrideEntry[] {
  const { nowMs, actor, reason, config, among } = context;
  const settings = settingsOf(kind, request, config);
  const times = { setAt: nowMs, expiresAt: endOf(kind, request.expires_in_ms, nowMs) };
  for (const setting of settings) {
    const missing = rulesOf(setting.kind).missing(config, setting);
    if (missing !== null) throw new SentinelError('SNT-A034', `${missing}; nothing was set`, { hint: namesHint(kind) });
    if (!saysTheSame(config, setting, among)) continue;
    const words = [setting.kind, setting.subject, ...(setting.key === null ? [] : [setting.key])].join(' ');
    throw new SentinelError('SNT-A035', `${words} is ${rulesOf(setting.kind).words(setting)} in the file already`, {
      hint: `sentinel override clear ${setting.kind} ${setting.subject}`,
    });
  }
  const entries = settings.map((setting) => ({ ...setting, actor, reason, ...times }));
  for (const entry of entries) mindInterval(entry, layOver(config, [...among, ...entries]));
  return entries;
}

/** @throws SNT-A008 where an answer would be waited for longer than until the next question: as in the file */
function mindInterval({ kind, subject, key, value }: OverrideEntry, laid: Config): void {
  if (kind !== 'health' || key !== 'timeout-secs') return;
  const check = laid.upstreams.find(({ name }) => name === subject)?.healthCheck;
  if (check === undefined || check === null || check.timeoutMs === Math.round(Number(value) * 1000)) return;
  throw wrong(
    `timeout-secs is ${value}, and ${subject} is checked every ${check.intervalMs / 1000} s: raise interval-secs with it`,
  );
}

function settingsOf(kind: OverrideKind, request: OverrideRequest, config: Config): readonly OverrideSetting[] {
  const { values } = request;
  switch (kind) {
    case 'limits':
      if (request.subject !== undefined) throw wrong('limits have no subject: they are those of the whole daemon');
      return numbers(values, limitKeys, 'limit').map(([key, value]) => ({ kind, subject: key, key: null, value }));
    case 'timeout':
      return numbers(values, timeoutKeys, 'timeout').map(([key, value]) => ({
        kind,
        subject: subjectOf(request, key === 'timeout-secs' ? 'a route' : 'an upstream'),
        key,
        value,
      }));
    case 'health':
      return numbers(values, healthKeys, 'health setting').map(([key, value]) => ({
        kind,
        subject: subjectOf(request, 'an upstream'),
        key,
        value,
      }));
    case 'weight': {
      const subject = targetOf(subjectOf(request, 'a target, as UPSTREAM/ADDRESS'), config);
      only(values, ['weight']);
      return [{ kind, subject, key: null, value: read('weight', weightType, values['weight']) }];
    }
    case 'rate-limit':
      return [{ kind, subject: subjectOf(request, 'a route, or * for all'), key: null, value: rateLimitOf(values) }];
    case 'fallback': {
      const subject = subjectOf(request, 'a route');
      only(values, ['upstream']);
      return [{ kind, subject, key: null, value: fallbackOf(values['upstream'], subject, config) }];
    }
    case 'maintenance':
      return [{ kind, subject: subjectOf(request, 'a route, or * for all'), key: null, value: maintenanceOf(values) }];
    case 'target':
      throw wrong('targets are added and removed at /admin/upstreams/{name}/targets');
  }
}

/** As the configuration has it: an address may be written in many ways. */
function targetOf(given: string, config: Config): string {
  const { upstream, target } = splitSubject(config, given);
  const socket = targetAddress.read(target, '');
  if (upstream === '' || socket instanceof Wrong)
    throw wrong(`${quoted(given)} is no target, expected UPSTREAM/ADDRESS`);
  return `${upstream}/${addressText(socket)}`;
}

function fallbackOf(named: unknown, route: string, config: Config): string {
  if (named !== undefined) {
    if (typeof named === 'string' && named !== '') return named;
    throw wrong('upstream must be the name of an upstream');
  }
  const found = config.routes.find(({ id }) => id === route);
  if (found === undefined)
    throw new SentinelError('SNT-A034', `there is no route ${route}`, { hint: 'sentinel routes' });
  if (found.fallbackUpstream !== null) return found.fallbackUpstream;
  throw new SentinelError('SNT-A034', `route ${route} has no fallback-upstream; nothing was set`, {
    hint: `sentinel override fallback ${route} UPSTREAM`,
  });
}

/** @throws SNT-A008 */
export function rateLimitOf(values: Readonly<Record<string, unknown>>): RateLimitValue {
  only(values, ['requests-per-second', 'burst', 'key', 'action']);
  const { burst, key, action } = values;
  if (key !== undefined) read('key', rateLimitKey, key);
  return {
    'requests-per-second': read('requests-per-second', rate, values['requests-per-second']),
    ...(burst === undefined ? {} : { burst: read('burst', whole({ min: 1, max: 1_000_000 }), burst) }),
    ...(typeof key === 'string' ? { key } : {}),
    ...(action === undefined ? {} : { action: read('action', choice('block', 'delay', 'log'), action) }),
  };
}

/** @throws SNT-A008 */
export function maintenanceOf(values: Readonly<Record<string, unknown>>): MaintenanceValue {
  only(values, ['page', 'content-type', 'retry-after-secs', 'allow']);
  const { page, allow = [], 'content-type': type = 'text/html; charset=utf-8', 'retry-after-secs': wait } = values;
  if (page !== undefined && typeof page !== 'string') throw wrong('page must be a text');
  if (page !== undefined && Buffer.byteLength(page) > MAX_PAGE_BYTES) {
    throw wrong(`the page has ${Buffer.byteLength(page)} bytes, and may have ${MAX_PAGE_BYTES}`);
  }
  if (typeof type !== 'string' || !/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w-]+=[\w."-]+)*$/.test(type)) {
    throw wrong(`content-type is ${quoted(type)}, expected one such as text/html; charset=utf-8`);
  }
  if (!Array.isArray(allow) || allow.length > MAX_ALLOWED)
    throw wrong(`allow must be a list of at most ${MAX_ALLOWED}`);
  return {
    page: page ?? null,
    contentType: type,
    retryAfter: wait === undefined ? null : read('retry-after-secs', retryAfterType, wait),
    allow: allow.map((text: unknown) => {
      const network = typeof text === 'string' ? parseNetwork(text) : null;
      if (network !== null) return networkText(network);
      throw wrong(`allow has ${quoted(text)}, expected an address or network such as 10.0.0.0/8`);
    }),
  };
}

function numbers<K extends string>(
  values: Values,
  keys: Readonly<Record<K, { readonly type: ValueType<number> }>>,
  what: string,
): readonly (readonly [K, number])[] {
  const given = Object.entries(values);
  if (given.length === 0) throw wrong(`no ${what} is named, expected one of ${Object.keys(keys).join(', ')}`);
  only(values, Object.keys(keys));
  return given.map(([key, value]) => [key as K, read(key, keys[key as K].type, value)]);
}

function only(values: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const key of Object.keys(values)) {
    if (known.includes(key)) continue;
    const near = nearestWord(key, known);
    throw wrong(
      `${quoted(key)} cannot be set; ${near === null ? `expected ${known.join(', ')}` : `did you mean ${near}?`}`,
    );
  }
}

function read<T>(key: string, type: ValueType<T>, value: unknown): T {
  if (value === undefined) throw wrong(`${key} is missing, expected ${type.expected}`);
  const found = Array.isArray(value) ? new Wrong('SNT-C108') : type.read(value as string | number, '');
  if (!(found instanceof Wrong)) return found;
  throw wrong(`${key} is ${quoted(value)}, expected ${type.expected}`);
}

function subjectOf({ subject }: OverrideRequest, what: string): string {
  if (subject === undefined || subject === '') throw wrong(`it is not said for what: expected ${what}`);
  if (subject === everyRoute && !what.includes('*')) throw wrong(`${everyRoute} is every route, expected ${what}`);
  return subject;
}

function endOf(kind: OverrideKind, inMs: number | null | undefined, nowMs: number): number | null {
  if (inMs === null) {
    if (kind === 'weight' || kind === 'target') return null;
    throw wrong('it must end: expires_in_ms is null, and only weights and targets may last until they are taken back');
  }
  return nowMs + (inMs ?? usualTimeMs);
}

/** Of the target of a weight that takes it out; null where nothing is taken out. */
export function takenOut(
  entries: readonly OverrideEntry[],
  config: Config,
): { readonly upstream: string; readonly target: string } | null {
  const found = entries.find((entry) => entry.kind === 'weight' && entry.value === 0);
  return found === undefined ? null : splitSubject(config, found.subject);
}

function namesHint(kind: OverrideKind): string {
  return kind === 'rate-limit' || kind === 'maintenance' || kind === 'fallback'
    ? 'sentinel routes'
    : 'sentinel upstreams';
}

function wrong(message: string): SentinelError {
  return new SentinelError('SNT-A008', message, { hint: 'sentinel override --help' });
}

function quoted(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? String(value);
}
