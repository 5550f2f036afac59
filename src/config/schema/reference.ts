/** The schema as a list of documented keys: what `config-docs.ts` and `config-man.ts` lay out, each in its own markup. Pure. */
import type { BlockKey, CollectionKey, Key, Keys, VariantKey, Variants } from './keys.ts';
import { root } from './root.ts';

/** A block or a kind of entry, with the keys that stand in it. */
export interface ReferenceSection {
  /** `routes › route › matches`. */
  readonly path: readonly string[];
  readonly meaning: string;
  readonly interplay: string | null;
  /** Said of the block as a whole: other spellings, both forms, where defaults come from. */
  readonly notes: readonly string[];
  readonly keys: readonly ReferenceKey[];
}

export interface ReferenceKey {
  readonly name: string;
  readonly aliases: readonly string[];
  /** `seconds, from 0 to …`. */
  readonly value: string;
  readonly unit: string | null;
  /** Null for keys that have none: lists, and keys that must be written. */
  readonly default: string | null;
  readonly required: boolean;
  readonly repeatable: boolean;
  readonly meaning: string;
  readonly interplay: string | null;
  readonly example: string | null;
}

/** Rules of the language as a whole, one paragraph each. */
export const languageRules: readonly string[] = [
  'The file is a KDL document, version 2: `key value`, or `key { … }` for a block. A document of version 1 is read too, with a warning. Nothing that is not described here is accepted: a key that is not known, a value of the wrong type or out of its range is an error, with its place and where possible a suggestion.',
  'Durations are in the unit that the key names and may have up to three decimals. Sizes are whole numbers of bytes, or texts with a unit: `"10MB"` is 10,000,000 bytes and `"512KiB"` is 524,288.',
  'Routes, upstreams, listeners and targets may be wrapped, as in `routes { route "a" { … } }`, or bare, as in `route "a" { … }`. Wrapped ones given several times are merged. A name given twice is an error.',
  '`include "conf.d/*.kdl"` at the top level puts the nodes of other files in its place, sorted by name. The pattern begins at the folder of the including file. A circle is an error; so is a pattern that no file matches, unless `optional=#true` follows it.',
  'A text may refer to `${NAME}`, a variable of the environment, or to `${file:/path}`, the content of a file without its last line end. What cannot be resolved is an error. The value is never printed. A literal `${` is written `$${`.',
  'Top-level `timeouts`, `connection-pool`, `health-check`, `policies` and `rate-limit` fill what an upstream or a route leaves unsaid, key by key. The last three are in force even where an upstream or a route has no such block at all. A key that is overridden everywhere is reported as having no effect.',
  'Where two keys say the same thing, the stricter value is in force. 0 switches a limit off and is never the stricter one. A value that is written wins over a default.',
  'A relative path of a file begins at the folder of the file that it is written in.',
];

/** Every block, in the order of the schema. The first section is the top level. */
export function referenceSections(): ReferenceSection[] {
  const top: ReferenceSection = {
    path: [],
    meaning: 'The top level of the file.',
    interplay: null,
    notes: [],
    keys: keysOf(root),
  };
  return [top, ...sectionsOf(root, [])];
}

function sectionsOf(keys: Keys, path: readonly string[]): ReferenceSection[] {
  return Object.entries(keys).flatMap(([name, key]) => {
    if (key.kind === 'variant') return variantSections(name, key, path);
    if (key.kind !== 'block' && key.kind !== 'collection') return [];
    const here = [...path, ...(key.kind === 'collection' && key.wrapped ? [name, key.item] : [name])];
    // Said once, where entries have it; the top-level block of defaults refers there.
    if (key.kind === 'block' && key.defaultsFor !== undefined) return [sectionOf(here, key, [])];
    return [sectionOf(here, key, keysOf(key.keys)), ...sectionsOf(key.keys, here)];
  });
}

/** A section for each variant that has keys of its own. */
function variantSections(name: string, key: VariantKey<Variants>, path: readonly string[]): ReferenceSection[] {
  return Object.entries(key.variants).flatMap(([word, keys]) => {
    const here = [...path, `${name} "${word}"`];
    const section = { path: here, meaning: `What \`${name} "${word}"\` takes.`, interplay: null, notes: [] };
    return Object.keys(keys).length === 0 ? [] : [{ ...section, keys: keysOf(keys) }, ...sectionsOf(keys, here)];
  });
}

function sectionOf(
  path: readonly string[],
  key: BlockKey<Keys> | CollectionKey<Keys>,
  keys: readonly ReferenceKey[],
): ReferenceSection {
  return { path, meaning: key.meaning, interplay: key.interplay ?? null, notes: notesOf(key), keys };
}

function notesOf(key: BlockKey<Keys> | CollectionKey<Keys>): string[] {
  const notes = (key.aliases ?? []).map((alias) => `Also written \`${alias}\`.`);
  if (key.kind === 'collection') return notes;
  if (key.inherits !== undefined) notes.push(`What is unsaid here comes from the top-level \`${key.inherits}\`.`);
  if (key.defaultsFor === 'upstreams') notes.push('The same keys as in an upstream.');
  if (key.defaultsFor === 'routes') notes.push('The same keys as in a route.');
  return notes;
}

function keysOf(keys: Keys): ReferenceKey[] {
  return Object.entries(keys).flatMap(([name, key]) =>
    key.kind === 'block' || key.kind === 'collection' ? [] : [referenceKey(name, key)],
  );
}

function referenceKey(name: string, key: Exclude<Key, BlockKey<Keys> | CollectionKey<Keys>>): ReferenceKey {
  return {
    name,
    aliases: key.aliases ?? [],
    value: valueWords(key),
    unit: key.kind === 'scalar' ? (key.type.unit ?? null) : null,
    default: defaultWords(key),
    required: key.kind === 'scalar' && key.presence === 'required',
    repeatable: key.kind === 'list' || key.kind === 'named',
    meaning: key.meaning,
    interplay: key.interplay ?? null,
    example: key.example ?? null,
  };
}

function valueWords(key: Exclude<Key, BlockKey<Keys> | CollectionKey<Keys>>): string {
  switch (key.kind) {
    case 'scalar':
      return key.type.expected;
    case 'variant':
      return variantWords(key);
    case 'list':
      return `one or more: ${key.type.expected}`;
    case 'named':
      return `a name, then any number of values: ${key.valueType.expected}`;
    case 'pairs':
      return `a block of \`name value\`: ${key.nameType.expected}, then ${key.valueType.expected}`;
  }
}

function variantWords(key: VariantKey<Variants>): string {
  const taking = Object.entries(key.variants).flatMap(([word, keys]) =>
    Object.keys(keys).length > 0 ? [`"${word}"`] : [],
  );
  return taking.length === 0 ? key.type.expected : `${key.type.expected}; a block may follow ${taking.join(', ')}`;
}

function defaultWords(key: Exclude<Key, BlockKey<Keys> | CollectionKey<Keys>>): string | null {
  if (key.kind === 'list')
    return key.default.length === 0
      ? (key.defaultNote ?? null)
      : key.default.map((one) => `\`${key.type.write(one)}\``).join(' ');
  if (key.kind === 'variant') return key.default === null ? 'none' : `\`"${key.default}"\``;
  if (key.kind !== 'scalar' || key.presence === 'required') return null;
  if (key.defaultNote !== undefined) return key.defaultNote;
  return key.presence === 'optional' ? 'none' : `\`${key.type.write(key.default)}\``;
}
