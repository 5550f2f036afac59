/**
 * Header operations of a route over those of the top-level `policies`: whatever the nearer layer says of a field replaces
 * everything that the farther one says of it, and nothing else. So one more `set` in a route never loses the security
 * headers that are set for all routes (as `add_header` does in nginx).
 */
import type { PairSetting, Setting } from './tree.ts';

/** What one layer says; the keys of the schema's header operations. */
export interface HeaderLayer {
  readonly rename?: readonly PairSetting[];
  readonly remove?: readonly Setting<string>[];
  readonly set?: readonly PairSetting[];
  readonly add?: readonly PairSetting[];
}

/** @param layers Nearest first. */
export function mergeHeaderLayers(layers: readonly HeaderLayer[]): Required<HeaderLayer> {
  const merged = {
    rename: [] as PairSetting[],
    remove: [] as Setting<string>[],
    set: [] as PairSetting[],
    add: [] as PairSetting[],
  };
  const spoken = new Set<string>();
  for (const { rename = [], remove = [], set = [], add = [] } of layers) {
    const isNew = (name: Setting<string>): boolean => !spoken.has(name.value.toLowerCase());
    merged.rename.push(...rename.filter(({ name }) => isNew(name)));
    merged.remove.push(...remove.filter(isNew));
    merged.set.push(...set.filter(({ name }) => isNew(name)));
    merged.add.push(...add.filter(({ name }) => isNew(name)));
    for (const name of [...remove, ...[...rename, ...set, ...add].map((pair) => pair.name)])
      spoken.add(name.value.toLowerCase());
  }
  return merged;
}
