/**
 * Reads single values: substitutes references, applies the value's type, and says what is wrong. Used by `check.ts` for
 * every argument and property. Whatever came from `${…}` is shown as it was written.
 */
import type { ErrorCode } from '../base/codes.ts';
import type { Environment } from '../base/environment.ts';
import type { KdlEntry, KdlNode } from '../kdl/document.ts';
import { spanText } from '../kdl/source.ts';
import type { Source, Span } from '../kdl/source.ts';
import { kdlScalar } from '../kdl/text.ts';
import { diagnostic, didYouMean } from './diagnostic.ts';
import type { Diagnostic, DiagnosticFacts, Suggestion } from './diagnostic.ts';
import type { FileAccess } from './files.ts';
import { interpolate } from './interpolation.ts';
import type { InterpolationProblem } from './interpolation.ts';
import { redactValue } from '../base/redaction.ts';
import { nearestWord } from '../base/near-miss.ts';
import type { ScalarKey } from './schema/keys.ts';
import { Wrong } from './schema/value-type.ts';
import type { ValueType } from './schema/value-type.ts';
import type { Setting } from './tree.ts';

const maxDiagnostics = 1000;

const maxBodyFileBytes = 1 << 20;

/** What checking needs to know besides the nodes, and where it puts what it finds. */
export class CheckContext {
  readonly diagnostics: Diagnostic[] = [];
  hasErrors = false;
  /** What came from `${…}` and may be a secret; never shown. */
  readonly secrets = new Set<string>();
  readonly #bodies = new Map<string, Uint8Array>();
  readonly env: Environment;
  readonly files: FileAccess;
  /** Where relative paths of a source begin. */
  readonly directoryOf: (source: Source) => string;

  constructor(env: Environment, files: FileAccess, directoryOf: (source: Source) => string) {
    this.env = env;
    this.files = files;
    this.directoryOf = directoryOf;
  }

  /** The file of a static response, read once: what was checked is what will be sent. @throws SentinelError SNT-C001 */
  readBody(path: string): Uint8Array {
    const known = this.#bodies.get(path);
    if (known !== undefined) return known;
    const body = this.files.read(path, maxBodyFileBytes);
    this.#bodies.set(path, body);
    return body;
  }

  error(code: ErrorCode, span: Span, message: string, facts: DiagnosticFacts = {}): void {
    this.hasErrors = true;
    this.#add(diagnostic('error', code, span, message, facts));
  }

  warning(code: ErrorCode, span: Span, message: string, facts: DiagnosticFacts = {}): void {
    this.#add(diagnostic('warning', code, span, message, facts));
  }

  info(code: ErrorCode, span: Span, message: string, facts: DiagnosticFacts = {}): void {
    this.#add(diagnostic('info', code, span, message, facts));
  }

  /** True when nothing more will be shown, so that looking further is of no use. */
  get full(): boolean {
    return this.diagnostics.length > maxDiagnostics;
  }

  /** A file of another kind could be wrong in every one of a million lines. */
  #add(found: Diagnostic): void {
    if (this.diagnostics.length < maxDiagnostics) this.diagnostics.push(found);
    else if (this.diagnostics.length === maxDiagnostics) {
      const message = `more than ${maxDiagnostics} problems; the others are not shown`;
      this.diagnostics.push(diagnostic('error', 'SNT-C119', found.span, message));
      this.hasErrors = true;
    }
  }
}

/** Reads one value, or reports why not and returns null. `label` names it in messages: `` `weight` ``. */
export function readValue<T>(
  context: CheckContext,
  entry: KdlEntry,
  keySpan: Span,
  type: ValueType<T>,
  label: string,
): Setting<T> | null {
  const span = entry.valueSpan;
  if (entry.tag !== null) {
    context.error('SNT-C117', span, `a type annotation has no meaning here: \`(${entry.tag})\``);
    return null;
  }
  let scalar = entry.value;
  let substituted = false;
  let secrets: readonly string[] = [];
  if (typeof scalar === 'string' && scalar.includes('${')) {
    const result = interpolate(scalar, context.env, context.files);
    for (const problem of result.problems) reportReference(context, span, problem);
    if (result.problems.length > 0) return null;
    scalar = result.value;
    substituted = result.substituted;
    secrets = result.secrets;
  }
  const value = type.read(scalar, context.directoryOf(span.source));
  if (value instanceof Wrong) {
    reportWrong(context, entry, type, label, value, substituted);
    return null;
  }
  // Of numbers, switches and addresses logs are full.
  if (typeof value === 'string' && type.choices === undefined) for (const one of secrets) context.secrets.add(one);
  const rewritten = type.rewritten === true && !substituted;
  const text = rewritten ? type.write(value).replaceAll('${', '$${') : kdlScalar(entry.value);
  return { value, text, span, keySpan };
}

/** The one argument of `node`, or null with a report when there is none or more. */
export function onlyArgument(context: CheckContext, node: KdlNode, label: string, takesBlock = false): KdlEntry | null {
  const [first, second] = node.args;
  // A block in its place is reported as such.
  if (first === undefined && node.children !== null && !takesBlock) return null;
  if (first === undefined) {
    context.error('SNT-C107', node.nameSpan, `${label} needs a value`, { label: 'a value is missing after this' });
    return null;
  }
  if (second !== undefined) {
    context.error('SNT-C106', second.span, `${label} takes one value`, { label: 'this one is too many' });
    return null;
  }
  return first;
}

/** Reports that `title` lacks a key that must be written. */
export function reportMissingKey(
  context: CheckContext,
  name: string,
  key: ScalarKey<unknown>,
  title: string,
  span: Span,
): void {
  context.error('SNT-C114', span, `${title} has no \`${name}\``, {
    label: `\`${name}\` is missing`,
    help: key.example === undefined ? `add \`${name}\`: ${key.type.expected}` : `add for example \`${key.example}\``,
  });
}

/** What a kind of key takes besides its name. */
export interface AllowedParts {
  readonly args?: boolean;
  readonly children?: boolean;
  readonly properties?: readonly string[];
  /** Keys of its block, for those written as properties. */
  readonly keys?: Readonly<Record<string, unknown>>;
  /** How it is written, for those who write it otherwise. */
  readonly help?: string | null;
}

/** Reports what a node has that its kind of key does not take. */
export function refuseExtras(context: CheckContext, node: KdlNode, label: string, allowed: AllowedParts): void {
  if (node.tag !== null)
    context.error('SNT-C117', node.span, `a type annotation has no meaning here: \`(${node.tag})\``);
  const first = node.args[0];
  if (allowed.args !== true && first !== undefined) {
    context.error('SNT-C106', first.span, `${label} takes no value`, {
      label: 'unexpected',
      help: allowed.help ?? null,
    });
  }
  if (allowed.children !== true && node.children !== null) {
    context.error('SNT-C115', node.nameSpan, `${label} takes a value, not a block`);
  }
  const seen = new Map<string, KdlEntry>();
  for (const property of node.props) {
    const name = property.name ?? '';
    const known = allowed.properties ?? [];
    const earlier = seen.get(name);
    if (!known.includes(name)) {
      const near = nearestWord(name, known);
      const nameSpan = { ...property.span, end: property.valueSpan.start - 1 };
      context.error('SNT-C105', property.span, `unknown property \`${name}\` on ${label}`, {
        suggestion: near === null ? null : didYouMean(nameSpan, near, near),
        help: Object.hasOwn(allowed.keys ?? {}, name) ? `write it as a key in the block: \`{ ${name} … }\`` : null,
      });
    } else if (earlier !== undefined) {
      context.warning('SNT-C112', property.span, `property \`${name}\` is given twice; the last one counts`, {
        label: 'this one counts',
        secondary: [{ span: earlier.span, label: 'this one does not' }],
      });
    }
    seen.set(name, property);
  }
}

function reportReference(context: CheckContext, span: Span, problem: InterpolationProblem): void {
  // Points into the string where the text shows the reference as it is, and at the whole string where escapes hide it.
  const at = spanText(span).indexOf(problem.reference);
  const found = at < 0 ? span : { ...span, start: span.start + at, end: span.start + at + problem.reference.length };
  context.error(problem.code, found, problem.message, { help: problem.help });
}

function reportWrong<T>(
  context: CheckContext,
  entry: KdlEntry,
  type: ValueType<T>,
  label: string,
  wrong: Wrong,
  substituted: boolean,
): void {
  const after = substituted ? ' after substitution' : '';
  // Messages go into logs; the lines of the file that are shown beside them do not.
  const shown = type.secret === true ? 'not usable' : shorten(redactValue(kdlScalar(entry.value)));
  const message =
    wrong.code === 'SNT-C116'
      ? `${label} is ${shorten(spanText(entry.valueSpan))}, which cannot be kept exactly`
      : `${label} is ${shown}${after}, expected ${type.expected}`;
  context.error(wrong.code, entry.valueSpan, message, {
    suggestion: substituted ? null : suggestionFor(entry, type, wrong),
    help: wrong.help ?? null,
  });
}

function suggestionFor<T>(entry: KdlEntry, type: ValueType<T>, wrong: Wrong): Suggestion | null {
  if (wrong.replacement !== undefined) return didYouMean(entry.valueSpan, wrong.replacement, wrong.replacement);
  if (wrong.guess !== undefined) return { text: `did you mean \`${wrong.guess}\`?`, edit: null };
  if (type.choices === undefined || typeof entry.value !== 'string') return null;
  const near = nearestWord(entry.value, type.choices);
  return near === null ? null : didYouMean(entry.valueSpan, near, kdlScalar(near));
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
