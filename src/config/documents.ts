/**
 * From a file to the nodes of the whole configuration: decodes, parses, and puts included files in the place of their
 * `include`. Collects the texts for the digest. Knows no key but `include`.
 */
import { createHash } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { SentinelError } from '../base/errors.ts';
import type { KdlNode, SyntaxProblem } from '../kdl/document.ts';
import { readKdl } from '../kdl/reader.ts';
import { makeSource } from '../kdl/source.ts';
import type { Source } from '../kdl/source.ts';
import { onlyArgument, readValue, refuseExtras } from './check-values.ts';
import type { CheckContext } from './check-values.ts';
import { diagnostic } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import { nonEmptyText } from './schema/http-types.ts';

/** All files of one configuration together; more is a mistake, and would stall whoever reads it. */
export const maxConfigBytes = 8 << 20;
const maxIncludedFiles = 1000;

/** What an `include` asks for: whoever watches the files asks again. */
export interface Include {
  readonly pattern: string;
  /** Absolute: where it begins. */
  readonly directory: string;
}

/** What was read: everything that the digest and the frames of diagnostics need. */
export class DocumentSet {
  /** In the order of reading. */
  readonly sources: Source[] = [];
  readonly syntaxProblems: Diagnostic[] = [];
  /** Every `include`, in the order of reading. */
  readonly includes: Include[] = [];
  /** Absolute paths, by source: includes and relative paths begin there. */
  readonly #paths = new Map<Source, string>();
  readonly #digest = createHash('sha256');
  #bytes = 0;

  /** SHA-256 over the texts in the order of reading, hex: for a single file what `sha256sum` says. Call once. */
  digest(): string {
    return this.#digest.digest('hex');
  }

  directoryOf(source: Source): string {
    return dirname(this.pathOf(source));
  }

  /** Absolute. */
  pathOf(source: Source): string {
    return this.#paths.get(source) ?? '/';
  }

  /** Parses one file and expands its includes. @param path Absolute. */
  add(context: CheckContext, name: string, path: string, bytes: Uint8Array, chain: readonly string[] = []): KdlNode[] {
    const { source, invalidAt } = decode(name, bytes);
    this.sources.push(source);
    this.#paths.set(source, path);
    this.#bytes += bytes.length;
    this.#digest.update(bytes);
    if (invalidAt !== null) {
      const span = { source, start: invalidAt, end: invalidAt + 1 };
      this.syntaxProblems.push(diagnostic('error', 'SNT-C102', span, 'the file is not valid UTF-8 here'));
      return [];
    }
    const reading = readKdl(source);
    if (!reading.ok) {
      this.syntaxProblems.push(...reading.problems.map(syntaxDiagnostic));
      return [];
    }
    if (reading.document.upgraded !== null) warnOldVersion(context, source, reading.document.upgraded);
    return this.#expand(context, reading.document.nodes, [...chain, path]);
  }

  #expand(context: CheckContext, nodes: readonly KdlNode[], chain: readonly string[]): KdlNode[] {
    return nodes.flatMap((node) => (node.name === 'include' ? this.#include(context, node, chain) : [node]));
  }

  #include(context: CheckContext, node: KdlNode, chain: readonly string[]): KdlNode[] {
    const label = '`include`';
    refuseExtras(context, node, label, { args: true, properties: ['optional'] });
    const entry = onlyArgument(context, node, label);
    const pattern = entry === null ? null : readValue(context, entry, node.nameSpan, nonEmptyText, label);
    const optional = node.props.findLast(({ name }) => name === 'optional');
    if (optional !== undefined && typeof optional.value !== 'boolean') {
      context.error('SNT-C108', optional.valueSpan, '`optional` is `#true` or `#false`');
    }
    if (pattern === null || entry === null) return [];
    const directory = this.directoryOf(node.nameSpan.source);
    this.includes.push({ pattern: pattern.value, directory });
    const matches = context.files.list(pattern.value, directory);
    if (matches.length === 0 && optional?.value !== true) {
      context.error('SNT-C120', entry.valueSpan, 'no file matches this include', {
        help: 'the pattern begins at the folder of this file; where no file is fine, write `optional=#true` after it',
      });
    }
    return matches.flatMap((path) => this.#includeFile(context, node, path, chain));
  }

  #includeFile(context: CheckContext, node: KdlNode, path: string, chain: readonly string[]): KdlNode[] {
    if (chain.includes(path)) {
      const circle = [...chain.slice(chain.indexOf(path)), path].map((step) => this.#shown(step));
      context.error('SNT-C121', node.span, `this include is a circle: ${circle.join(' → ')}`);
      return [];
    }
    if (this.sources.length > maxIncludedFiles) {
      context.error('SNT-C122', node.span, `more than ${maxIncludedFiles} files are included`);
      return [];
    }
    try {
      const bytes = context.files.read(path, maxConfigBytes - this.#bytes);
      return this.add(context, this.#shown(path), path, bytes, chain);
    } catch (error) {
      if (!(error instanceof SentinelError)) throw error;
      context.error('SNT-C122', node.span, error.message.replace(path, this.#shown(path)));
      return [];
    }
  }

  /** A path as the person sees files: beside the one that they named, unless it is far from there. */
  #shown(path: string): string {
    const [first] = this.sources;
    if (first === undefined) return path;
    const beside = relative(this.directoryOf(first), path);
    return beside.startsWith('../../..') ? path : join(dirname(first.name), beside);
  }
}

function syntaxDiagnostic(problem: SyntaxProblem): Diagnostic {
  const { span, replacement } = problem;
  return diagnostic('error', problem.kind === 'depth' ? 'SNT-C103' : 'SNT-C100', span, problem.message, {
    label: problem.label,
    suggestion: replacement === null ? null : { text: `write \`${replacement}\``, edit: { span, replacement } },
  });
}

function warnOldVersion(context: CheckContext, source: Source, upgraded: string): void {
  const whole = { source, start: 0, end: source.text.length };
  const firstLine = { source, start: 0, end: source.lineStarts[1] ?? source.text.length };
  context.warning('SNT-C101', firstLine, 'this file is written in KDL version 1; it is read as it was meant', {
    suggestion: { text: 'can be rewritten automatically', edit: { span: whole, replacement: upgraded } },
  });
}

/** The text, and the offset of the first byte that is not UTF-8, if any. A byte order mark is dropped. */
function decode(name: string, bytes: Uint8Array): { source: Source; invalidAt: number | null } {
  try {
    return { source: makeSource(name, new TextDecoder('utf-8', { fatal: true }).decode(bytes)), invalidAt: null };
  } catch {
    const text = new TextDecoder('utf-8').decode(bytes);
    return { source: makeSource(name, text), invalidAt: firstReplaced(text, bytes) };
  }
}

/** Offset of the first U+FFFD that decoding put in, as against those that the file itself contains. */
function firstReplaced(text: string, bytes: Uint8Array): number {
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) {
    const before = Buffer.byteLength(text.slice(0, at));
    const original = bytes[before] === 0xef && bytes[before + 1] === 0xbf && bytes[before + 2] === 0xbd;
    if (!original) return at;
  }
  return 0;
}
