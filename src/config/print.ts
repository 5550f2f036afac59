/**
 * The configuration in force as KDL that reads back to the same `Config`: includes in place, defaults filled in, aliases
 * resolved, secrets as the `${…}` that was written. Reads the settled tree by the schema; knows no key by name.
 */
import { kdlName } from '../kdl/text.ts';
import type { LoadedConfig } from './load.ts';
import { originOf } from './origin.ts';
import type { CollectionKey, Key, Keys, VariantKey, Variants } from './schema/keys.ts';
import { root } from './schema/root.ts';
import { place } from './tree.ts';
import type { NamedSetting, PairSetting, Setting, SettledEntry, SettledVariant } from './tree.ts';

export interface PrintOptions {
  /** Say behind each value where it comes from: `file:line`, or `default`. */
  readonly origin: boolean;
  /** Leave out what opens a door: whoever reads this is not known to be able to read the file. */
  readonly hideSecrets?: boolean;
}

/** One line, its comment apart so that comments can be aligned. */
interface Line {
  readonly text: string;
  readonly comment: string;
}

export function printConfig(loaded: LoadedConfig, { origin, hideSecrets = false }: PrintOptions): string {
  const builtIn = new Set(loaded.config.upstreams.filter((upstream) => upstream.builtin).map(({ name }) => name));
  const lines = printKeys(root, loaded.settled as unknown as Branch, { builtIn, hideSecrets });
  if (builtIn.size > 0)
    lines.push({ text: `// built in: upstream ${[...builtIn].map((name) => `"${name}"`).join(', ')}`, comment: '' });
  return (
    lines
      .map(({ text, comment }) => (origin && comment !== '' ? `${text.padEnd(48)}  // ${comment}` : text))
      .join('\n') + '\n'
  );
}

type Branch = Readonly<Record<string, unknown>>;

interface Printing {
  /** Upstreams that the file leaves to us: printing them would make them the file's. */
  readonly builtIn: ReadonlySet<string>;
  readonly hideSecrets: boolean;
}

function printKeys(keys: Keys, branch: Branch, printing: Printing): Line[] {
  return Object.entries(keys).flatMap(([name, key]) => printKey(name, key, branch[name], printing));
}

function printKey(name: string, key: Key, value: unknown, printing: Printing): Line[] {
  if (value === null || value === undefined) return [];
  switch (key.kind) {
    case 'scalar':
      return key.type.secret === true && printing.hideSecrets
        ? [{ text: `${name} "[redacted]"`, comment: originOf(value as Setting<unknown>) }]
        : printScalar(name, value as Setting<unknown>);
    case 'list':
      return printList(name, value as readonly Setting<unknown>[]);
    case 'named':
      return (value as readonly NamedSetting[]).flatMap((entry) => printList(name, [entry.name, ...entry.values]));
    case 'pairs':
      return inBlock(
        name,
        (value as readonly PairSetting[]).flatMap((pair) =>
          printPair(pair, key.valueType.secret === true && printing.hideSecrets),
        ),
      );
    case 'variant':
      return printVariant(name, key, value as SettledVariant<Variants>, printing);
    case 'block':
      return inBlock(name, printKeys(key.keys, value as Branch, printing));
    case 'collection':
      return printCollection(name, key, value as readonly SettledEntry<Keys>[], printing);
  }
}

function printScalar(name: string, setting: Setting<unknown>): Line[] {
  if (setting.text === null) return [];
  // A default of `limits` yields to whatever a listener or route says; written down, it would not.
  const yielding = setting.span === null && boundingKeys().has(name);
  return [{ text: `${yielding ? '// ' : ''}${name} ${setting.text}`, comment: originOf(setting) }];
}

function printList(name: string, items: readonly Setting<unknown>[]): Line[] {
  if (items.length === 0) return [];
  const origins = [...new Set(items.map(originOf))];
  return [{ text: `${name} ${items.map(({ text }) => text).join(' ')}`, comment: origins.join(', ') }];
}

function printPair({ name, value }: PairSetting, hidden: boolean): Line[] {
  return [{ text: `${name.text} ${hidden ? '"[redacted]"' : value.text}`, comment: originOf(value) }];
}

function printVariant(
  name: string,
  key: VariantKey<Variants>,
  { kind, word, keys }: SettledVariant<Variants>,
  printing: Printing,
): Line[] {
  const lines = printKeys(key.variants[kind] ?? {}, keys, printing);
  const title = `${name} ${word.text}`;
  if (lines.length === 0) return [{ text: title, comment: originOf(word) }];
  return [{ text: `${title} {`, comment: originOf(word) }, ...indent(lines), closing];
}

function printCollection(
  name: string,
  key: CollectionKey<Keys>,
  entries: readonly SettledEntry<Keys>[],
  printing: Printing,
): Line[] {
  const shown = entries.filter(({ id }) => id === null || name !== 'upstreams' || !printing.builtIn.has(id.value));
  const lines = shown.flatMap(({ id, keys }) => {
    const title = id === null ? key.item : `${key.item} ${id.text}`;
    return [
      { text: `${title} {`, comment: id === null ? '' : originOf(id) },
      ...indent(printEntry(key, keys, printing)),
      closing,
    ];
  });
  return key.wrapped ? inBlock(name, lines) : lines;
}

/** An entry that stands alone has no use for the keys beside: only what the file says of them is printed. */
function printEntry(key: CollectionKey<Keys>, branch: Branch, printing: Printing): Line[] {
  if (key.aloneWith === undefined || branch[key.aloneWith] === null) return printKeys(key.keys, branch, printing);
  const written = Object.entries(branch).filter(([, value]) => isWritten(value));
  return printKeys(key.keys, Object.fromEntries(written), printing);
}

function isWritten(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('word' in value) return isWritten(value.word);
  return 'span' in value ? value.span !== null : place in value ? value[place] !== null : false;
}

const closing: Line = { text: '}', comment: '' };

function inBlock(name: string, lines: readonly Line[]): Line[] {
  return lines.length === 0 ? [] : [{ text: `${kdlName(name)} {`, comment: '' }, ...indent(lines), closing];
}

function indent(lines: readonly Line[]): Line[] {
  return lines.map((line) => ({ ...line, text: `    ${line.text}` }));
}

let bounding: ReadonlySet<string> | null = null;

/** Keys of `limits` that bound a key elsewhere. */
function boundingKeys(): ReadonlySet<string> {
  bounding ??= new Set(collectBounds(root));
  return bounding;
}

function collectBounds(keys: Keys): string[] {
  return Object.values(keys).flatMap((key) => {
    if (key.kind === 'scalar') return key.boundBy === undefined ? [] : [key.boundBy];
    if (key.kind === 'variant') return Object.values(key.variants).flatMap(collectBounds);
    return key.kind === 'block' || key.kind === 'collection' ? collectBounds(key.keys) : [];
  });
}
