/** The help of a view: the keys that do something there, by what they are about, made of the table of keys. Asked by what draws. Pure. */
import type { Row, ViewName } from '../rows/row.ts';
import { filled } from './palette.ts';
import type { KeySpec } from './keymap.ts';
import { keyGroups } from './table.ts';

export interface HelpGroup {
  readonly title: string;
  readonly keys: readonly { readonly shown: string; readonly meaning: string; readonly cli: string | null }[];
}

/** @param row whose names stand in the commands; null = places to be filled in */
export function helpOf(view: ViewName, row: Row | null): readonly HelpGroup[] {
  return keyGroups
    .map(({ title, keys }) => ({
      title,
      keys: keys
        .filter((spec) => isOf(spec, view))
        .map(({ shown, meaning, cli }) => ({ shown, meaning, cli: filled(cli, row) })),
    }))
    .filter(({ keys }) => keys.length > 0);
}

/** Lines that help takes: a title and its keys for each group, and a space between. */
export function helpHeight(view: ViewName): number {
  return helpOf(view, null).reduce((sum, { keys }) => sum + keys.length + 2, 0);
}

/** Whether a key does something in a view. */
export function isOf({ views }: KeySpec, view: ViewName): boolean {
  return views === undefined || views.includes(view);
}
