/**
 * Entries of an earlier process, as its file has them: held against the same types as what an operator types, since people edit
 * files, and what stands in them is in force before anybody can be asked. Called by `overrides.ts`. Pure.
 */
import { isInstant } from '../../../base/units.ts';
import { targetAddress } from '../../../config/schema/network-types.ts';
import { type ValueType, Wrong } from '../../../config/schema/value-type.ts';
import { layerKinds, type MaintenanceValue, type OverrideEntry, type OverrideSetting } from './entry.ts';
import { maintenanceOf, rateLimitOf } from './orders.ts';
import { healthKeys, limitKeys, timeoutKeys, weightType } from './values.ts';

type Raw = Readonly<Record<string, unknown>>;

/** @throws when it is no list of entries that a daemon would have written */
export function parseEntries(value: unknown): readonly OverrideEntry[] {
  if (!Array.isArray(value)) throw new Error('not a list');
  return value.map((one: unknown) => parseEntry(one as Raw));
}

function parseEntry(raw: Raw): OverrideEntry {
  const { actor, reason = null, setAt, expiresAt } = raw;
  const whole =
    typeof actor === 'string' &&
    (reason === null || typeof reason === 'string') &&
    isInstant(setAt) &&
    (expiresAt === null || isInstant(expiresAt));
  if (!whole) throw new Error('not an override');
  return { ...parseSetting(raw), actor, reason, setAt, expiresAt };
}

function parseSetting({ kind: named, subject, key, value }: Raw): OverrideSetting {
  const kind = layerKinds.find((one) => one === named);
  if (kind === undefined || typeof subject !== 'string' || subject === '') throw new Error('not an override');
  switch (kind) {
    case 'limits':
      return { kind, subject, key: nothing(key), value: read(typeOf(limitKeys, subject), value) };
    case 'timeout':
      return { kind, subject, key: String(key), value: read(typeOf(timeoutKeys, key), value) };
    case 'health':
      return { kind, subject, key: String(key), value: read(typeOf(healthKeys, key), value) };
    case 'weight':
      return { kind, subject, key: nothing(key), value: read(weightType, value) };
    case 'rate-limit':
      return { kind, subject, key: nothing(key), value: rateLimitOf(block(value)) };
    case 'fallback':
      if (typeof value !== 'string' || value === '') throw new Error('not an upstream');
      return { kind, subject, key: nothing(key), value };
    case 'maintenance':
      return { kind, subject, key: nothing(key), value: pageOf(block(value)) };
    case 'target':
      if (!hasTarget(subject)) throw new Error('not a target');
      return { kind, subject, key: nothing(key), value: value === 'remove' ? value : read(weightType, value) };
  }
}

function pageOf({ page, contentType, retryAfter, allow }: Raw): MaintenanceValue {
  if (contentType === undefined || allow === undefined) throw new Error('not a page');
  return maintenanceOf({
    'content-type': contentType,
    allow,
    ...(page === null ? {} : { page }),
    ...(retryAfter === null ? {} : { 'retry-after-secs': retryAfter }),
  });
}

function typeOf(keys: Readonly<Record<string, { readonly type: ValueType<number> }>>, key: unknown): ValueType<number> {
  const found = typeof key === 'string' && Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (found === undefined) throw new Error('not a key');
  return found.type;
}

function read<T>(type: ValueType<T>, value: unknown): T {
  const found = type.read(value as string | number, '');
  if (found instanceof Wrong) throw new Error(`expected ${type.expected}`);
  return found;
}

function block(value: unknown): Raw {
  if (typeof value === 'object' && value !== null) return value as Raw;
  throw new Error('not a block');
}

/** Which upstreams there are nobody knows yet, and their names may have slashes. */
function hasTarget(subject: string): boolean {
  const ends = [...subject.matchAll(/\//g)].map(({ index }) => index);
  return ends.some((end) => end > 0 && !(targetAddress.read(subject.slice(end + 1), '') instanceof Wrong));
}

function nothing(key: unknown): null {
  if (key === null) return key;
  throw new Error('a key where there is none');
}
