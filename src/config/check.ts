/**
 * Reads nodes by the schema: what is unknown, missing, given twice or of the wrong kind is reported, the rest becomes a
 * tree. Collects everything in one pass; knows no key by name. What keys mean to each other is `cross-checks.ts`.
 */
import type { KdlEntry, KdlNode } from '../kdl/document.ts';
import { placeOf } from '../kdl/source.ts';
import type { Span } from '../kdl/source.ts';
import { onlyArgument, readValue, refuseExtras, reportMissingKey } from './check-values.ts';
import type { CheckContext } from './check-values.ts';
import { nonEmptyText } from './schema/http-types.ts';
import type {
  BlockKey,
  CollectionKey,
  Key,
  Keys,
  NamedKey,
  PairsKey,
  ScalarKey,
  VariantKey,
  Variants,
} from './schema/keys.ts';
import { root } from './schema/root.ts';
import type { Root } from './schema/root.ts';
import { reportUnknown, spellingsOf } from './spellings.ts';
import type { Owner, Spelling } from './spellings.ts';
import { stricter } from './strictest.ts';
import { place } from './tree.ts';
import type { NamedSetting, PairSetting, Setting, Written, WrittenEntry } from './tree.ts';

/** The tree while it is being read: by name of key, untyped. `checkDocument` gives it its type. */
type Draft = { [place]: Span | null } & Record<string, unknown>;

/** Reads the nodes of a whole configuration, includes already in place. */
export function checkDocument(context: CheckContext, nodes: readonly KdlNode[]): Written<Root> {
  return readBlock(context, nodes, root, { where: 'at the top level', label: '', span: null }, null) as Written<Root>;
}

function readBlock(
  context: CheckContext,
  nodes: readonly KdlNode[],
  keys: Keys,
  owner: Owner,
  span: Span | null,
): Draft {
  const draft: Draft = { [place]: span } as Draft;
  readInto(context, draft, nodes, keys, owner);
  return draft;
}

function readInto(context: CheckContext, draft: Draft, nodes: readonly KdlNode[], keys: Keys, owner: Owner): void {
  const spellings = spellingsOf(keys);
  const seen: Seen = { spellings: new Map(), keys: new Map() };
  for (const node of nodes) {
    if (context.full) return;
    const spelling = spellings.get(node.name);
    if (spelling === undefined) reportUnknown(context, node, spellings.keys(), owner);
    else readKey(context, draft, node, spelling, owner, seen);
  }
}

/** Where each name, and each key under any of its names, was first given in a block. */
interface Seen {
  readonly spellings: Map<string, Span>;
  readonly keys: Map<string, Span>;
}

function readKey(
  context: CheckContext,
  draft: Draft,
  node: KdlNode,
  { name, key, bare }: Spelling,
  owner: Owner,
  seen: Seen,
): void {
  const label = `\`${node.name}\``;
  // In `limits` two spellings of one key are two limits, of which the stricter counts.
  const strict = key.kind === 'scalar' && strictDrafts.has(draft);
  const earlier = strict ? seen.spellings.get(node.name) : seen.keys.get(name);
  if (!seen.spellings.has(node.name)) seen.spellings.set(node.name, node.nameSpan);
  if (!seen.keys.has(name)) seen.keys.set(name, node.nameSpan);
  if (earlier !== undefined && !mayRepeat(key)) {
    context.error('SNT-C111', node.nameSpan, `${label} is given twice ${owner.where}`, {
      label: 'given again here',
      secondary: [{ span: earlier, label: 'first given here' }],
    });
    return;
  }
  switch (key.kind) {
    case 'scalar':
      return readScalar(context, draft, node, name, key, label);
    case 'list':
      refuseExtras(context, node, label, { args: true });
      if (node.args.length === 0) onlyArgument(context, node, label);
      for (const entry of node.args) push(draft, name, readValue(context, entry, node.nameSpan, key.type, label));
      return;
    case 'named':
      return readNamed(context, draft, node, name, key, label);
    case 'pairs':
      return readPairs(context, draft, node, name, key, label);
    case 'variant':
      return readVariant(context, draft, node, name, key, label);
    case 'block':
      return readChildBlock(context, draft, node, name, key, label);
    case 'collection':
      return bare ? readEntry(context, draft, node, name, key) : readWrapper(context, draft, node, name, key, label);
  }
}

function mayRepeat(key: Key): boolean {
  return (
    key.kind === 'list' ||
    key.kind === 'named' ||
    key.kind === 'collection' ||
    (key.kind === 'block' && key.repeat !== undefined)
  );
}

/** Drafts of blocks whose repeated keys are merged by strictness. */
const strictDrafts = new WeakSet<Draft>();

function readScalar(
  context: CheckContext,
  draft: Draft,
  node: KdlNode,
  name: string,
  key: ScalarKey<unknown>,
  label: string,
): void {
  refuseExtras(context, node, label, { args: true });
  const entry = onlyArgument(context, node, label);
  const found = entry === null ? null : readValue(context, entry, node.nameSpan, key.type, label);
  const earlier = draft[name] as Setting<number> | undefined;
  if (earlier !== undefined && found !== null) draft[name] = stricterOf(context, earlier, found as Setting<number>);
  else draft[name] ??= found ?? undefined;
  if (found === null) refused(draft).add(name);
}

/** Keys that were written but not usable: not missing, though there is no value. */
const refusedKeys = new WeakMap<object, Set<string>>();

/** Whether a key of a block was written and reported: it is not missing. */
export function wasRefused(block: object, name: string): boolean {
  return refusedKeys.get(block)?.has(name) === true;
}

function refused(draft: Draft): Set<string> {
  const known = refusedKeys.get(draft) ?? new Set<string>();
  refusedKeys.set(draft, known);
  return known;
}

function stricterOf(context: CheckContext, earlier: Setting<number>, later: Setting<number>): Setting<number> {
  const kept = stricter(earlier, later);
  const lost = kept === earlier ? later : earlier;
  if (lost.value !== kept.value && lost.span !== null && kept.span !== null) {
    context.warning(
      'SNT-C171',
      lost.span,
      `this limit is not in force: ${kept.text} at ${placeOf(kept.span)} is stricter`,
      {
        secondary: [{ span: kept.span, label: 'in force' }],
      },
    );
  }
  return kept;
}

function readNamed(
  context: CheckContext,
  draft: Draft,
  node: KdlNode,
  name: string,
  key: NamedKey,
  label: string,
): void {
  refuseExtras(context, node, label, { args: true });
  const [first, ...rest] = node.args;
  if (first === undefined) {
    onlyArgument(context, node, label);
    return;
  }
  const named = readValue(context, first, node.nameSpan, key.nameType, `the name of ${label}`);
  const values = rest.map((entry) => readValue(context, entry, node.nameSpan, key.valueType, `the value of ${label}`));
  if (named === null || values.includes(null)) {
    refused(draft).add(name);
    return;
  }
  push(draft, name, { name: named, values: values as Setting<string>[] } satisfies NamedSetting);
}

function readPairs(
  context: CheckContext,
  draft: Draft,
  node: KdlNode,
  name: string,
  key: PairsKey,
  label: string,
): void {
  const help = key.example === undefined ? null : `write it as a block: \`${key.example}\``;
  refuseExtras(context, node, label, { children: true, help });
  draft[name] ??= [];
  const seen = new Map<string, Span>();
  for (const child of requireBlock(context, node, label)) {
    const childLabel = `\`${child.name}\``;
    refuseExtras(context, child, childLabel, { args: true });
    const nameEntry: KdlEntry = {
      name: null,
      value: child.name,
      tag: null,
      span: child.nameSpan,
      valueSpan: child.nameSpan,
    };
    const field = readValue(context, nameEntry, child.nameSpan, key.nameType, `the name in ${label}`);
    const entry = onlyArgument(context, child, childLabel);
    const value =
      entry === null ? null : readValue(context, entry, child.nameSpan, key.valueType, `the value of ${childLabel}`);
    const earlier = seen.get(child.name.toLowerCase());
    if (earlier !== undefined && name !== 'add') {
      context.error('SNT-C111', child.nameSpan, `${childLabel} is given twice in ${label}`, {
        label: 'given again here',
        secondary: [{ span: earlier, label: 'first given here' }],
      });
    }
    seen.set(child.name.toLowerCase(), child.nameSpan);
    if (field !== null && value !== null) push(draft, name, { name: field, value } satisfies PairSetting);
  }
}

function readVariant(
  context: CheckContext,
  draft: Draft,
  node: KdlNode,
  name: string,
  key: VariantKey<Variants>,
  label: string,
): void {
  const entry = onlyArgument(context, node, label, true);
  const word = entry === null ? null : readValue(context, entry, node.nameSpan, key.type, label);
  const keys = word === null ? null : (key.variants[word.value] ?? {});
  refuseExtras(context, node, label, { args: true, children: true, ...(keys === null ? {} : { keys }) });
  if (word === null || entry === null || keys === null) {
    refused(draft).add(name);
    return;
  }
  const title = `\`${node.name} ${word.text}\``;
  const span = { ...node.nameSpan, end: entry.valueSpan.end };
  const block: Draft = { [place]: span } as Draft;
  const own: KdlNode[] = [];
  for (const child of node.children ?? []) {
    const others = spellingsOf(keys).has(child.name) ? [] : variantsWith(key, child.name);
    if (others.length === 0) own.push(child);
    else reportOtherVariant(context, child, node.name, others, word);
  }
  readInto(context, block, own, keys, { where: `in ${title}`, label: 'in this block', span });
  draft[name] = { kind: word.value, word, keys: block };
}

/** Words of the variants that have a key of this name. */
function variantsWith(key: VariantKey<Variants>, name: string): string[] {
  return Object.entries(key.variants).flatMap(([word, keys]) => (spellingsOf(keys).has(name) ? [word] : []));
}

function reportOtherVariant(
  context: CheckContext,
  child: KdlNode,
  name: string,
  others: readonly string[],
  word: Setting<string>,
): void {
  const owners = others.map((other) => `\`${name} "${other}"\``).join(' or ');
  context.error('SNT-C104', child.nameSpan, `\`${child.name}\` belongs to ${owners}, not to \`${name} ${word.text}\``, {
    label: 'means nothing here',
    secondary: word.span === null ? [] : [{ span: word.span, label: 'the variant chosen here' }],
  });
}

function readChildBlock(
  context: CheckContext,
  draft: Draft,
  node: KdlNode,
  name: string,
  key: BlockKey<Keys>,
  label: string,
): void {
  refuseExtras(context, node, label, { children: true, keys: key.keys });
  const children = requireBlock(context, node, label);
  const earlier = draft[name] as Draft | undefined;
  const owner = { where: `in ${label}`, label: 'in this block', span: node.nameSpan };
  if (earlier === undefined) {
    const block: Draft = { [place]: node.nameSpan } as Draft;
    if (key.repeat === 'strictest') strictDrafts.add(block);
    draft[name] = block;
    readInto(context, block, children, key.keys, owner);
    // What may come from elsewhere is missed when everything is known, in `settle.ts`; so with variants.
    if (key.inherits === undefined && key.defaultsFor === undefined)
      reportMissing(context, block, key.keys, label, node.nameSpan);
    return;
  }
  context.warning(
    'SNT-C170',
    node.nameSpan,
    `${label} is given more than once; the strictest value of each key is in force`,
    {
      label: 'merged with the first',
      secondary: earlier[place] === null ? [] : [{ span: earlier[place], label: 'first given here' }],
    },
  );
  readInto(context, earlier, children, key.keys, owner);
}

function readWrapper(
  context: CheckContext,
  draft: Draft,
  node: KdlNode,
  name: string,
  key: CollectionKey<Keys>,
  label: string,
): void {
  refuseExtras(context, node, label, { children: true });
  draft[name] ??= [];
  for (const child of requireBlock(context, node, label)) {
    if (child.name === key.item) readEntry(context, draft, child, name, key);
    else
      reportUnknown(context, child, [key.item], { where: `in ${label}`, label: 'in this block', span: node.nameSpan });
  }
}

function readEntry(context: CheckContext, draft: Draft, node: KdlNode, name: string, key: CollectionKey<Keys>): void {
  const label = `\`${key.item}\``;
  const { kind } = key.argument;
  const args = kind !== 'none';
  refuseExtras(context, node, label, { args, children: true, properties: key.properties, keys: key.keys });
  const byKey = kind === 'key';
  const bare = !args || (byKey && node.args.length === 0);
  const entry = bare ? null : onlyArgument(context, node, label, true);
  const id = kind === 'id' && entry !== null ? readId(context, entry, node, key) : null;
  const title = id === null ? label : `${key.item} ${id.text}`;
  const span = entry === null ? node.nameSpan : { ...node.nameSpan, end: entry.valueSpan.end };
  const block: Draft = { [place]: span } as Draft;
  for (const { name: property } of node.props) if (property !== null) refused(block).add(property);
  readInto(context, block, [...inlineKeys(node, entry, key), ...(node.children ?? [])], key.keys, {
    where: `in ${title}`,
    label: `in this ${key.item}`,
    span: entry?.valueSpan ?? node.nameSpan,
  });
  reportMissing(context, block, key.keys, title, span);
  push(draft, name, { id, keys: block as Written<Keys> } satisfies WrittenEntry<Keys>);
}

function readId(
  context: CheckContext,
  entry: KdlEntry,
  node: KdlNode,
  key: CollectionKey<Keys>,
): Setting<string> | null {
  const id = readValue(context, entry, node.nameSpan, nonEmptyText, `the name of this ${key.item}`);
  if (id === null) return null;
  if (id.value.length <= 128 && !/\p{Cc}/u.test(id.value)) return id;
  context.error('SNT-C118', entry.valueSpan, `the name of this ${key.item} is too long or contains control characters`);
  return null;
}

/** `target "a:80" weight=1` read as `target { address "a:80"; weight 1 }`. */
function inlineKeys(node: KdlNode, argument: KdlEntry | null, key: CollectionKey<Keys>): KdlNode[] {
  const asNode = (name: string, entry: KdlEntry, nameSpan: Span): KdlNode => ({
    name,
    nameSpan,
    tag: null,
    args: [{ ...entry, name: null }],
    props: [],
    children: null,
    span: entry.span,
  });
  // The last property of a name counts, as KDL has it.
  const properties = new Map(node.props.map((entry) => [entry.name ?? '', entry]));
  const keys = [...properties].filter(([name]) => key.properties.includes(name));
  const nodes = keys.map(([name, entry]) =>
    asNode(name, entry, { ...entry.span, end: entry.span.start + name.length }),
  );
  if (key.argument.kind === 'key' && argument !== null)
    nodes.unshift(asNode(key.argument.key, argument, argument.valueSpan));
  return nodes;
}

function requireBlock(context: CheckContext, node: KdlNode, label: string): readonly KdlNode[] {
  if (node.children === null && node.args.length === 0) {
    context.error('SNT-C115', node.nameSpan, `${label} needs a block`, { label: 'write `{ … }` after this' });
  }
  return node.children ?? [];
}

function reportMissing(context: CheckContext, draft: Draft, keys: Keys, title: string, span: Span): void {
  for (const [name, key] of Object.entries(keys)) {
    if (key.kind !== 'scalar' || key.presence !== 'required' || draft[name] !== undefined || refused(draft).has(name))
      continue;
    reportMissingKey(context, name, key, title, span);
  }
}

function push(draft: Draft, name: string, value: unknown): void {
  const items = (draft[name] ??= []) as unknown[];
  if (value !== null) items.push(value);
}
