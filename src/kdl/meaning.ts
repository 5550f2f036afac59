/** What a KDL document says, without how it is written: for whoever rewrites a text and must not change it. */
import type { KdlNode, KdlScalar } from './document.ts';
import { kdlScalar } from './text.ts';

/** A node as it is compared: what is no data (space, comments, quotes) is not in it. */
export interface Meaning {
  readonly name: string;
  readonly tag: string | null;
  readonly args: readonly unknown[];
  readonly props: readonly unknown[];
  readonly children: readonly Meaning[] | null;
}

export function meaningOf({ name, tag, args, props, children }: KdlNode): Meaning {
  return {
    name,
    tag,
    args: args.map((entry) => [comparable(entry.value), entry.tag]),
    props: props.map((entry) => [entry.name, comparable(entry.value), entry.tag]),
    children: children?.map(meaningOf) ?? null,
  };
}

export function sameMeaning(one: readonly Meaning[], other: readonly Meaning[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** JSON knows no numbers without end. */
export function comparable(value: KdlScalar): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? kdlScalar(value) : value;
}
