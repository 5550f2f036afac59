/**
 * Configurations: what the schema calls secret, the values of header fields by their names, comments, and every other value by its
 * looks. The text stays what it is, and stays readable as KDL where it was. For the rules of redaction.
 */
import { redacted } from '../../base/redaction.ts';
import { hideSecrets } from '../../config/hidden-text.ts';
import type { KdlEntry, KdlNode } from '../../kdl/document.ts';
import { readKdl } from '../../kdl/reader.ts';
import { makeSource, type Span } from '../../kdl/source.ts';
import { kdlString } from '../../kdl/text.ts';
import { isSecretValue, promiseOf } from './secret-names.ts';

export interface KdlVisitor {
  /** A text value, by its own looks; `name` of the node or property that it stands under, `inside` of the node around that. */
  value(value: string, name: string, inside: string | null): string;
  /** Everything between the values: names and comments. */
  rest(text: string): string;
  note(rule: string): void;
}

/** A text that is not KDL comes back as null: it is read as any other text. */
export function rewriteKdl(text: string, visitor: KdlVisitor): string | null {
  const hidden = hideSecrets(text);
  const reading = readKdl(makeSource('<text>', hidden));
  if (!reading.ok) return null;
  const before = text.split(redacted).length;
  for (let count = hidden.split(redacted).length; count > before; count--) visitor.note('schema');
  const changes: { readonly span: Span; readonly text: string }[] = [];
  for (const node of reading.document.nodes) walk(node, null);
  const values = replaced(hidden, changes);
  const comments = commentsRewritten(values, visitor);
  return comments === values || readKdl(makeSource('<text>', comments)).ok ? comments : values;

  function walk(node: KdlNode, inside: string | null): void {
    const field = namedByArgument(node);
    for (const [at, entry] of node.args.entries()) see(entry, field !== null && at > 0 ? field : node.name, inside);
    for (const entry of node.props) see(entry, entry.name ?? node.name, node.name);
    for (const child of node.children ?? []) walk(child, node.name);
  }

  function see(entry: KdlEntry, name: string, inside: string | null): void {
    if (typeof entry.value === 'number' && promiseOf(name) === 'certain' && /pass|pwd|secret|pin/i.test(name))
      return change(entry, redacted);
    if (typeof entry.value !== 'string') return;
    // Names of keys of this program are about secrets more often than they hold one.
    if (
      isSecretValue(promiseOf(name), entry.value) &&
      isSecretValue('likely', entry.value) &&
      !/^[a-z-]+:[\w-]+$/.test(entry.value)
    ) {
      visitor.note('named');
      return change(entry, redacted);
    }
    const instead = visitor.value(entry.value, name, inside);
    if (instead !== entry.value) change(entry, instead);
  }

  function change(entry: KdlEntry, value: string): void {
    changes.push({ span: entry.valueSpan, text: kdlString(value) });
  }
}

/** `header "X-Api-Key" "…"`: the first argument is the name of the second. */
function namedByArgument(node: KdlNode): string | null {
  const first = node.args[0]?.value;
  return node.args.length > 1 && typeof first === 'string' && /^[\w-]{2,80}$/.test(first) ? first : null;
}

function replaced(text: string, changes: readonly { readonly span: Span; readonly text: string }[]): string {
  return [...changes]
    .sort((one, other) => other.span.start - one.span.start)
    .reduce((shown, { span, text: instead }) => shown.slice(0, span.start) + instead + shown.slice(span.end), text);
}

/** Also nodes that are commented out with `/-`, which nobody reads but people. */
function commentsRewritten(text: string, visitor: KdlVisitor): string {
  return text.replace(/(?:^|\s)(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/|\/-[^\n]*)/g, (comment) => visitor.rest(comment));
}
