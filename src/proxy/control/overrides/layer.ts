/** Entries laid over a configuration, and the weights among them. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../../config/model.ts';
import { everyRoute, layerKinds, type OverrideEntry, type OverrideSetting } from './entry.ts';
import { rulesOf } from './rules.ts';

/** The same configuration with some values replaced; entries whose subject is not there do nothing. */
export function layOver(config: Config, entries: readonly OverrideEntry[]): Config {
  return inOrder(entries).reduce((laid, entry) => layOne(laid, entry), config);
}

function layOne(config: Config, setting: OverrideSetting): Config {
  const { missing, lay } = rulesOf(setting.kind);
  return missing(config, setting) === null ? lay(config, setting) : config;
}

/** Targets first, as weights may be theirs; what is for every route before what is for one; how long a check may take after how often it is made. */
function inOrder(entries: readonly OverrideEntry[]): readonly OverrideEntry[] {
  const rank = ({ kind, subject, key }: OverrideEntry) =>
    layerKinds.indexOf(kind) * 4 + (subject === everyRoute ? 0 : 2) + (key === 'timeout-secs' ? 1 : 0);
  return entries.toSorted((a, b) => rank(a) - rank(b));
}

/** The weights among them, by `upstream/target`: one of a name is meant by its address, or by the name. */
export function weightsIn(entries: readonly OverrideEntry[]): ReadonlyMap<string, number> {
  return new Map(entries.flatMap((entry) => (entry.kind === 'weight' ? [[entry.subject, entry.value]] : [])));
}

/**
 * Whether the configuration says by itself what the entry says: it changes nothing any more.
 * @param among All that lie over it: what is said of one route is an exception from what is said of all.
 */
export function saysTheSame(config: Config, setting: OverrideSetting, among: readonly OverrideEntry[]): boolean {
  const { missing, said, words } = rulesOf(setting.kind);
  if (setting.kind === 'target' && setting.value === 'remove') {
    return missing(config, { ...setting, value: 1 }) === null && said(config, setting) === null;
  }
  if (missing(config, setting) !== null) return false;
  switch (setting.kind) {
    case 'maintenance':
      return false;
    case 'target':
      return said(config, setting) !== null;
    case 'rate-limit':
      if (among.some(({ kind, subject }) => kind === 'rate-limit' && subject === everyRoute)) return false;
      return isDeepStrictEqual(layOne(config, setting), config);
    case 'weight':
      // Of one address the name that it is behind may say something else.
      return said(config, setting) === words(setting);
    default:
      return isDeepStrictEqual(layOne(config, setting), config);
  }
}
