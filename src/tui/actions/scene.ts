/** What is said of an action before it is done, as the parts of it are found out. Made by `scenes.ts` and `maintenance-scenes.ts`. */
import { parseDuration, rfc3339 } from '../../base/units.ts';
import { rateText } from '../../cli/rates.ts';
import { durationText, momentText } from '../../cli/text.ts';
import type { Reading } from '../feed/reading.ts';
import type { DangerLevel } from './action.ts';

/** The words of a command. */
export type Command = readonly string[];

export interface Scene {
  readonly what: string;
  /** What is hit, where it has an address of its own. */
  readonly host: string | null;
  readonly effect: string;
  /** Commands that take it back; a sentence where nothing does. */
  readonly undo: readonly Command[] | string;
  readonly expires: string;
  readonly danger: DangerLevel;
  readonly confirmName: string | null;
  /** Commands that do the same. */
  readonly cli: readonly Command[];
  /** Whatever of the state decides about it. */
  readonly facts: unknown;
}

/** The effect on what has gone since. */
export const GONE = 'it is not there any more';

/** `after 1h, at 2026-11-21 07:24:22Z`. */
export function expiryText(time: string, reading: Reading | null): string {
  const ms = parseDuration(time);
  if (ms === null) return `after ${time}`;
  const at = reading === null ? '' : `, at ${momentText(rfc3339(reading.atMs + ms))}`;
  return `after ${durationText(ms).replace(/ 00[smh]$/, '')}${at}`;
}

/** `412 requests/s`: in a sentence none is a number, too; not known is not none. */
export function rateWords(perSecond: number | undefined): string {
  return `${perSecond === undefined ? '?' : perSecond === 0 ? '0' : rateText(perSecond)} requests/s`;
}
