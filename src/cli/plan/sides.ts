/**
 * What `config plan` and `config diff` compare: a generation by its number, `running`, `disk`, or a file. Reads files here, so that
 * two of them can be compared without a daemon; the others it asks the daemon for, or finds in the history without one.
 */
import { resolve } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import { findStateFolder, instanceFolder } from '../../base/state-folder.ts';
import type { PlanSide } from '../../admin/contract/plan-shapes.ts';
import { maxConfigBytes } from '../../config/documents.ts';
import { fileSystem, textsOver } from '../../config/files.ts';
import { type LoadedConfig, type LoadResult, loadConfigFile, loadConfigText } from '../../config/load.ts';
import { HistoryStore } from '../../history/store.ts';
import type { Invocation } from '../command.ts';
import { chooseConfig, loadChoice } from '../config-choice.ts';

export type NamedSide =
  | { readonly kind: 'running' }
  | { readonly kind: 'disk' }
  | { readonly kind: 'generation'; readonly number: number }
  /** `-` is standard input. */
  | { readonly kind: 'file'; readonly path: string };

const standardInput = '-';

/** Digits are a generation: a file of such a name is `./40`. */
export function namedSide(text: string): NamedSide {
  if (text === 'running' || text === 'disk') return { kind: text };
  if (/^[1-9]\d{0,9}$/.test(text)) return { kind: 'generation', number: Number(text) };
  if (text === '')
    throw new SentinelError('SNT-P040', 'the name of a configuration is empty', {
      hint: 'sentinel config diff --help',
    });
  return { kind: 'file', path: text };
}

/** `generation 40`, `the file new.kdl`. */
export function sideWords(side: NamedSide): string {
  switch (side.kind) {
    case 'running':
      return 'what runs';
    case 'disk':
      return 'disk';
    case 'generation':
      return `generation ${side.number}`;
    case 'file':
      return side.path === standardInput ? 'standard input' : side.path;
  }
}

/** Reads texts once, standard input among them. */
export class Sides {
  readonly #invocation: Invocation;
  #stdin: Promise<Buffer> | null = null;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
  }

  /** For the daemon: a file goes as its text, which is read there as if it stood in the file of the daemon. */
  async forDaemon(side: NamedSide): Promise<PlanSide> {
    if (side.kind !== 'file') return side;
    const bytes = await this.#bytes(side.path);
    try {
      return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
    } catch {
      throw new SentinelError('SNT-C102', `${sideWords(side)} is not valid UTF-8`, {
        hint: `sentinel validate ${side.path}`,
      });
    }
  }

  /**
   * Without a daemon; null for what only a daemon knows.
   * @throws SNT-C001 it cannot be read · SNT-P018 it is not in the history · SNT-P045 it has mistakes
   */
  async local(side: NamedSide): Promise<LoadedConfig | null> {
    const { context, directory } = this.#invocation;
    const env = context.environment;
    switch (side.kind) {
      case 'running':
        return null;
      case 'disk':
        return checked(loadChoice(this.#invocation, chooseConfig(this.#invocation)), 'the configuration on disk');
      case 'generation':
        return this.#kept(side.number);
      case 'file': {
        const bytes = await this.#bytes(side.path);
        const name = side.path === standardInput ? '<stdin>' : side.path;
        if (side.path !== standardInput) return checked(loadConfigFile(resolve(directory, side.path), env), name);
        return checked(loadConfigText(bytes, { fileName: name, baseDir: directory, env }), name);
      }
    }
  }

  #bytes(path: string): Promise<Buffer> {
    const { stdin, directory } = this.#invocation;
    if (path !== standardInput)
      return Promise.resolve(Buffer.from(fileSystem.read(resolve(directory, path), maxConfigBytes)));
    this.#stdin ??= stdin.readUpTo(maxConfigBytes + 1).then((bytes) => {
      if (bytes.length <= maxConfigBytes) return bytes;
      throw new SentinelError('SNT-C001', 'cannot read standard input: it is larger than 8 MiB');
    });
    return this.#stdin;
  }

  /** From the folder of the daemon that runs from the chosen file. */
  #kept(number: number): LoadedConfig {
    const { context, directory } = this.#invocation;
    const { path } = chooseConfig(this.#invocation);
    const disk = path === null ? null : loadConfigFile(resolve(directory, path), context.environment);
    const stateDir = disk?.kind === 'ok' ? disk.config.stateDir : null;
    const identity = path === null ? 'built-in' : resolve(directory, path);
    const find = (): string | null => {
      const folder = findStateFolder(context, stateDir);
      return folder === null ? null : instanceFolder(folder, identity);
    };
    const ensure = (): never => {
      throw new Error('commands write no history');
    };
    const { files } = new HistoryStore({ find, ensure }).read(number);
    const [first] = files;
    const texts = new Map(files.map((file) => [file.path, file.text]));
    const { environment } = context;
    const result = first?.path.startsWith('/')
      ? loadConfigFile(first.path, environment, textsOver(texts, true))
      : loadConfigText(first?.text ?? '', { fileName: `generation ${number}`, env: environment });
    return checked(result, `generation ${number}`);
  }
}

function checked(result: LoadResult, name: string): LoadedConfig {
  if (result.kind === 'ok') return result;
  if (result.kind === 'unreadable') throw result.error;
  const count = result.diagnostics.filter(({ level }) => level === 'error').length;
  throw new SentinelError('SNT-P045', `${name} has ${count} ${count === 1 ? 'mistake' : 'mistakes'}`, {
    hint: `sentinel validate ${name.startsWith('<') || name.includes(' ') ? '' : name}`.trim(),
  });
}
