/**
 * From what is written to what is in force: fills each key from its block, then from the top-level block that it inherits
 * from, then from its default; lets the stricter of two limits win. Warns of what is thereby without effect.
 */
import { placeOf } from '../kdl/source.ts';
import { wasRefused } from './check.ts';
import { reportMissingKey } from './check-values.ts';
import type { CheckContext } from './check-values.ts';
import { mergeHeaderLayers } from './header-layers.ts';
import type { HeaderLayer } from './header-layers.ts';
import type { BlockKey, CollectionKey, Key, Keys, ListKey, ScalarKey, VariantKey, Variants } from './schema/keys.ts';
import { root } from './schema/root.ts';
import type { Root } from './schema/root.ts';
import { stricter } from './strictest.ts';
import { place } from './tree.ts';
import type { Setting, Settled, Written, WrittenEntry, WrittenVariant } from './tree.ts';

/** The trees while they are walked by name of key. */
type Tree = Written<Keys>;
type Branch = Record<string, unknown>;

/** @param written Whole or with gaps: keys that are required and missing stay undefined, for which errors are reported already. */
export function settleDocument(context: CheckContext, written: Written<Root>): Settled<Root> {
  const settling = new Settling(context, written as Tree);
  const settled = settling.root();
  settling.warnOverriddenDefaults(context);
  settling.warnLooserLimits(context);
  return settled as unknown as Settled<Root>;
}

interface LooserLimit {
  readonly name: string;
  readonly lost: Setting<number | null>;
  readonly kept: Setting<number | null>;
}

class Settling {
  readonly #context: CheckContext;
  readonly #written: Tree;
  readonly #limits: Branch;
  /** Settings of top-level blocks that some entry took over. */
  readonly #inherited = new Set<unknown>();
  /** For each setting of a top-level block, a setting that is nearer. */
  readonly #overriding = new Map<unknown, Setting<unknown>>();
  readonly #looser: LooserLimit[] = [];
  /** Places of blocks for which something missing has been reported: several entries may inherit from one. */
  readonly #incomplete = new Set<unknown>();

  constructor(context: CheckContext, written: Tree) {
    this.#context = context;
    this.#written = written;
    const limits = this.#layersOf('limits');
    this.#limits = settledBlock(root.limits.keys, limits, (key, name, layers) => this.#key(key, name, layers));
  }

  root(): Branch {
    const keys: Keys = root;
    return settledBlock(keys, [this.#written], (key, name, layers) => {
      if (name === 'limits') return this.#limits;
      return this.#key(key, name, layers);
    });
  }

  #layersOf(name: string): Tree[] {
    const block = (this.#written as Branch)[name];
    return block === undefined ? [] : [block as Tree];
  }

  /** @param layers Nearest first; the farthest may be a top-level block of defaults. */
  #key(key: Key, name: string, layers: readonly Tree[], inherits = true): unknown {
    const found = layers.map((layer) => (layer as Branch)[name]).filter((value) => value !== undefined);
    switch (key.kind) {
      case 'scalar':
        return this.#scalar(key, name, found as Setting<unknown>[]);
      case 'list':
        return found[0] ?? defaultList(key);
      case 'named':
      case 'pairs':
        return found[0] ?? [];
      case 'variant':
        return this.#variant(key, name, found as WrittenVariant<Variants>[]);
      case 'block':
        return this.#block(key, name, found as Tree[], inherits);
      case 'collection':
        return this.#collection(key, (found[0] ?? []) as WrittenEntry<Keys>[]);
    }
  }

  #scalar(key: ScalarKey<unknown>, name: string, found: readonly Setting<unknown>[]): Setting<unknown> | undefined {
    const nearest = this.#nearest(found);
    if (nearest === undefined && key.presence === 'required') return undefined;
    const setting = nearest ?? defaultSetting(key);
    return key.boundBy === undefined ? setting : this.#bounded(key.boundBy, name, setting as Setting<number | null>);
  }

  /** The one in force, first of all; the others are noted as overridden. */
  #nearest(found: readonly Setting<unknown>[]): Setting<unknown> | undefined {
    const [nearest, ...farther] = found;
    for (const setting of farther) if (nearest !== undefined) this.#overriding.set(setting, nearest);
    if (nearest !== undefined) this.#inherited.add(nearest);
    return nearest;
  }

  /** The nearest word chooses; its keys come from every layer that chose the same. */
  #variant(key: VariantKey<Variants>, name: string, found: readonly WrittenVariant<Variants>[]): Branch | null {
    const kind = found[0]?.kind ?? key.default;
    if (kind === null) return null;
    const word = this.#nearest(found.map((one) => one.word)) ?? defaultWord(key, kind);
    const layers = found.filter((one) => one.kind === kind).map(({ keys }) => keys);
    const keys = settledBlock(key.variants[kind] ?? {}, layers, (child, childName, childLayers) =>
      this.#key(child, childName, childLayers),
    );
    this.#reportMissing(key.variants[kind] ?? {}, keys, `\`${name} ${word.text}\``, layers);
    return { kind, word, keys };
  }

  /** What must be written, and is written in none of the layers. */
  #reportMissing(keys: Keys, settled: Branch, title: string, layers: readonly Tree[]): void {
    const span = layers[0]?.[place] ?? null;
    if (span === null) return;
    for (const [name, key] of Object.entries(keys)) {
      if (key.kind !== 'scalar' || key.presence !== 'required' || settled[name] !== undefined) continue;
      if (layers.some((layer) => wasRefused(layer, name)) || this.#incomplete.has(layers[0])) continue;
      reportMissingKey(this.#context, name, key, title, span);
    }
    this.#incomplete.add(layers[0]);
  }

  /** A written limit beats a default, whichever is stricter; of two written ones the stricter wins. */
  #bounded(limitName: string, name: string, own: Setting<number | null>): Setting<number | null> {
    const limit = this.#limits[limitName] as Setting<number>;
    if (own.span === null) return limit;
    if (limit.span === null) return own;
    const kept = stricter(limit, own);
    if (kept === limit && own.value !== limit.value) this.#looser.push({ name, lost: own, kept: limit });
    return kept;
  }

  #block(key: BlockKey<Keys>, blockName: string, found: readonly Tree[], inherits: boolean): Branch | null {
    // A top-level block of defaults is settled where it is inherited.
    if (key.defaultsFor !== undefined) return null;
    const layers = inherits && key.inherits !== undefined ? [...found, ...this.#layersOf(key.inherits)] : found;
    if (key.optional && layers.length === 0) return null;
    if (key.layering === 'field') {
      return { [place]: layers[0]?.[place] ?? null, ...mergeHeaderLayers(layers as readonly HeaderLayer[]) } as Branch;
    }
    const settled = settledBlock(key.keys, layers, (child, name, childLayers) => this.#key(child, name, childLayers));
    const off = key.offSwitch !== undefined && (settled[key.offSwitch] as Setting<unknown>).value === false;
    if (key.inherits !== undefined && !off) this.#reportMissing(key.keys, settled, `\`${blockName}\``, layers);
    return settled;
  }

  #collection(key: CollectionKey<Keys>, entries: readonly WrittenEntry<Keys>[]): unknown[] {
    return entries.map(({ id, keys }) => {
      const alone = key.aloneWith !== undefined && (keys as Branch)[key.aloneWith] !== undefined;
      const settleKey: SettleKey = (child, name, layers) => this.#key(child, name, layers, !alone);
      return { id, keys: settledBlock(key.keys, [keys], settleKey) };
    });
  }

  warnOverriddenDefaults(context: CheckContext): void {
    for (const [setting, nearer] of this.#overriding) {
      if (this.#inherited.has(setting)) continue;
      const { keySpan, span } = setting as Setting<unknown>;
      if (keySpan === null || span === null || nearer.span === null) continue;
      context.warning(
        'SNT-C172',
        keySpan,
        `this has no effect: it is overridden everywhere, for example at ${placeOf(nearer.span)}`,
        {
          secondary: [{ span: nearer.keySpan ?? nearer.span, label: 'overridden here' }],
        },
      );
    }
  }

  warnLooserLimits(context: CheckContext): void {
    const seen = new Set<unknown>();
    for (const { name, lost, kept } of this.#looser) {
      if (seen.has(lost) || lost.span === null || kept.span === null) continue;
      seen.add(lost);
      context.warning(
        'SNT-C171',
        lost.span,
        `\`${name}\` is not in force: ${kept.text} at ${placeOf(kept.span)} is stricter`,
        {
          secondary: [{ span: kept.span, label: 'in force' }],
        },
      );
    }
  }
}

type SettleKey = (key: Key, name: string, layers: readonly Tree[]) => unknown;

function settledBlock(keys: Keys, layers: readonly Tree[], settleKey: SettleKey): Branch {
  const branch: Branch = { [place]: layers[0]?.[place] ?? null } as Branch;
  for (const [name, key] of Object.entries(keys)) branch[name] = settleKey(key, name, layers);
  return branch;
}

function defaultList(key: ListKey<unknown>): Setting<unknown>[] {
  return key.default.map((value) => ({ value, text: key.type.write(value), span: null, keySpan: null }));
}

function defaultWord(key: VariantKey<Variants>, kind: string): Setting<string> {
  return { value: kind, text: key.type.write(kind), span: null, keySpan: null };
}

function defaultSetting(key: ScalarKey<unknown>): Setting<unknown> {
  return {
    value: key.default,
    text: key.presence === 'optional' ? null : key.type.write(key.default),
    span: null,
    keySpan: null,
  };
}
