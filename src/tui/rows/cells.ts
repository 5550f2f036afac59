/**
 * How values stand in cells: the same words as in the tables of the commands, at a width that does not change from second to second.
 * Called by everything that makes rows. No cell is ever empty, and nothing that a client said leaves its line or its length.
 */
import { bytesText } from '../../base/units.ts';
import { percentileText, percentText, rateText } from '../../cli/rates.ts';
import { countText, durationText, oneLine } from '../../cli/text.ts';
import type { Cell, Tone } from './row.ts';

/** Nothing that is on a screen is longer; what names things is cut long before by the width of its column. */
const LONGEST = 240;

const plainText = /^[\x20-\x7e]*$/;
/** They take no room, so that nobody sees them; and more accents than any letter has, which would run over the lines around. */
const unseen = /[\p{Cf}\p{Default_Ignorable_Code_Point}]+|(?<=\p{M}{2})\p{M}+/gu;

/** What came from outside: printable, on one line, no longer than a screen could show. Empty becomes `–`. */
export function said(text: string): string {
  if (text === '') return '–';
  const part = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return plainText.test(part) ? part : oneLine(part).replace(unseen, '\uFFFD');
}

export function cell(text: string, tone?: Tone, short?: string): Cell {
  return {
    text: text === '' ? '–' : text,
    ...(tone === undefined ? {} : { tone }),
    ...(short === undefined ? {} : { short }),
  };
}

/** Of what came from outside. */
export function saidCell(text: string, tone?: Tone): Cell {
  return cell(said(text), tone);
}

/** It is not known. Never the same as zero, or as healthy. */
export const unknownCell: Cell = { text: '?', tone: 'unknown' };
/** The thing has no such value. */
export const noneCell: Cell = { text: '–', tone: 'dim' };
const zeroCell: Cell = { text: '·', tone: 'dim' };

/** A count, with a suffix only where it would not fit. */
export function countCell(count: number | null, width: number): Cell {
  if (count === null) return unknownCell;
  return count === 0 ? zeroCell : { text: fittedCount(count, width) };
}

/** Per second, as `sentinel upstreams` says it. */
export function rateCell(perSecond: number | null, width: number): Cell {
  if (perSecond === null) return unknownCell;
  if (perSecond === 0) return zeroCell;
  const text = rateText(perSecond);
  return { text: text.length <= width ? text : fittedCount(Math.round(perSecond), width) };
}

/** Share in percent without its sign; null = there was nothing to take a share of. */
export function shareCell(ratio: number | null, tone?: Tone): Cell {
  if (ratio === null) return noneCell;
  return ratio === 0 ? zeroCell : cell(percentText(ratio), tone);
}

/** A percentile; null = nothing was timed. */
export function percentileCell(ms: number | null, tone?: Tone): Cell {
  return ms === null ? noneCell : cell(percentileText(ms), tone);
}

export function bytesCell(bytes: number): Cell {
  return bytes === 0 ? zeroCell : { text: bytesText(bytes) };
}

/** How long ago, or how long since: `2m11s`, `3h12m`, `12d`. */
export function ageCell(ms: number | null, tone?: Tone): Cell {
  return ms === null ? unknownCell : cell(ageText(ms), tone);
}

const TEN_DAYS_MS = 864_000_000;

/** The two largest units without a space between; of many days the days alone. A clock that went back makes it `0s`. */
export function ageText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms / 1000))}s`;
  const text = durationText(ms);
  return ms >= TEN_DAYS_MS ? (text.split(' ')[0] as string) : text.replace(' ', '');
}

/** `1 284`; `128k`, `1.3M` where that is wider than `width`. */
function fittedCount(count: number, width: number): string {
  const whole = countText(count);
  if (whole.length <= width) return whole;
  const plain = String(count);
  if (plain.length <= width) return plain;
  for (const [factor, suffix] of suffixes) {
    if (count < factor) continue;
    const value = count / factor;
    return value < 9.95 && width >= 4 ? `${value.toFixed(1)}${suffix}` : `${Math.round(value)}${suffix}`;
  }
  return plain;
}

const suffixes: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?/;

/** Time of day of a moment in RFC 3339, UTC, with milliseconds where they are there. */
export function clockText(iso: string): string {
  return moment.test(iso) ? iso.slice(11, 23).replace(/[^\d:.]+.*$/, '') || '?' : said(iso.slice(0, 24));
}

/** The time of day to the second, and the day in front where it is not that of `nowMs`. */
export function momentCell(iso: string, nowMs: number): Cell {
  if (!moment.test(iso)) return unknownCell;
  const today = iso.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10);
  return { text: today ? iso.slice(11, 19) : iso.slice(5, 16).replace('T', ' ') };
}
