/**
 * The kinds of key that the configuration language has. The schema is a tree of these; reading, settling, printing and
 * the manuals walk that one tree, and the types of what they yield are inferred from it.
 */
import { choice } from './value-type.ts';
import type { ValueType } from './value-type.ts';

/** What the manual says of a key. */
export interface Facts {
  /** What it is for: a sentence or two. */
  readonly meaning: string;
  /** How it meets other keys, and what follows from it. */
  readonly interplay?: string;
  /** Other spellings, accepted everywhere. */
  readonly aliases?: readonly string[];
  /** A line of KDL, for the manual. */
  readonly example?: string;
}

/** One argument: `backlog 4096`. `T` contains null where the key may stay unsaid. */
export interface ScalarKey<T> extends Facts {
  readonly kind: 'scalar';
  readonly type: ValueType<T>;
  /** Must be written, may be left unsaid (null), or has a default. */
  readonly presence: 'required' | 'optional' | 'defaulted';
  /** In force where nothing is written; meaningless when required. */
  readonly default: T;
  /** What the default stands for, where its value alone does not say it. */
  readonly defaultNote?: string;
  /** A key of `limits` that bounds this one: the stricter of both is in force. */
  readonly boundBy?: string;
}

/** One or more arguments, and again on further lines: `host "a" "b"`. */
export interface ListKey<T> extends Facts {
  readonly kind: 'list';
  readonly type: ValueType<T>;
  /** In force where nothing is written. */
  readonly default: readonly T[];
  /** What the default stands for, where its values alone do not say it. */
  readonly defaultNote?: string;
  /** True where what stands first comes first; else another order says the same. */
  readonly ordered?: boolean;
}

/** A name, then values: `header "X-Env" "prod"`. Repeatable. */
export interface NamedKey extends Facts {
  readonly kind: 'named';
  readonly nameType: ValueType<string>;
  readonly valueType: ValueType<string>;
}

/** Children that are names of the operator's choice: `set { "X-A" "1" }`. */
export interface PairsKey extends Facts {
  readonly kind: 'pairs';
  readonly nameType: ValueType<string>;
  readonly valueType: ValueType<string>;
}

/** What each word of a variant brings: its own keys. */
export type Variants = Readonly<Record<string, Keys>>;

/** An argument that names a variant, and a block with the keys of that variant: `type "http" { path "/health" }`. */
export interface VariantKey<V extends Variants> extends Facts {
  readonly kind: 'variant';
  readonly variants: V;
  /** The argument: one of the names of `variants`. */
  readonly type: ValueType<string>;
  /** In force where nothing is written, with the defaults of its keys; null = unsaid, it is null. */
  readonly default: (keyof V & string) | null;
}

export type Keys = Readonly<Record<string, Key>>;

/** `server { … }`: at most one, unless `repeat` says how several become one. */
export interface BlockKey<K extends Keys> extends Facts {
  readonly kind: 'block';
  readonly keys: K;
  readonly repeat?: 'strictest';
  /** True for a block that does something by being there: unsaid here and where it inherits from, it is null rather than full of defaults. */
  readonly optional: boolean;
  /** A top-level block whose keys fill what this one leaves unsaid. */
  readonly inherits?: string;
  /** The key that switches it off: then nothing in it must be written. */
  readonly offSwitch?: string;
  /** `field`: header operations, where what is nearer wins for each field rather than for each key. */
  readonly layering?: 'field';
  /** Of a top-level block: the collection whose entries it fills. Settled, it is null: it lives on in them. */
  readonly defaultsFor?: string;
}

/** `routes { route "a" { … } }`, and `route "a" { … }` without the wrapper. */
export interface CollectionKey<K extends Keys> extends Facts {
  readonly kind: 'collection';
  readonly keys: K;
  /** Name of one entry's node; the key itself names the wrapper. */
  readonly item: string;
  /** False where only the bare form exists. */
  readonly wrapped: boolean;
  /** What the argument of an entry is: its identity, or the value of one of its keys; or it has none. */
  readonly argument:
    | { readonly kind: 'id'; readonly noun: string }
    | { readonly kind: 'key'; readonly key: string }
    | { readonly kind: 'none' };
  /** Keys that may also be written as properties: `weight=1`. */
  readonly properties: readonly string[];
  /** An entry that has this key inherits nothing: it has no use for it. */
  readonly aloneWith?: string;
}

export type Key =
  | ScalarKey<unknown>
  | ListKey<unknown>
  | NamedKey
  | PairsKey
  | VariantKey<Variants>
  | BlockKey<Keys>
  | CollectionKey<Keys>;

/** A key with a default. */
export function setting<T>(
  type: ValueType<T>,
  facts: Facts & { readonly default: NoInfer<T>; readonly defaultNote?: string; readonly boundBy?: string },
): ScalarKey<T> {
  return { kind: 'scalar', type, presence: 'defaulted', ...facts };
}

/** A key that must be written. */
export function required<T>(type: ValueType<T>, facts: Facts): ScalarKey<T> {
  return { kind: 'scalar', type, presence: 'required', default: undefined as T, ...facts };
}

/** A key that may stay unsaid, which is null. */
export function optional<T>(
  type: ValueType<T>,
  facts: Facts & { readonly defaultNote?: string; readonly boundBy?: string },
): ScalarKey<T | null> {
  return { kind: 'scalar', type: type as ValueType<T | null>, presence: 'optional', default: null, ...facts };
}

export function list<T>(
  type: ValueType<T>,
  facts: Facts & {
    readonly default?: readonly NoInfer<T>[];
    readonly defaultNote?: string;
    readonly ordered?: boolean;
  },
): ListKey<T> {
  return { kind: 'list', type, default: [], ...facts };
}

export function named(nameType: ValueType<string>, valueType: ValueType<string>, facts: Facts): NamedKey {
  return { kind: 'named', nameType, valueType, ...facts };
}

export function pairs(nameType: ValueType<string>, valueType: ValueType<string>, facts: Facts): PairsKey {
  return { kind: 'pairs', nameType, valueType, ...facts };
}

/** A variant that is always in force. */
export function variant<const V extends Variants>(
  variants: V,
  facts: Facts & { readonly default: keyof V & string },
): VariantKey<V> & { readonly default: keyof V & string } {
  return { kind: 'variant', variants, type: choice(...Object.keys(variants)), ...facts };
}

/** A variant that may stay unsaid, which is null. */
export function optionalVariant<const V extends Variants>(
  variants: V,
  facts: Facts,
): VariantKey<V> & { readonly default: null } {
  return { kind: 'variant', variants, type: choice(...Object.keys(variants)), default: null, ...facts };
}

type BlockFacts = Facts &
  Partial<Pick<BlockKey<Keys>, 'repeat' | 'inherits' | 'layering' | 'defaultsFor' | 'offSwitch'>>;

export function block<K extends Keys>(keys: K, facts: BlockFacts): BlockKey<K> & { readonly optional: false } {
  return { kind: 'block', keys, optional: false, ...facts };
}

/** A block whose presence means something. */
export function optionalBlock<K extends Keys>(keys: K, facts: BlockFacts): BlockKey<K> & { readonly optional: true } {
  return { kind: 'block', keys, optional: true, ...facts };
}

export function collection<K extends Keys>(
  keys: K,
  facts: Facts & { readonly item: string; readonly argument: CollectionKey<K>['argument'] } & Partial<
      Pick<CollectionKey<K>, 'wrapped' | 'properties' | 'aloneWith'>
    >,
): CollectionKey<K> {
  return { kind: 'collection', keys, wrapped: true, properties: [], ...facts };
}
