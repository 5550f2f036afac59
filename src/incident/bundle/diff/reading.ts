/**
 * JSON out of a bundle, of which nothing is certain: whoever made it may have left things out, or another version may have. Values
 * come by name, or not at all. For the files beside this one.
 */
import type { Bundle } from '../read.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Two bundles, and what of them can be compared. */
export interface Pair {
  readonly a: Bundle;
  readonly b: Bundle;
  /** Addresses, hosts and users are tokens in one of them: they cannot be recognised in the other. */
  readonly tokens: boolean;
}

/** What differs. `+` stands in B alone, `-` in A alone, `~` in both. */
export interface Difference {
  readonly sign: '+' | '-' | '~';
  readonly words: string;
}

/** What was compared, or why it could not be. */
export type Compared = readonly Difference[] | { readonly why: string };

/** The JSON of a file on both sides; or why one of them has none. */
export function bothOf(
  { a, b }: Pair,
  path: string,
): { readonly a: Fields; readonly b: Fields } | { readonly why: string } {
  const [one, other] = [jsonIn(a, path), jsonIn(b, path)];
  if (typeof one === 'string' || typeof other === 'string') {
    const words = [
      ...(typeof one === 'string' ? [`A: ${one}`] : []),
      ...(typeof other === 'string' ? [`B: ${other}`] : []),
    ];
    return { why: words.join('; ') };
  }
  return { a: one, b: other };
}

/** The text of a file; or, in words, why there is none. */
export function textIn(
  { contents, manifest }: Bundle,
  path: string,
): { readonly text: string } | { readonly why: string } {
  const content = contents.get(path);
  if (content !== undefined) return { text: content.toString('utf8') };
  const error = manifest.items.find((item) => item.path === path)?.error;
  return { why: `no ${path}${error === undefined ? '' : ` (${error})`}` };
}

function jsonIn(bundle: Bundle, path: string): Fields | string {
  const found = textIn(bundle, path);
  if ('why' in found) return found.why;
  try {
    const value: unknown = JSON.parse(found.text);
    return isFields(value) ? value : `${path} is no object`;
  } catch {
    return `${path} is no JSON`;
  }
}

/** Objects of a list; what is none is left out. */
export function listOf(value: unknown, name: string): readonly Fields[] {
  const list = isFields(value) ? value[name] : undefined;
  return Array.isArray(list) ? list.filter(isFields) : [];
}

export function fieldsOf(value: unknown, name: string): Fields {
  const found = isFields(value) ? value[name] : undefined;
  return isFields(found) ? found : {};
}

/** A text, a number, a truth; anything else is nothing. */
export function wordOf(value: Fields, name: string): string | null {
  const found = value[name];
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? String(found) : null;
}

export function numberOf(value: Fields, name: string): number | null {
  const found = value[name];
  return typeof found === 'number' && Number.isFinite(found) ? found : null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Those of both sides that are the same thing, and those that stand on one side alone. Several of one name keep their order. */
export function paired<T>(
  a: readonly T[],
  b: readonly T[],
  nameOf: (one: T) => string,
): { readonly pairs: readonly (readonly [T, T])[]; readonly gone: readonly T[]; readonly came: readonly T[] } {
  const waiting = Map.groupBy(a, nameOf);
  const pairs: (readonly [T, T])[] = [];
  const came: T[] = [];
  for (const one of b) {
    const partner = waiting.get(nameOf(one))?.shift();
    if (partner === undefined) came.push(one);
    else pairs.push([partner, one]);
  }
  return { pairs, came, gone: [...waiting.values()].flat() };
}
