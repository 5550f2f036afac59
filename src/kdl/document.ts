/** A KDL document as the rest of the program sees it: nodes and entries with their places. Plain data. */
import type { Span } from './source.ts';

export type KdlScalar = string | number | boolean | null;

/** An argument (`name` is null) or a property. */
export interface KdlEntry {
  readonly name: string | null;
  readonly value: KdlScalar;
  /** Type annotation, `u8` in `(u8)5`. */
  readonly tag: string | null;
  /** The whole entry, name included. */
  readonly span: Span;
  readonly valueSpan: Span;
}

export interface KdlNode {
  readonly name: string;
  readonly nameSpan: Span;
  readonly tag: string | null;
  readonly args: readonly KdlEntry[];
  /** In the order written; a name may occur twice, the last one counts. */
  readonly props: readonly KdlEntry[];
  /** Null where the node has no `{ … }` at all. */
  readonly children: readonly KdlNode[] | null;
  readonly span: Span;
}

export interface KdlDocument {
  readonly nodes: readonly KdlNode[];
  /** Version of the language that the text turned out to be written in. */
  readonly version: 1 | 2;
  /** The same document in KDL v2, comments and layout kept; only for `version` 1. */
  readonly upgraded: string | null;
}

export interface SyntaxProblem {
  readonly kind: 'syntax' | 'depth';
  readonly message: string;
  readonly span: Span;
  /** Words under the marked text. */
  readonly label: string | null;
  /** What to write instead of the marked text. */
  readonly replacement: string | null;
}
