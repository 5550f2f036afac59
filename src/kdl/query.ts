/**
 * The KDL query language over a document of ours: the one door to `kdljs`. Its own parser of documents is not used: it reads one
 * version of the language only, and knows no places. Loaded when somebody asks.
 */
import { type Document, type Node, query } from 'kdljs';
import type { KdlNode, KdlScalar } from './document.ts';

/** The nodes that were selected; or, of a query that maps (`=> val()`), a row for each: one value, or several. */
export type QueryAnswer =
  | { readonly kind: 'nodes'; readonly nodes: readonly KdlNode[] }
  | { readonly kind: 'rows'; readonly rows: readonly unknown[] };

/** The query is wrong, or asks what the document cannot answer. */
export class QueryProblem extends Error {}

/** @throws QueryProblem */
export function queryNodes(nodes: readonly KdlNode[], text: string): QueryAnswer {
  const ours = new Map<unknown, KdlNode>();
  const document: Document = nodes.map((node) => theirs(node, ours));
  let found: unknown;
  try {
    found = query(document, askingFirst(text));
  } catch (error) {
    throw new QueryProblem(problemWords(error));
  }
  if (!Array.isArray(found)) return { kind: 'rows', rows: [found] };
  const selected = found.map((one: unknown) => ours.get(one));
  const known = selected.filter((one) => one !== undefined);
  return known.length === found.length ? { kind: 'nodes', nodes: known } : { kind: 'rows', rows: found as unknown[] };
}

/**
 * `[prop(weight) = 2]` as `[prop(weight)][prop(weight) = 2]`: the engine gives up at the first node that has no such value, instead
 * of passing it by. Texts in quotes stay as they are.
 */
function askingFirst(text: string): string {
  const comparison = /\[\s*((?:val|prop)\([^()"]*\)|[A-Za-z_][\w-]*)\s*(?=[!<>^$*]?=|[<>])/g;
  return text
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, index) =>
      index % 2 === 1 ? part : part.replaceAll(comparison, (found, asked: string) => `[${asked}]${found}`),
    )
    .join('');
}

function theirs(node: KdlNode, ours: Map<unknown, KdlNode>): Node {
  const { args, props } = node;
  const made: Node = {
    name: node.name,
    values: args.map(({ value }) => value),
    properties: Object.fromEntries(props.map(({ name, value }): [string, KdlScalar] => [name ?? '', value])),
    children: (node.children ?? []).map((child) => theirs(child, ours)),
    tags: {
      name: node.tag ?? undefined,
      values: args.map(({ tag }) => tag ?? undefined),
      properties: Object.fromEntries(
        props.flatMap(({ name, tag }): [string, string][] => (tag === null ? [] : [[name ?? '', tag]])),
      ),
    },
  };
  ours.set(made, node);
  return made;
}

function problemWords(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  if (/does not support coercion/.test(words))
    return 'a node that was reached has a value of another type there: name the node before the brackets, as in `target[prop(weight) > 1]`';
  if (/requires comparison value/.test(words))
    return 'it compares with nothing, or with 0, false or an empty text, which this query engine cannot';
  return words.replaceAll(/\s+/g, ' ').replace(/\.$/, '');
}
