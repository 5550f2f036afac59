/** Names that may stand in a block, and what to say of one that may not. Used by `check.ts`; asks the schema alone. */
import type { KdlNode } from '../kdl/document.ts';
import type { Span } from '../kdl/source.ts';
import type { CheckContext } from './check-values.ts';
import { didYouMean } from './diagnostic.ts';
import type { LabelledSpan } from './diagnostic.ts';
import { nearestWord } from '../base/near-miss.ts';
import type { Key, Keys } from './schema/keys.ts';
import { root } from './schema/root.ts';

/** Where keys stand, in the words of messages. */
export interface Owner {
  /** `in route "api"`. */
  readonly where: string;
  /** `in this route`. */
  readonly label: string;
  /** Name of the block, marked as "in this …"; null at top level. */
  readonly span: Span | null;
}

/** What a name in a block stands for. */
export interface Spelling {
  readonly name: string;
  readonly key: Key;
  /** One entry of a collection, without its wrapper. */
  readonly bare: boolean;
}

const spellingsCache = new WeakMap<Keys, ReadonlyMap<string, Spelling>>();

/** Every name that may stand in a block: keys, their aliases, and entries of collections without the wrapper. */
export function spellingsOf(keys: Keys): ReadonlyMap<string, Spelling> {
  const cached = spellingsCache.get(keys);
  if (cached !== undefined) return cached;
  const spellings = new Map<string, Spelling>();
  for (const [name, key] of Object.entries(keys)) {
    if (key.kind !== 'collection' || key.wrapped) {
      for (const spelling of [name, ...(key.aliases ?? [])]) spellings.set(spelling, { name, key, bare: false });
    }
    if (key.kind === 'collection') spellings.set(key.item, { name, key, bare: true });
  }
  spellingsCache.set(keys, spellings);
  return spellings;
}

/** Reports a name that nothing in the block has, with the one that was meant or the block that it belongs in. */
export function reportUnknown(context: CheckContext, node: KdlNode, candidates: Iterable<string>, owner: Owner): void {
  const near = nearestWord(node.name, candidates);
  context.error('SNT-C104', node.nameSpan, `unknown node \`${node.name}\` ${owner.where}`, {
    suggestion: near === null ? null : didYouMean(node.nameSpan, near, near),
    secondary: inThis(owner),
    help: near === null ? whereItBelongs(node.name) : null,
  });
}

function inThis({ span, label }: Owner): LabelledSpan[] {
  return span === null ? [] : [{ span, label }];
}

function whereItBelongs(name: string): string | null {
  if (name === 'include') return '`include` stands at the top level only';
  const homes = homesOf(name);
  return homes.length === 0 ? null : `\`${name}\` belongs in ${homes.map((home) => `\`${home}\``).join(' or ')}`;
}

/** Blocks that have a key of this name: `route.policies`. */
function homesOf(name: string, keys: Keys = root, path = ''): string[] {
  const homes: string[] = [];
  for (const [child, key] of Object.entries(keys)) {
    // Top-level blocks of defaults have the keys of the blocks that they fill.
    if (key.kind === 'block' && key.defaultsFor !== undefined) continue;
    if (child === name && path !== '') homes.push(path);
    if (key.kind === 'variant') {
      for (const [word, own] of Object.entries(key.variants))
        homes.push(...homesOf(name, own, `${path}.${child} "${word}"`));
    }
    if (key.kind !== 'block' && key.kind !== 'collection') continue;
    if (key.kind === 'collection' && key.item === name) homes.push(path === '' ? 'the top level' : path);
    const step = key.kind === 'collection' ? key.item : child;
    homes.push(...homesOf(name, key.keys, path === '' ? step : `${path}.${step}`));
  }
  return homes;
}
