/**
 * The door to this room: a file or a text in, a frozen `Config` or diagnostics out. The daemon, `validate` and the tests all
 * come through here. Never throws on anything that a file may contain.
 */
import { join, resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import type { Environment } from '../base/environment.ts';
import { SentinelError } from '../base/errors.ts';
import { makeSource } from '../kdl/source.ts';
import { builtInUpstreams, forwardText, welcomeText } from './built-in.ts';
import { checkCertificates } from './certificate-checks.ts';
import { checkDocument } from './check.ts';
import { CheckContext } from './check-values.ts';
import { crossCheck } from './cross-checks.ts';
import { sortDiagnostics } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import { DocumentSet, type Include, maxConfigBytes } from './documents.ts';
import { fileSystem, noting } from './files.ts';
import type { FileAccess } from './files.ts';
import { lower } from './lower.ts';
import type { Config } from './model.ts';
import type { Keys } from './schema/keys.ts';
import type { Root } from './schema/root.ts';
import { settleDocument } from './settle.ts';
import { checkSettled } from './settled-checks.ts';
import type { Settled, Written, WrittenEntry } from './tree.ts';

export type LoadResult = LoadedConfig | InvalidConfig | UnreadableConfig;

export interface LoadedConfig {
  readonly kind: 'ok';
  /** Frozen all the way down. */
  readonly config: Config;
  /** Warnings and below. */
  readonly diagnostics: readonly Diagnostic[];
  /** SHA-256 over the text and the text of every included file, hex. */
  readonly digest: string;
  /** In the order of reading; the first is the file itself. */
  readonly sources: readonly ConfigSource[];
  readonly includes: readonly Include[];
  /** Absolute: whatever else was read for it, such as certificates, secrets, pages and block files. */
  readonly reads: readonly string[];
  /** Every key in force with its origin; for `printConfig`. */
  readonly settled: Settled<Root>;
  /** What came from `${…}` and may be a secret: for whoever keeps it out of logs. */
  readonly secrets: readonly string[];
}

export interface InvalidConfig {
  readonly kind: 'invalid';
  /** At least one error; sorted by file and position. Either all syntax errors, or all others. */
  readonly diagnostics: readonly Diagnostic[];
  /** Of the text, as in `LoadedConfig`, where nothing is wrong but files of certificates; null otherwise. */
  readonly digest: string | null;
  readonly sources: readonly ConfigSource[];
  readonly includes: readonly Include[];
  readonly reads: readonly string[];
  /** What it says, where only the files that `tls` names are at fault: for whoever judges those. Never served. */
  readonly unservable: Config | null;
  /** The same, key by key: for whoever compares it. */
  readonly settled: Settled<Root> | null;
}

export interface UnreadableConfig {
  readonly kind: 'unreadable';
  readonly error: SentinelError;
}

export interface ConfigSource {
  /** As people should see it. */
  readonly file: string;
  /** Absolute; what is no file has a name in angle brackets there. */
  readonly path: string;
  readonly text: string;
}

export interface LoadTextOptions {
  /** As people should see it; default `<text>`. */
  readonly fileName?: string;
  /** Where includes and relative paths begin; default the working directory. */
  readonly baseDir?: string;
  readonly env?: Environment;
  readonly files?: FileAccess;
  /** Says which certificates are out of date. */
  readonly clock?: Pick<Clock, 'wallMs'>;
}

/** Reads and checks a file. A relative path begins at the working directory. */
export function loadConfigFile(
  path: string,
  env: Environment,
  files: FileAccess = fileSystem,
  clock: Pick<Clock, 'wallMs'> = systemClock,
): LoadResult {
  const absolute = resolve(path);
  try {
    const bytes = files.read(absolute, maxConfigBytes);
    return load({ name: path, path: absolute, bytes, env, files, clock });
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    return {
      kind: 'unreadable',
      error: new SentinelError(error.code, error.message.replace(absolute, path), {
        cause: error.cause,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      }),
    };
  }
}

/** Checks a text, or the bytes of one (standard input, an upload). */
export function loadConfigText(text: string | Uint8Array, options: LoadTextOptions = {}): LoadResult {
  const { fileName = '<text>', baseDir = process.cwd(), env = {}, files = fileSystem, clock = systemClock } = options;
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  if (bytes.length > maxConfigBytes) {
    return {
      kind: 'unreadable',
      error: new SentinelError('SNT-C001', `cannot read ${fileName}: it is larger than 8 MiB`),
    };
  }
  return load({ name: fileName, path: join(resolve(baseDir), '<text>'), bytes, env, files, clock });
}

/** What runs when there is no file: a welcome page on 127.0.0.1:8080. */
export function embeddedConfig(): LoadedConfig {
  return mustLoad(loadConfigText(welcomeText, { fileName: '<built-in>' }));
}

/** Everything that arrives at 127.0.0.1:8080 goes to one address. The result says so when `to` is not an address. */
export function forwardConfig(to: string): LoadResult {
  return loadConfigText(forwardText(to), { fileName: '--to' });
}

function mustLoad(result: LoadResult): LoadedConfig {
  if (result.kind === 'ok') return result;
  throw new Error('the built-in configuration is not valid');
}

interface LoadInput {
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly env: Environment;
  readonly files: FileAccess;
  readonly clock: Pick<Clock, 'wallMs'>;
}

function load({ name, path, bytes, env, files, clock }: LoadInput): LoadResult {
  const documents = new DocumentSet();
  const read = new Set<string>();
  const context = new CheckContext(env, noting(files, read), (source) => documents.directoryOf(source));
  const nodes = documents.add(context, name, path, bytes);
  const sources = documents.sources.map((source) => ({
    file: source.name,
    path: documents.pathOf(source),
    text: source.text,
  }));
  const { includes } = documents;
  const sorted = (found: readonly Diagnostic[]): Diagnostic[] => sortDiagnostics(found, documents.sources);
  // A text that is not KDL says nothing reliable about what was meant.
  if (documents.syntaxProblems.length > 0)
    return {
      kind: 'invalid',
      diagnostics: sorted(documents.syntaxProblems),
      digest: null,
      sources,
      includes,
      reads: [...read],
      unservable: null,
      settled: null,
    };

  const written = checkDocument(context, nodes);
  const builtIn = readBuiltIn();
  const names = builtIn.flatMap(({ id }) => (id === null ? [] : [id.value]));
  const [first = makeSource(name, '')] = documents.sources;
  crossCheck(context, written, names, { source: first, start: 0, end: 0 });
  const settled = settleDocument(context, withBuiltIn(written, builtIn));
  checkSettled(context, settled);
  const sound = !context.hasErrors;
  checkCertificates(context, settled, clock.wallMs());
  const ours = new Set<unknown>(documents.sources);
  const config = sound ? lower(context, settled, (id) => !ours.has(id.span?.source)) : null;
  if (context.hasErrors || config === null) {
    const digest = sound ? documents.digest() : null;
    const diagnostics = sorted(context.diagnostics);
    return {
      kind: 'invalid',
      diagnostics,
      digest,
      sources,
      includes,
      reads: [...read],
      unservable: config,
      settled: config === null ? null : settled,
    };
  }
  return {
    kind: 'ok',
    config,
    diagnostics: sorted(context.diagnostics),
    digest: documents.digest(),
    sources,
    includes,
    reads: [...read],
    settled,
    secrets: [...context.secrets],
  };
}

type Upstreams = NonNullable<Written<Root>['upstreams']>;

function readBuiltIn(): Upstreams {
  const documents = new DocumentSet();
  const context = new CheckContext({}, fileSystem, () => '/');
  const nodes = documents.add(context, '<built-in>', '/<built-in>', Buffer.from(builtInUpstreams));
  return checkDocument(context, nodes).upstreams ?? [];
}

function withBuiltIn(written: Written<Root>, builtIn: Upstreams): Written<Root> {
  const names = new Set((written.upstreams ?? []).map(({ id }) => id?.value));
  const added: readonly WrittenEntry<Keys>[] = builtIn.filter(({ id }) => !names.has(id?.value));
  return { ...written, upstreams: [...(written.upstreams ?? []), ...added] } as Written<Root>;
}
