/**
 * What `:` offers: every key, every action of the row, every command of the program, found by parts of their names, each with what does the
 * same at a shell. Asked by the store and by what is drawn. Pure.
 */
import type { ActionChoice } from '../actions/action.ts';
import { previewOf } from '../actions/preview.ts';
import { commandAt } from '../actions/shell-words.ts';
import type { Row } from '../rows/row.ts';
import { choicesOf } from '../store/acting.ts';
import { commandOf } from '../store/copying.ts';
import { nodeNamed } from '../store/node.ts';
import { selectedRow } from '../store/selection.ts';
import type { NodeState, State } from '../store/state.ts';
import type { Command, KeySpec } from './keymap.ts';
import { keySpecs } from './table.ts';

export interface PaletteEntry {
  readonly words: string;
  /** The key that does it; null = none does. */
  readonly key: string | null;
  /** The same at a shell; null = it is about the screen alone. */
  readonly cli: string | null;
  /** Why it cannot be done now; null = it can. */
  readonly disabled: string | null;
  readonly does:
    | { readonly kind: 'command'; readonly command: Command }
    | { readonly kind: 'action'; readonly choice: ActionChoice }
    /** The screen cannot do it: the command is copied. */
    | { readonly kind: 'copy'; readonly text: string };
}

/** Those that the text finds, the best first; all of them for an empty one. */
export function paletteOf(state: State, text: string): readonly PaletteEntry[] {
  const entries = everyEntry(state);
  const sought = text.trim().toLowerCase();
  if (sought === '') return entries;
  return entries
    .map((entry, index) => ({ entry, index, score: scoreOf(entry, sought) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ entry }) => entry);
}

function everyEntry(state: State): readonly PaletteEntry[] {
  const row = selectedRow(state);
  const actions = row === null ? [] : actionEntries(state, row);
  const acting = new Set<string>(actions.map(({ does }) => (does.kind === 'action' ? does.choice.action : '')));
  const keys = keySpecs.filter(({ command }) => !acting.has(command)).map((spec) => keyEntry(spec, row));
  return [...actions, ...keys, ...commandEntries(state)];
}

function actionEntries(state: State, row: Row): readonly PaletteEntry[] {
  const node = nodeNamed(state, row.node) ?? state.nodes[0];
  if (node === undefined) return [];
  return choicesOf(state, row).map((choice) => ({
    words: choice.words,
    key: keySpecs.find(({ command }) => command === choice.action)?.shown ?? null,
    cli: cliOf(choice, row, node),
    disabled: choice.disabled,
    does: { kind: 'action', choice },
  }));
}

/** Null where what cannot be done has no command either. */
function cliOf({ action, values }: ActionChoice, row: Row, node: NodeState): string | null {
  if (action === 'snapshot') return 'sentinel incident snapshot --fast';
  const { cli } = previewOf(action, row, node, values);
  return cli === '' ? null : cli;
}

function keyEntry({ command, shown, meaning, cli }: KeySpec, row: Row | null): PaletteEntry {
  return { words: meaning, key: shown, cli: filled(cli, row), disabled: null, does: { kind: 'command', command } };
}

/** With the names of the row in their places; what the row does not say stays to be filled in, in capitals. */
export function filled(cli: string | null, row: Row | null): string | null {
  if (cli === null) return null;
  if (row === null) return cli.replace(/\{(\w+)\}/g, (_place, name: string) => name.toUpperCase());
  const { thing } = row;
  const names: Readonly<Record<string, string | null>> = {
    target: thing.kind === 'target' ? thing.target : null,
    upstream: thing.kind === 'target' || thing.kind === 'upstream' ? thing.upstream : null,
    breaker: thing.kind === 'target' ? `${thing.upstream}/${thing.target}` : null,
    route: thing.kind === 'route' ? thing.route : null,
    code: row.code,
  };
  const text = cli.replace(/\{(\w+)\}/g, (_place, name: string) => names[name] ?? name.toUpperCase());
  return text === cli ? cli : commandAt(row.node, text);
}

/** Those that no key does already. */
function commandEntries({ commands }: State): readonly PaletteEntry[] {
  const done = new Set(keySpecs.flatMap(({ cli }) => (cli === null ? [] : [bare(cli)])));
  return commands
    .map(({ words, summary }) => ({ text: `sentinel ${words}`, summary }))
    .filter(({ text }) => !done.has(text))
    .map(({ text, summary }) => ({
      words: summary,
      key: null,
      cli: text,
      disabled: null,
      does: { kind: 'copy', text },
    }));
}

/** Without options and what is to be filled in. */
function bare(cli: string): string {
  return cli.replace(/ (?:--|\{).*$/, '');
}

/** Higher is nearer; 0 = not found. Each word that was typed has to be found, in what it is called, its command or its key. */
function scoreOf({ words, cli, key }: PaletteEntry, sought: string): number {
  const places = [words.toLowerCase(), (cli ?? '').toLowerCase().replace(/^sentinel /, '')];
  if (key !== null && key.toLowerCase() === sought) return 1000;
  let score = 0;
  for (const word of sought.split(/\s+/)) {
    const best = Math.max(...places.map((place) => wordScore(place, word)));
    if (best === 0) return 0;
    score += best;
  }
  return score;
}

function wordScore(place: string, word: string): number {
  const at = place.indexOf(word);
  if (at === 0) return 100;
  if (at > 0) return /[\s/-]/.test(place.charAt(at - 1)) ? 80 : 50;
  // Its letters in their order, near each other.
  let from = 0;
  let first = -1;
  for (const letter of word) {
    const found = place.indexOf(letter, from);
    if (found === -1) return 0;
    if (first === -1) first = found;
    from = found + 1;
  }
  const spread = from - first;
  return spread > word.length * 3 ? 0 : 30 - Math.min(29, spread - word.length);
}

/** The command that shows the row, for the line below the palette; null = none does. */
export function rowCommand(state: State): string | null {
  const row = selectedRow(state);
  return row === null ? null : commandOf(row);
}
