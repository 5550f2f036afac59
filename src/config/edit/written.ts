/**
 * Where something of a loaded configuration stands in its files: the file, its nodes, the node at a place. What cannot be
 * edited by a program is refused here, with the command that changes that. Used by the edits of this room.
 */
import { SentinelError } from '../../base/errors.ts';
import { diffLines } from '../../base/line-diff.ts';
import type { KdlNode } from '../../kdl/document.ts';
import { carryOut } from '../../kdl/edit.ts';
import type { TextEdit } from '../../kdl/edit.ts';
import { readKdl } from '../../kdl/reader.ts';
import { makeSource, placeOf, spanText } from '../../kdl/source.ts';
import type { Source, Span } from '../../kdl/source.ts';
import type { ConfigSource, LoadedConfig } from '../load.ts';
import type { FileEdit } from './file-edit.ts';

export interface WrittenFile {
  readonly file: ConfigSource;
  readonly source: Source;
  readonly nodes: readonly KdlNode[];
  readonly version: 1 | 2;
}

/** A file of the configuration, read again for its nodes. */
export function openFile(file: ConfigSource): WrittenFile {
  const source = makeSource(file.file, file.text);
  const reading = readKdl(source);
  if (!reading.ok) throw new Error(`${file.file} was loaded and cannot be read again`);
  return { file, source, nodes: reading.document.nodes, version: reading.document.version };
}

/** The file in which something stands; null where it stands in none, but is built in. */
export function fileOf(loaded: LoadedConfig, { source }: Span): ConfigSource | null {
  return loaded.sources.find(({ file, text }) => file === source.name && text === source.text) ?? null;
}

/** The nodes around an offset, outermost first. */
export function nodesAround(nodes: readonly KdlNode[], offset: number): readonly KdlNode[] {
  const around = nodes.find(({ span }) => span.start <= offset && offset < span.end);
  return around === undefined ? [] : [around, ...nodesAround(around.children ?? [], offset)];
}

/** @throws SNT-P058 when what stands at `span` is put together from elsewhere */
export function refuseReference(what: string, span: Span): void {
  const reference = /(?<!\$)\$\{[^}]*\}?/.exec(spanText(span))?.[0];
  if (reference === undefined) return;
  throw new SentinelError('SNT-P058', `cannot edit ${what}: its value at ${placeOf(span)} comes from ${reference}`, {
    hint: `change ${reference} where it is set, or write the value itself at ${placeOf(span)}, then sentinel reload`,
  });
}

/** @throws SNT-P057 when the file is written in KDL version 1 */
export function fileEdit({ file, source, version }: WrittenFile, edit: TextEdit): FileEdit {
  if (version === 1) {
    throw new SentinelError('SNT-P057', `cannot edit ${file.file}: it is written in KDL version 1`, {
      hint: `sentinel validate --apply-suggestions ${file.path}`,
    });
  }
  return fileChange(file, carryOut(source, edit));
}

export function unchanged(file: ConfigSource): FileEdit {
  return fileChange(file, file.text);
}

function fileChange({ file, path, text }: ConfigSource, after: string): FileEdit {
  const lines = diffLines(text, after).filter(({ sign }) => sign !== ' ');
  return { path, file, before: text, after, diff: lines.map((line) => line.sign + line.text) };
}
