/**
 * What may come next on a command line: commands, options, the values that are fixed, or the kind of name that has to be looked up. A
 * pure function of the tree and the words before the cursor; reads nothing.
 */
import type { CommandSpec, OptionSpec } from '../command.ts';
import { type Values, valuesOf } from './value-kinds.ts';

export interface Candidate {
  readonly word: string;
  /** One line; empty = the word says all. */
  readonly meaning: string;
}

export interface Next {
  /** What stands before every candidate in the word: `--format=`. */
  readonly prefix: string;
  /** The rest of the word, which candidates begin with. */
  readonly typed: string;
  /** Fixed ones, whether they fit `typed` or not. */
  readonly candidates: readonly Candidate[];
  /** Names that have to be looked up too; null = none. */
  readonly values: Values | null;
  /** What was said before about where to look: `--daemon`, `--config`. */
  readonly options: ReadonlyMap<string, string>;
}

/** @param words those behind the program; the last one is being typed, and may be empty */
export function nextWords(tree: readonly CommandSpec[], words: readonly string[]): Next {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const helping = before[0] === 'help';
  const given = read(tree, helping ? before.slice(1) : before);
  const { spec, path, options, open } = given;
  const asked = (candidates: readonly Candidate[], values: Values | null, rest = typed, prefix = ''): Next => ({
    prefix,
    typed: rest,
    candidates,
    values,
    options,
  });
  if (helping) return asked(wordsBelow(tree, path), null);
  if (open !== null) return asked(...valuesFor(spec, open));
  const [, long, value] = /^(--[a-z-]+)=(.*)$/s.exec(typed) ?? [];
  if (long !== undefined && value !== undefined) {
    const option = spec?.options.find((one) => longOf(one) === long);
    if (option === undefined || !takesValue(option)) return asked([], null);
    const [candidates, values] = valuesFor(spec, option);
    return asked(candidates, values, value, `${long}=`);
  }
  if (typed.startsWith('-') && !given.ended) return asked(optionsOf(spec, given.flags), null);
  const below = given.positionals === 0 ? wordsBelow(tree, path) : [];
  const argument = spec?.arguments[Math.min(given.positionals, spec.arguments.length - 1)];
  if (spec === null || argument === undefined) return asked(below, null);
  if (given.positionals >= spec.arguments.length && argument.variadic !== true) return asked(below, null);
  const values = valuesOf(spec.path.join(' '), argument.name);
  return asked(below, values);
}

interface Read {
  /** Null = the words are none, or only the beginning of some. */
  readonly spec: CommandSpec | null;
  readonly path: readonly string[];
  readonly positionals: number;
  readonly flags: ReadonlySet<string>;
  readonly options: ReadonlyMap<string, string>;
  /** The option whose value is being typed. */
  readonly open: OptionSpec | null;
  /** `--` was given. */
  readonly ended: boolean;
}

function read(tree: readonly CommandSpec[], words: readonly string[]): Read {
  let path: readonly string[] = [];
  let positionals = 0;
  let open: OptionSpec | null = null;
  let ended = false;
  const flags = new Set<string>();
  const options = new Map<string, string>();
  const specOf = (): CommandSpec | null => tree.find((one) => same(one.path, path)) ?? null;
  for (const word of words) {
    if (open !== null) {
      options.set((longOf(open) ?? '').slice(2), word);
      open = null;
    } else if (!ended && word === '--') ended = true;
    else if (!ended && word.startsWith('-') && word !== '-') {
      const [name = '', value] = word.split(/=(.*)/s);
      const option = specOf()?.options.find((one) => namesOf(one).includes(name));
      if (option === undefined) continue;
      flags.add(longOf(option) ?? name);
      if (value !== undefined) options.set((longOf(option) ?? '').slice(2), value);
      else if (needsValue(option)) open = option;
    } else if (positionals === 0 && !ended && tree.some((one) => begins(one.path, [...path, word])))
      path = [...path, word];
    else positionals += 1;
  }
  return { spec: specOf(), path, positionals, flags, options, open, ended };
}

function wordsBelow(tree: readonly CommandSpec[], path: readonly string[]): readonly Candidate[] {
  const found = new Map<string, string>();
  for (const one of tree) {
    const word = one.path[path.length];
    if (word === undefined || !begins(one.path, path)) continue;
    const leaf = one.path.length === path.length + 1;
    if (leaf || !found.has(word)) found.set(word, leaf ? one.summary : '');
  }
  if (path.length === 0) found.set('help', 'print help of a command');
  return [...found].map(([word, meaning]) => ({ word, meaning }));
}

function optionsOf(spec: CommandSpec | null, given: ReadonlySet<string>): readonly Candidate[] {
  const common = [
    { word: '--help', meaning: 'print help' },
    ...(spec === null ? [{ word: '--version', meaning: 'print the version' }] : []),
  ];
  const own = (spec?.options ?? [])
    .filter((one) => one.repeatable === true || !given.has(longOf(one) ?? ''))
    .map((one) => ({ word: longOf(one) ?? '', meaning: one.description }));
  return [...own, ...common];
}

function valuesFor(spec: CommandSpec | null, option: OptionSpec): [readonly Candidate[], Values | null] {
  if (option.choices !== undefined) return [option.choices.map((word) => ({ word, meaning: '' })), null];
  return [[], valuesOf(spec?.path.join(' ') ?? '', longOf(option) ?? '')];
}

function namesOf({ flags }: OptionSpec): readonly string[] {
  return flags.split(/[ ,]+/).filter((part) => part.startsWith('-'));
}

/** `--config` of `-c, --config <file>`. */
export function longOf(option: OptionSpec): string | undefined {
  return namesOf(option).find((name) => name.startsWith('--'));
}

export function takesValue({ flags }: OptionSpec): boolean {
  return /[<[]/.test(flags);
}

/** `[run]` may be left out: what follows is not its value unless it is joined by `=`. */
function needsValue({ flags }: OptionSpec): boolean {
  return flags.includes('<');
}

function begins(path: readonly string[], words: readonly string[]): boolean {
  return words.every((word, index) => path[index] === word);
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && begins(one, other);
}
