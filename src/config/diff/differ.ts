/**
 * What differs between two configurations, object by object, in the words of the file. Walks both settled trees by the schema
 * (so that no key can be forgotten) and knows no key by name but those whose order counts. Every `config` command uses it.
 */
import type { Keys, Key, CollectionKey, NamedKey, PairsKey, VariantKey, Variants } from '../schema/keys.ts';
import { root } from '../schema/root.ts';
import type { LoadedConfig } from '../load.ts';
import type { NamedSetting, PairSetting, Setting, SettledEntry, SettledVariant } from '../tree.ts';
import { type ChangedObject, changeWords, type ConfigChange } from './config-change.ts';
import { entryName, pairEntries } from './entries.ts';
import { turnedRoutes } from './route-order.ts';
import { isHidden, keyWords, listWords, membersWords, plainText, settingsIn, valueWords } from './setting-words.ts';
import { summaryOf } from './summary.ts';

/** What of a configuration is compared. */
export type Comparable = Pick<LoadedConfig, 'settled' | 'config'>;

/** In the order of the schema; within a collection in the order of `after`, what went last. Empty = the same in effect. */
export function diffConfigs(before: Comparable, after: Comparable): readonly ConfigChange[] {
  const [old, now] = [before.settled, after.settled] as unknown as [Branch, Branch];
  const limits = [old['limits'], now['limits']] as unknown as readonly [Branch, Branch];
  const found = Object.entries(root as Keys).flatMap(([name, key]) => {
    const [from, to] = [old[name], now[name]];
    const at: Place = { object: { kind: name, name: null, of: null }, path: [], limits };
    if (key.kind === 'block' || key.kind === 'collection') return diffKey(name, key, from, to, at);
    return diffKey(name, key, from, to, at).map(asTopLevel);
  });
  return [...found, ...orderChanges(before, after)];
}

type Branch = Readonly<Record<string, unknown>>;

interface Place {
  readonly object: ChangedObject;
  /** Keys on the way from the object. */
  readonly path: readonly string[];
  /** `limits` of both sides: what they bound is reported there. */
  readonly limits: readonly [Branch, Branch];
}

/** `state-dir` stands for itself: it is object and key in one. */
function asTopLevel(change: ConfigChange): ConfigChange {
  const { kind, object, from, to } = change;
  return { ...change, words: changeWords(kind, object, from === null || to === null ? 'changed' : `${from}→${to}`) };
}

function diffKeys(keys: Keys, before: Branch, after: Branch, at: Place): ConfigChange[] {
  return Object.entries(keys).flatMap(([name, key]) => diffKey(name, key, before[name], after[name], at));
}

function diffKey(name: string, key: Key, before: unknown, after: unknown, at: Place): ConfigChange[] {
  const path = at.object.kind === name && at.object.name === null && at.path.length === 0 ? [] : [...at.path, name];
  switch (key.kind) {
    case 'scalar': {
      const [from, to] = [before, after] as [Setting<unknown>, Setting<unknown>];
      const { boundBy } = key;
      if (boundBy !== undefined && from === at.limits[0][boundBy] && to === at.limits[1][boundBy]) return [];
      if (same(from.value, to.value)) return [];
      return [scalarChange(at, path, name, from, to, key.type.secret === true)];
    }
    case 'list':
      return diffList(at, path, key.ordered === true, before as Settings, after as Settings, key.type.secret === true);
    case 'named':
      return diffNamed(at, path, key, before as readonly NamedSetting[], after as readonly NamedSetting[]);
    case 'pairs':
      return diffPairs(at, path, key, before as readonly PairSetting[], after as readonly PairSetting[]);
    case 'variant':
      return diffVariant(at, path, key, before as VariantValue, after as VariantValue);
    case 'block':
      return diffBlock(at, path, key.keys, before as Branch | null, after as Branch | null);
    case 'collection':
      return diffCollection(at, key, before as Entries, after as Entries);
  }
}

type Settings = readonly Setting<unknown>[];
type Entries = readonly SettledEntry<Keys>[];
type VariantValue = SettledVariant<Variants> | null;

function scalarChange(
  at: Place,
  path: readonly string[],
  name: string,
  before: Setting<unknown>,
  after: Setting<unknown>,
  secret: boolean,
): ConfigChange {
  if (isHidden(before, secret) || isHidden(after, secret)) return hiddenChange(at, path);
  const [from, to] = [valueWords(name, before), valueWords(name, after)];
  // Two values that are hidden by their looks may read alike.
  return from === to ? hiddenChange(at, path) : change(at, path, from, to, `${from}→${to}`);
}

/** @param detail What follows the key. */
function change(
  { object }: Place,
  path: readonly string[],
  from: string | null,
  to: string | null,
  detail: string,
): ConfigChange {
  const key = path.length === 0 ? null : path.join('.');
  const words = changeWords('changed', object, [keyWords(path), detail].filter((one) => one !== '').join(' '));
  return { kind: 'changed', object, key, from, to, words };
}

function hiddenChange(at: Place, path: readonly string[]): ConfigChange {
  return change(at, path, null, null, 'changed');
}

function diffList(
  at: Place,
  path: readonly string[],
  ordered: boolean,
  before: Settings,
  after: Settings,
  secret: boolean,
): ConfigChange[] {
  const [old, now] = [before, after].map((side) => side.map(({ value }) => JSON.stringify(value))) as [
    string[],
    string[],
  ];
  const went = before.filter((_, index) => !now.includes(old[index] as string));
  const came = after.filter((_, index) => !old.includes(now[index] as string));
  const turned = ordered && old.join('\n') !== now.join('\n');
  if (went.length === 0 && came.length === 0 && !turned) return [];
  if ([...went, ...came].some((one) => isHidden(one, secret))) return [hiddenChange(at, path)];
  const texts = (side: Settings): string[] => side.map(({ text }) => text ?? '');
  const words = (side: Settings): string | null => {
    const listed = listWords(texts(side));
    const standard = side.length > 0 && side.every(({ span }) => span === null);
    return listed !== null && standard ? `${listed} (default)` : listed;
  };
  const detail = went.length + came.length === 0 ? 'in another order' : membersWords(texts(came), texts(went));
  return [change(at, path, words(before), words(after), detail)];
}

function diffNamed(
  at: Place,
  path: readonly string[],
  { nameType, valueType }: NamedKey,
  before: readonly NamedSetting[],
  after: readonly NamedSetting[],
): ConfigChange[] {
  const secret = nameType.secret === true || valueType.secret === true;
  const side = (entries: readonly NamedSetting[]): ReadonlyMap<string, NamedSetting[]> =>
    Map.groupBy(entries, ({ name }) => name.value.toLowerCase());
  const [old, now] = [side(before), side(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [from, to] = [old.get(name), now.get(name)];
    const values = (entries: readonly NamedSetting[] = []): string =>
      entries
        .flatMap((one) => (one.values.length === 0 ? ['*'] : one.values.map(({ value }) => `=${value}`)))
        .sort()
        .join('\n');
    if (from !== undefined && to !== undefined && values(from) === values(to)) return [];
    const here = [...path, (to ?? from)?.[0]?.name.value ?? name];
    if (settingsIn([from, to]).some((one) => isHidden(one, secret))) return [hiddenChange(at, here)];
    const words = (entries: readonly NamedSetting[] | undefined): string => {
      if (entries === undefined) return 'not asked for';
      const texts = entries.flatMap((one) => one.values.map(({ text }) => text ?? ''));
      return listWords(texts) ?? 'any value';
    };
    return [change(at, here, words(from), words(to), `${words(from)}→${words(to)}`)];
  });
}

function diffPairs(
  at: Place,
  path: readonly string[],
  { valueType }: PairsKey,
  before: readonly PairSetting[],
  after: readonly PairSetting[],
): ConfigChange[] {
  const [old, now] = [pairEntries(before), pairEntries(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [from, to] = [old.get(name), now.get(name)];
    const values = (side: readonly PairSetting[] = []): string => side.map(({ value }) => value.value).join('\n');
    if (from !== undefined && to !== undefined && values(from) === values(to)) return [];
    const here = [...path, (to ?? from)?.[0]?.name.value ?? name];
    if (settingsIn([from, to]).some((one) => isHidden(one, valueType.secret === true))) return [hiddenChange(at, here)];
    const words = (side: readonly PairSetting[] | undefined): string =>
      side === undefined ? 'not set' : (listWords(side.map(({ value }) => value.text ?? '')) ?? 'not set');
    return [change(at, here, words(from), words(to), `${words(from)}→${words(to)}`)];
  });
}

function diffVariant(
  at: Place,
  path: readonly string[],
  key: VariantKey<Variants>,
  before: VariantValue,
  after: VariantValue,
): ConfigChange[] {
  if (before === null && after === null) return [];
  if (before !== null && after !== null && before.kind === after.kind)
    return diffKeys(key.variants[after.kind] ?? {}, before.keys, after.keys, { ...at, path });
  const words = (side: VariantValue): string => {
    if (side === null) return 'not set';
    const more = summaryOf(key.variants[side.kind] ?? {}, side.keys);
    const said = plainText(side.word.text ?? side.kind);
    return `${said}${side.word.span === null ? ' (default)' : ''}${more === '' ? '' : ` (${more})`}`;
  };
  return [change(at, path, words(before), words(after), `${words(before)}→${words(after)}`)];
}

/** A block that does something by being there comes and goes as a whole. */
function diffBlock(
  at: Place,
  path: readonly string[],
  keys: Keys,
  before: Branch | null,
  after: Branch | null,
): ConfigChange[] {
  if (before !== null && after !== null) return diffKeys(keys, before, after, { ...at, path });
  const there = after ?? before;
  if (there === null) return [];
  const kind = before === null ? 'added' : 'removed';
  const summary = summaryOf(keys, there);
  const part: ChangedObject =
    path.length === 0
      ? at.object
      : { kind: keyWords(path), name: null, of: { ...at.object, name: wholeName(at.object) } };
  const words = changeWords(kind, part, summary === '' ? '' : `(${summary})`);
  const said = summary === '' ? 'set' : summary;
  const [from, to] = kind === 'added' ? [null, said] : [said, null];
  return [{ kind, object: at.object, key: path.length === 0 ? null : path.join('.'), from, to, words }];
}

/** `route api`: a part of something is told with what it is a part of. */
function wholeName({ kind, name }: ChangedObject): string {
  return name === null ? kind : `${kind} ${name}`;
}

function diffCollection(at: Place, key: CollectionKey<Keys>, before: Entries, after: Entries): ConfigChange[] {
  const of = at.object.name === null ? null : { kind: at.object.kind, name: at.object.name };
  const objectOf = (entry: SettledEntry<Keys>): ChangedObject => ({
    kind: key.item,
    name: entryName(key, entry).shown,
    of,
  });
  const { pairs, came, went } = paired(key, before, after);
  const whole = (kind: 'added' | 'removed', entry: SettledEntry<Keys>): ConfigChange => {
    const object = objectOf(entry);
    const summary = summaryOf(key.keys, entry.keys, object.name);
    const words = changeWords(kind, object, summary === '' ? '' : `(${summary})`);
    const said = summary === '' ? null : summary;
    return { kind, object, key: null, from: kind === 'added' ? null : said, to: kind === 'added' ? said : null, words };
  };
  return [
    ...pairs.flatMap(([from, to]) => diffKeys(key.keys, from.keys, to.keys, { ...at, object: objectOf(to), path: [] })),
    ...came.map((entry) => whole('added', entry)),
    ...went.map((entry) => whole('removed', entry)),
  ];
}

interface Paired {
  readonly pairs: readonly (readonly [SettledEntry<Keys>, SettledEntry<Keys>])[];
  readonly came: Entries;
  readonly went: Entries;
}

/** By identity; what has none of its own, and is left over on both sides, in turn. */
function paired(key: CollectionKey<Keys>, before: Entries, after: Entries): Paired {
  const waiting = Map.groupBy(before, (entry) => entryName(key, entry).identity);
  const pairs: (readonly [SettledEntry<Keys>, SettledEntry<Keys>])[] = [];
  const came: SettledEntry<Keys>[] = [];
  for (const entry of after) {
    const partner = waiting.get(entryName(key, entry).identity)?.shift();
    if (partner === undefined) came.push(entry);
    else pairs.push([partner, entry]);
  }
  const went = [...waiting.values()].flat();
  if (key.argument.kind !== 'none') return { pairs, came, went };
  const turns = Math.min(came.length, went.length);
  const matched = came.slice(0, turns).map((entry, index) => [went[index] as SettledEntry<Keys>, entry] as const);
  return { pairs: [...pairs, ...matched], came: came.slice(turns), went: went.slice(turns) };
}

/** Only where two routes take the same requests does it matter which stands first. */
function orderChanges(before: Comparable, after: Comparable): ConfigChange[] {
  const turned = Map.groupBy(turnedRoutes(before.config.routes, after.config.routes), ([first]) => first);
  return [...turned].map(([name, pairs]) => {
    const object: ChangedObject = { kind: 'route', name, of: null };
    const others = pairs.map(([, then]) => then).join(', ');
    const [from, to] = [`after ${others}`, `before ${others}`];
    return {
      kind: 'changed',
      object,
      key: 'order',
      from,
      to,
      words: changeWords('changed', object, `order ${from}→${to}`),
    };
  });
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
