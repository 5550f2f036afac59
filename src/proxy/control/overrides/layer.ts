/** Entries laid over a configuration, and the weights among them. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Config, UpstreamConfig } from '../../../config/model.ts';
import type { LiveTarget } from '../compile-plan.ts';
import { everyRoute, layerKinds, type OverrideEntry, type OverrideSetting } from './entry.ts';
import { rulesOf, splitSubject } from './rules.ts';

/** The same configuration with some values replaced; entries whose subject is not there do nothing. */
export function layOver(config: Config, entries: readonly OverrideEntry[]): Config {
  return inOrder(entries).reduce((laid, entry) => layOne(laid, entry), config);
}

function layOne(config: Config, setting: OverrideSetting): Config {
  const { missing, lay } = rulesOf(setting.kind);
  return missing(config, setting) === null ? lay(config, setting) : config;
}

/** Targets first, as weights may be theirs; what is for every route before what is for one. */
function inOrder(entries: readonly OverrideEntry[]): readonly OverrideEntry[] {
  const rank = ({ kind, subject }: OverrideEntry) => layerKinds.indexOf(kind) * 2 + (subject === everyRoute ? 0 : 1);
  return entries.toSorted((a, b) => rank(a) - rank(b));
}

/** What an operator has said that a target weighs; null = nothing. One of a name may be meant by its address or by the name. */
export function weightIn(
  entries: readonly OverrideEntry[],
  { name }: Pick<UpstreamConfig, 'name'>,
  { address, written }: Pick<LiveTarget, 'address' | 'written'>,
): number | null {
  let found: number | null = null;
  for (const entry of entries) {
    if (entry.kind !== 'weight') continue;
    const { upstream, target } = splitSubject(entry.subject);
    if (upstream !== name) continue;
    if (target === address) return entry.value;
    if (target === written) found = entry.value;
  }
  return found;
}

/** Whether the configuration says by itself what the entry says: it changes nothing any more. */
export function saysTheSame(config: Config, setting: OverrideSetting): boolean {
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
    case 'weight':
      return said(config, setting) === words(setting);
    default:
      return isDeepStrictEqual(layOne(config, setting), config);
  }
}
