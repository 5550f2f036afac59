/** `sentinel config query`: nodes of a configuration by the KDL query language, each with its place. The file need not be valid. */
import { resolve } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { maxConfigBytes } from '../../config/documents.ts';
import { embeddedConfig, loadConfigFile, loadConfigText, type LoadResult } from '../../config/load.ts';
import type { KdlNode } from '../../kdl/document.ts';
import { queryNodes, QueryProblem } from '../../kdl/query.ts';
import { readKdl } from '../../kdl/reader.ts';
import { makeSource, positionOf, spanText } from '../../kdl/source.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chooseConfig } from '../config-choice.ts';
import { printable } from '../text.ts';

const standardInput = '-';

interface Match {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly name: string;
  readonly text: string;
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const query = invocation.argument('query') ?? '';
  const { path } = chooseConfig(invocation, invocation.argument('file'));
  const nodes = nodesOf(await load(invocation, path));
  const answer = ask(nodes, query);
  const matches = answer.kind === 'nodes' ? answer.nodes.map(matchOf) : null;
  const rows = answer.kind === 'rows' ? answer.rows : null;
  const count = matches?.length ?? rows?.length ?? 0;
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { file: path, query, matches, rows },
    warnings: count === 0 ? ['nothing matches'] : [],
    text(style) {
      if (count === 0) return `${style.dim(`nothing matches in ${printable(path ?? 'the built-in configuration')}`)}\n`;
      if (rows !== null) return rows.map((row) => `${rowText(row)}\n`).join('');
      return (matches ?? [])
        .map(({ file, line, text }) => {
          const place = style.cyan(`${printable(file)}:${line}:`);
          return text.includes('\n') ? `${place}\n${text}\n` : `${place} ${text}\n`;
        })
        .join('');
    },
  };
}

async function load(invocation: Invocation, path: string | null): Promise<LoadResult> {
  const { directory: baseDir, context, stdin } = invocation;
  const env = context.environment;
  if (path === null) return embeddedConfig();
  if (path !== standardInput) return loadConfigFile(path, env);
  return loadConfigText(await stdin.readUpTo(maxConfigBytes + 1), {
    fileName: '<stdin>',
    baseDir: resolve(baseDir),
    env,
  });
}

/** All files of the configuration, one after the other, as they are written. @throws SNT-C001, SNT-P045 */
function nodesOf(result: LoadResult): readonly KdlNode[] {
  if (result.kind === 'unreadable') throw result.error;
  return result.sources.flatMap(({ file, text }) => {
    const reading = readKdl(makeSource(file, text));
    if (reading.ok) return reading.document.nodes;
    throw new SentinelError('SNT-P045', `${file} is not KDL, so it has no nodes to ask about`, {
      hint: `sentinel validate ${file.startsWith('<') ? '' : file}`.trim(),
    });
  });
}

function ask(nodes: readonly KdlNode[], query: string): ReturnType<typeof queryNodes> {
  try {
    return queryNodes(nodes, query);
  } catch (error) {
    if (!(error instanceof QueryProblem)) throw error;
    throw new SentinelError('SNT-P052', `the query ${JSON.stringify(query)} cannot be carried out: ${error.message}`, {
      hint: 'sentinel config query --help',
    });
  }
}

function matchOf({ name, span }: KdlNode): Match {
  const { source, start } = span;
  const { line, column } = positionOf(source, start);
  const before = source.text.slice(source.text.lastIndexOf('\n', start - 1) + 1, start);
  const indent = /^\s*$/.test(before) ? before : '';
  // Shown as if it stood at the margin.
  const rows = spanText(span)
    .trimEnd()
    .split('\n')
    .map((row) => (row.startsWith(indent) ? row.slice(indent.length) : row));
  return { file: source.name, line, column, name, text: rows.join('\n') };
}

function rowText(row: unknown): string {
  if (Array.isArray(row)) return row.map(rowText).join('\t');
  if (typeof row === 'string') return row;
  return JSON.stringify(row) ?? '–';
}
