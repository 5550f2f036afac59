/**
 * The configuration between text and `Config`: a tree shaped by the schema. First as written (gaps and all), then settled
 * (every key has a value, and knows where it came from). Made by `check.ts` and `settle.ts`, read by `lower.ts` and `print.ts`.
 */
import type { Span } from '../kdl/source.ts';
import type {
  BlockKey,
  CollectionKey,
  Keys,
  ListKey,
  NamedKey,
  PairsKey,
  ScalarKey,
  VariantKey,
  Variants,
} from './schema/keys.ts';

/** A value with its place. */
export interface Setting<T> {
  readonly value: T;
  /** As KDL, secrets as the `${…}` that was written; null = nothing to print. */
  readonly text: string | null;
  /** Where it is written; null = default. */
  readonly span: Span | null;
  /** The key or the name that it belongs to. */
  readonly keySpan: Span | null;
}

export interface NamedSetting {
  readonly name: Setting<string>;
  readonly values: readonly Setting<string>[];
}

export interface PairSetting {
  readonly name: Setting<string>;
  readonly value: Setting<string>;
}

/** Where a block stands; its name is what is marked. */
export const place: unique symbol = Symbol('place');

export interface Placed {
  readonly [place]: Span | null;
}

export type Written<K extends Keys> = Placed & { readonly [P in keyof K]?: WrittenOf<K[P]> };

export type WrittenOf<X> =
  X extends ScalarKey<infer T>
    ? Setting<T>
    : X extends ListKey<infer T>
      ? readonly Setting<T>[]
      : X extends NamedKey
        ? readonly NamedSetting[]
        : X extends PairsKey
          ? readonly PairSetting[]
          : X extends VariantKey<infer V>
            ? WrittenVariant<V>
            : X extends BlockKey<infer K>
              ? Written<K>
              : X extends CollectionKey<infer K>
                ? readonly WrittenEntry<K>[]
                : never;

/** The word that names the variant, and what is written of its keys. */
export type WrittenVariant<V extends Variants> = {
  readonly [N in keyof V & string]: {
    readonly kind: N;
    readonly word: Setting<string>;
    readonly keys: Written<V[N]>;
  };
}[keyof V & string];

export interface WrittenEntry<K extends Keys> {
  /** Null where the entry has no identity of its own (targets). */
  readonly id: Setting<string> | null;
  readonly keys: Written<K>;
}

export type Settled<K extends Keys> = Placed & { readonly [P in keyof K]: SettledOf<K[P]> };

export type SettledOf<X> =
  X extends ScalarKey<infer T>
    ? Setting<T>
    : X extends ListKey<infer T>
      ? readonly Setting<T>[]
      : X extends NamedKey
        ? readonly NamedSetting[]
        : X extends PairsKey
          ? readonly PairSetting[]
          : X extends VariantKey<infer V> & { readonly default: null }
            ? SettledVariant<V> | null
            : X extends VariantKey<infer V>
              ? SettledVariant<V>
              : X extends BlockKey<infer K> & { readonly optional: true }
                ? Settled<K> | null
                : X extends BlockKey<infer K>
                  ? Settled<K>
                  : X extends CollectionKey<infer K>
                    ? readonly SettledEntry<K>[]
                    : never;

export type SettledVariant<V extends Variants> = {
  readonly [N in keyof V & string]: {
    readonly kind: N;
    readonly word: Setting<string>;
    readonly keys: Settled<V[N]>;
  };
}[keyof V & string];

export interface SettledEntry<K extends Keys> {
  readonly id: Setting<string> | null;
  readonly keys: Settled<K>;
}
