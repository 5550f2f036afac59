/**
 * From what is written to what is in force: fills each key from its block, then from the top-level block that it inherits
 * from, then from its default; lets the stricter of two limits win. Warns of what is thereby without effect.
 */
import { placeOf } from '../kdl/source.ts';
import type { CheckContext } from './check-values.ts';
import { mergeHeaderLayers } from './header-layers.ts';
import type { HeaderLayer } from './header-layers.ts';
import type { BlockKey, CollectionKey, Key, Keys, ScalarKey } from './schema/keys.ts';
import { root } from './schema/root.ts';
import type { Root } from './schema/root.ts';
import { stricter } from './strictest.ts';
import { place } from './tree.ts';
import type { Setting, Settled, Written, WrittenEntry } from './tree.ts';

/** The trees while they are walked by name of key. */
type Tree = Written<Keys>;
type Branch = Record<string, unknown>;

/** @param written Whole or with gaps: keys that are required and missing stay undefined, for which errors are reported already. */
export function settleDocument(context: CheckContext, written: Written<Root>): Settled<Root> {
  const settling = new Settling(written as Tree);
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
  readonly #written: Tree;
  readonly #limits: Branch;
  /** Settings of top-level blocks that some entry took over. */
  readonly #inherited = new Set<unknown>();
  /** For each setting of a top-level block, a setting that is nearer. */
  readonly #overriding = new Map<unknown, Setting<unknown>>();
  readonly #looser: LooserLimit[] = [];

  constructor(written: Tree) {
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
      case 'named':
      case 'pairs':
        return found[0] ?? [];
      case 'block':
        return this.#block(key, found as Tree[], inherits);
      case 'collection':
        return this.#collection(key, (found[0] ?? []) as WrittenEntry<Keys>[]);
    }
  }

  #scalar(key: ScalarKey<unknown>, name: string, found: readonly Setting<unknown>[]): Setting<unknown> | undefined {
    const [nearest, ...farther] = found;
    for (const setting of farther) if (nearest !== undefined) this.#overriding.set(setting, nearest);
    if (nearest !== undefined) this.#inherited.add(nearest);
    if (nearest === undefined && key.presence === 'required') return undefined;
    const setting = nearest ?? defaultSetting(key);
    return key.boundBy === undefined ? setting : this.#bounded(key.boundBy, name, setting as Setting<number | null>);
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

  #block(key: BlockKey<Keys>, found: readonly Tree[], inherits: boolean): Branch | null {
    // A top-level block of defaults is settled where it is inherited.
    if (key.defaultsFor !== undefined || (key.optional && found.length === 0)) return null;
    const layers = inherits && key.inherits !== undefined ? [...found, ...this.#layersOf(key.inherits)] : found;
    if (key.layering === 'field') {
      return { [place]: layers[0]?.[place] ?? null, ...mergeHeaderLayers(layers as readonly HeaderLayer[]) } as Branch;
    }
    return settledBlock(key.keys, layers, (child, name, childLayers) => this.#key(child, name, childLayers));
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

function defaultSetting(key: ScalarKey<unknown>): Setting<unknown> {
  return {
    value: key.default,
    text: key.presence === 'optional' ? null : key.type.write(key.default),
    span: null,
    keySpan: null,
  };
}
