/**
 * A configuration text as anybody may see it who may not read the file: every byte as it was written, but for the values that the
 * schema calls secret. Goes by the names of keys, so that an included piece is treated as the whole. Knows no key by name.
 */
import type { KdlNode } from '../kdl/document.ts';
import { readKdl } from '../kdl/reader.ts';
import { makeSource, type Span } from '../kdl/source.ts';
import { redactText } from '../base/redaction.ts';
import type { Keys } from './schema/keys.ts';
import { root } from './schema/root.ts';

/** The text with `"[redacted]"` in the place of secrets; a text that is not KDL goes through the rules for logs instead. */
export function hideSecrets(text: string): string {
  const reading = readKdl(makeSource('<text>', text));
  if (!reading.ok) return redactText(text);
  const spans = reading.document.nodes.flatMap(secretSpans).sort((a, b) => b.start - a.start);
  return spans.reduce((shown, { start, end }) => `${shown.slice(0, start)}"[redacted]"${shown.slice(end)}`, text);
}

function secretSpans(node: KdlNode): readonly Span[] {
  const { scalars, blocks } = names();
  const values = (one: KdlNode) => one.args.map(({ valueSpan }) => valueSpan);
  const children = node.children ?? [];
  return [
    ...(scalars.has(node.name) ? values(node) : []),
    ...(blocks.has(node.name) ? children.flatMap(values) : children.flatMap(secretSpans)),
  ];
}

interface SecretNames {
  /** Keys whose value is one. */
  readonly scalars: ReadonlySet<string>;
  /** Keys whose children have values that are. */
  readonly blocks: ReadonlySet<string>;
}

let found: SecretNames | null = null;

function names(): SecretNames {
  if (found === null) {
    const scalars = new Set<string>();
    const blocks = new Set<string>();
    collect(root, scalars, blocks);
    found = { scalars, blocks };
  }
  return found;
}

function collect(keys: Keys, scalars: Set<string>, blocks: Set<string>): void {
  for (const [name, key] of Object.entries(keys)) {
    const spellings = [name, ...(key.aliases ?? [])];
    if (key.kind === 'scalar' && key.type.secret === true) for (const one of spellings) scalars.add(one);
    if (key.kind === 'pairs' && key.valueType.secret === true) for (const one of spellings) blocks.add(one);
    if (key.kind === 'variant') for (const inner of Object.values(key.variants)) collect(inner, scalars, blocks);
    if (key.kind === 'block' || key.kind === 'collection') collect(key.keys, scalars, blocks);
  }
}
