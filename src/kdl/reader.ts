/**
 * The one door to the KDL parser: text in, documents and syntax problems of our own types out. Reads KDL v2, and KDL v1
 * where v2 does not fit. Never throws, whatever the text.
 */
import { format, getLocation, InvalidKdlError, parse } from '@bgotink/kdl';
import type { Document, Entry, Node } from '@bgotink/kdl';
import { parse as parseVersion1 } from '@bgotink/kdl/v1-compat';
import { hexEnded } from './between.ts';
import type { KdlDocument, KdlEntry, KdlNode, SyntaxProblem } from './document.ts';
import type { Source, Span } from './source.ts';
import { describeFailure } from './syntax-problems.ts';
import type { ParserFailure } from './syntax-problems.ts';

export type KdlReading =
  | { readonly ok: true; readonly document: KdlDocument }
  | { readonly ok: false; readonly problems: readonly SyntaxProblem[] };

/** Blocks inside blocks; nothing that sentinel reads needs more than ten. */
const maxDepth = 64;
/** Each problem found costs another parse, so that large files report what one or a few parses find. */
const maxRounds = 50;
const manyRoundsUnder = 256 * 1024;

/** Reads a whole document. All syntax problems are reported, in the order of the text. */
export function readKdl(source: Source): KdlReading {
  const attempt = parseOnce(source.text);
  if ('document' in attempt) return convert(source, attempt.document, 2);
  const older = parseOlder(source.text);
  if (older !== null) return convert(source, older, 1);
  return { ok: false, problems: collectProblems(source, attempt.failures) };
}

function parseOnce(text: string): { document: Document } | { failures: readonly ParserFailure[] } {
  try {
    return { document: parse(hexEnded(text), { storeLocations: true }) };
  } catch (error) {
    return { failures: failuresOf(error) };
  }
}

/** Bare keywords and `r"…"`: without any, a text is not version 1 but version 2 with a mistake that version 1 overlooks. */
const olderSigns = /(?:^|[\s={;])(?:(?:true|false|null)(?=[\s;})/]|$)|r#*")/m;

function parseOlder(text: string): Document | null {
  if (!olderSigns.test(text)) return null;
  try {
    return parseVersion1(text, { storeLocations: true });
  } catch {
    return null;
  }
}

function failuresOf(error: unknown): ParserFailure[] {
  // Anything else is the parser's own stack running out on blocks within blocks.
  if (!(error instanceof InvalidKdlError)) return [{ message: '', start: null, end: null, overflow: true }];
  const failures: ParserFailure[] = [];
  for (const detail of error.flat()) {
    const message = detail.message.replace(/ at (?:\d+:\d+|end of input)$/, '');
    const overflow = message.includes('RangeError');
    failures.push({ message, start: detail.start?.offset ?? null, end: detail.end?.offset ?? null, overflow });
  }
  return failures.sort((one, other) => (one.start ?? Infinity) - (other.start ?? Infinity));
}

/**
 * The parser stops at the first thing that it cannot step over, so each problem found is blanked out (offsets stay) and
 * the rest is read again: what follows a mistake is judged as if the mistake were not there.
 */
function collectProblems(source: Source, firstFailures: readonly ParserFailure[]): SyntaxProblem[] {
  const problems: SyntaxProblem[] = [];
  let text = source.text;
  let failures = firstFailures;
  const rounds = text.length <= manyRoundsUnder ? maxRounds : 3;
  for (let round = 0; round < rounds; round++) {
    const failure = failures[0];
    if (failure === undefined) break;
    const { problem, blank } = describeFailure(source, text, failure);
    if (problems.at(-1)?.span.start !== problem.span.start) problems.push(problem);
    if (blank === null) break;
    const blanked = text.slice(0, blank.start) + blank.fill + text.slice(blank.end);
    if (blanked === text) break;
    text = blanked;
    const attempt = parseOnce(text);
    if ('document' in attempt) break;
    failures = attempt.failures;
  }
  return problems.sort((one, other) => one.span.start - other.span.start);
}

function convert(source: Source, document: Document, version: 1 | 2): KdlReading {
  const tooDeep = { node: null as Node | null };
  const nodes = document.nodes.map((node) => convertNode(source, node, 1, tooDeep));
  if (tooDeep.node !== null) {
    const failure = { message: '', start: getLocation(tooDeep.node)?.start.offset ?? 0, end: null, overflow: true };
    return { ok: false, problems: [describeFailure(source, source.text, failure).problem] };
  }
  return { ok: true, document: { nodes, version, upgraded: version === 1 ? format(document) : null } };
}

function convertNode(source: Source, node: Node, depth: number, tooDeep: { node: Node | null }): KdlNode {
  const children = node.children?.nodes ?? null;
  if (depth > maxDepth) tooDeep.node ??= node;
  const entries = node.entries.map((entry) => convertEntry(source, entry));
  return {
    name: node.getName(),
    nameSpan: spanOf(source, getLocation(node.name) ?? getLocation(node)),
    tag: node.getTag(),
    args: entries.filter((entry) => entry.name === null),
    props: entries.filter((entry) => entry.name !== null),
    children:
      children?.map((child) =>
        depth > maxDepth ? emptyNode(source) : convertNode(source, child, depth + 1, tooDeep),
      ) ?? null,
    span: spanOf(source, getLocation(node)),
  };
}

function convertEntry(source: Source, entry: Entry): KdlEntry {
  const valueSpan = spanOf(source, getLocation(entry.value) ?? getLocation(entry));
  // The parser counts the space after an argument as part of it.
  const span = entry.isArgument() ? valueSpan : { ...spanOf(source, getLocation(entry)), end: valueSpan.end };
  return { name: entry.getName(), value: entry.getValue(), tag: entry.getTag(), span, valueSpan };
}

function spanOf(source: Source, location: { start: { offset: number }; end: { offset: number } } | undefined): Span {
  return { source, start: location?.start.offset ?? 0, end: location?.end.offset ?? 0 };
}

function emptyNode(source: Source): KdlNode {
  const span = { source, start: 0, end: 0 };
  return { name: '', nameSpan: span, tag: null, args: [], props: [], children: null, span };
}
