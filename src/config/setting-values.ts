/** What settings come to in the program's units. For the lowering files; knows no key by name. */
import type { PairSetting, Setting } from './tree.ts';

/** Seconds as written, with up to three decimals, to whole milliseconds. */
export function milliseconds({ value }: Setting<number>): number {
  return Math.round(value * 1000);
}

export function valuesOf<T>(settings: readonly Setting<T>[]): T[] {
  return settings.map(({ value }) => value);
}

export function pairsOf(written: readonly PairSetting[]): (readonly [string, string])[] {
  return written.map(({ name, value }) => [name.value, value.value] as const);
}
