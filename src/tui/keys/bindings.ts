/** From a key as it was pressed to the command that it asks for, by the table of keys alone. What is typed into inputs never comes here. */
import type { ViewName } from '../rows/row.ts';
import type { Command, KeyPress } from './keymap.ts';
import { keySpecs } from './table.ts';

/** By key, and by the keys of a pair with a space between. */
const commandByKey = new Map<string, Command>(
  keySpecs.flatMap(({ keys, command }) => keys.map((key) => [key, command])),
);

/** Keys that begin a pair. */
const prefixes = new Set(
  [...commandByKey.keys()].flatMap((key) => (key.includes(' ') ? [key.split(' ')[0] as string] : [])),
);

export interface Bound {
  readonly command: Command | null;
  /** What has to be remembered for the next key. */
  readonly prefix: string | null;
}

/** @param prefix the first key of a pair, if the one before was one */
export function boundTo(press: KeyPress, prefix: string | null): Bound {
  // A paste is text for an input; outside of one it is nobody's command, however it reads.
  if (isPaste(press)) return { command: null, prefix: null };
  const pair = prefix === null ? undefined : commandByKey.get(`${prefix} ${press.key}`);
  if (pair !== undefined) return { command: pair, prefix: null };
  if (prefixes.has(press.key)) return { command: null, prefix: press.key };
  return { command: commandByKey.get(press.key) ?? null, prefix: null };
}

/** Several characters at once. */
export function isPaste({ key, text }: KeyPress): boolean {
  return key === 'paste' || (text.length > 1 && Array.from(text).length > 1);
}

/** The number of the view, from 1. */
export function viewOfCommand(command: Command, views: readonly ViewName[]): ViewName | null {
  const number = /^view-(\d)$/.exec(command)?.[1];
  return number === undefined ? null : (views[Number(number) - 1] ?? null);
}
