/**
 * A compressed trie of path prefixes: one walk along a path meets every stored prefix of it, whatever their number.
 * Used by `Matcher` for `path-prefix` and for the literal beginnings of `path-regex`; knows nothing of segments.
 */

export class TrieNode {
  /** Characters between the parent and here; empty only at the root. */
  readonly label: string;
  /** Ranks of the entries whose prefix ends here, ascending. */
  readonly ranks: number[] = [];
  /** By the first character of their label. */
  readonly #children = new Map<number, TrieNode>();

  constructor(label: string) {
    this.label = label;
  }

  /** The next node of a walk that has come to `at` in `path`, or `undefined` when no stored prefix goes on this way. */
  next(path: string, at: number): TrieNode | undefined {
    const child = this.#children.get(path.charCodeAt(at));
    return child !== undefined && path.startsWith(child.label, at) ? child : undefined;
  }

  /** Stores `rank` under `prefix`. Ranks must come in ascending order. */
  insert(prefix: string, rank: number): void {
    if (prefix === '') {
      this.ranks.push(rank);
      return;
    }
    const child = this.#children.get(prefix.charCodeAt(0));
    if (child === undefined) {
      const leaf = new TrieNode(prefix);
      leaf.ranks.push(rank);
      this.#adopt(leaf);
      return;
    }
    const shared = sharedLength(child.label, prefix);
    const branch = shared === child.label.length ? child : this.#split(child, shared);
    branch.insert(prefix.slice(shared), rank);
  }

  /** Puts a node between this one and `child`, after the first `length` characters of the child's label. */
  #split(child: TrieNode, length: number): TrieNode {
    const branch = new TrieNode(child.label.slice(0, length));
    const rest = new TrieNode(child.label.slice(length));
    rest.ranks.push(...child.ranks);
    for (const grandchild of child.#children.values()) rest.#adopt(grandchild);
    branch.#adopt(rest);
    this.#adopt(branch);
    return branch;
  }

  #adopt(child: TrieNode): void {
    this.#children.set(child.label.charCodeAt(0), child);
  }
}

function sharedLength(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}
