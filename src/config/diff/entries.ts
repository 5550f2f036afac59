/** What entries of a collection are known by, in the two configurations that are compared. For `differ.ts`. */
import type { CollectionKey, Keys } from '../schema/keys.ts';
import type { NamedSetting, PairSetting, Setting, SettledEntry } from '../tree.ts';
import { isHidden, listWords, plainText } from './setting-words.ts';

export interface EntryName {
  /** Equal where two entries are one and the same. */
  readonly identity: string;
  /** For people; null where it has none. */
  readonly shown: string | null;
}

/** The argument of the entry; of one without, what its first list or name says (the names of an `sni`, the request of an `expect`). */
export function entryName(key: CollectionKey<Keys>, { id, keys }: SettledEntry<Keys>): EntryName {
  const branch = keys as unknown as Readonly<Record<string, unknown>>;
  const own = key.argument.kind === 'key' ? (branch[key.argument.key] as Setting<unknown>) : id;
  if (own !== null) return { identity: JSON.stringify(own.value), shown: nameText(own) };
  const [telling, kind] = Object.entries(key.keys).find(([, one]) => one.kind === 'list' || one.kind === 'named') ?? [];
  const found = telling === undefined ? [] : branch[telling];
  const names =
    kind?.kind === 'named'
      ? (found as readonly NamedSetting[]).flatMap(({ name, values }) => [name, ...values])
      : (found as readonly Setting<unknown>[]);
  const values = names.map(({ value }) => JSON.stringify(value));
  if (kind?.kind === 'list') values.sort();
  return { identity: values.join(' '), shown: listWords(names.map(({ text }) => text ?? '')) };
}

/** A value from the environment goes by its reference. */
function nameText(setting: Setting<unknown>): string {
  if (isHidden(setting, false) || typeof setting.value !== 'string') return plainText(setting.text ?? '');
  return setting.value;
}

/** By name in any case; several of one name keep their order. */
export function pairEntries(pairs: readonly PairSetting[]): ReadonlyMap<string, PairSetting[]> {
  return Map.groupBy(pairs, ({ name }) => name.value.toLowerCase());
}
