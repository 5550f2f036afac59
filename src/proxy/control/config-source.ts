/** Where a daemon's configuration comes from, and how its problems read in a log. The reading itself belongs to room `config`. */
import { resolve } from 'node:path';
import type { Environment } from '../../base/environment.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import { embeddedConfig, forwardConfig, type LoadResult, loadConfigFile } from '../../config/load.ts';
import { positionOf } from '../../kdl/source.ts';

export type ConfigSource =
  | { readonly kind: 'file'; readonly path: string }
  /** The built-in configuration of `sentinel run` without a file. */
  | { readonly kind: 'embedded' }
  /** `sentinel run --to HOST:PORT`. */
  | { readonly kind: 'forward'; readonly to: string };

/** Reads and checks the configuration; never throws for what is wrong with it. */
export type ConfigLoader = () => LoadResult;

/** More lines say nothing new in a log; `sentinel validate` shows them all. */
const MAX_PROBLEMS = 50;

export function loaderFor(source: ConfigSource, environment: Environment): ConfigLoader {
  switch (source.kind) {
    case 'file':
      return () => loadConfigFile(source.path, environment);
    case 'embedded':
      return embeddedConfig;
    case 'forward':
      return () => forwardConfig(source.to);
  }
}

/** The files that took part, with those that they name, absolute; none when the configuration comes from no file. */
export function filesOf(source: ConfigSource, result: LoadResult): readonly string[] {
  if (source.kind !== 'file') return [];
  if (result.kind === 'unreadable') return [resolve(source.path)];
  return [...new Set([...result.sources.map(({ file }) => resolve(file)), ...result.reads])];
}

/** Why a configuration cannot be used, one line each: `file:line:col: error[CODE]: …`. Empty when it can. */
export function problemsOf(result: LoadResult): readonly string[] {
  switch (result.kind) {
    case 'ok':
      return [];
    case 'unreadable':
      return [result.error.message];
    case 'invalid': {
      const lines = result.diagnostics.filter(({ level }) => level === 'error').map(shortLine);
      const more = lines.length - MAX_PROBLEMS;
      return more <= 0 ? lines : [...lines.slice(0, MAX_PROBLEMS), `and ${more} more`];
    }
  }
}

/** One diagnostic as one line. */
export function shortLine({ level, code, message, span }: Diagnostic): string {
  const { line, column } = positionOf(span.source, span.start);
  return `${span.source.name}:${line}:${column}: ${level}[${code}]: ${message}`;
}
