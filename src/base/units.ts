/** Sizes and times as people write and read them. Knows the units; what a value is for, and its bounds, are the business of whoever asks. */

const sizeFactors: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
};

/**
 * Bytes of `10MB` (powers of 1000) or `512KiB` (powers of 1024), in any case, with or without a space.
 * @returns null when the text is no size; a fraction or an unsafe number when it does not come to whole bytes
 */
export function parseSize(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?) ?([KMG]?i?B)$/i.exec(text);
  const factor = sizeFactors[parts?.[2]?.toUpperCase() ?? ''];
  return parts === null || factor === undefined ? null : Number(parts[1]) * factor;
}

const timeFactors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of `90s`, `30m`, `12h`, `7d`, `500ms`, or several in falling order: `1h30m`.
 * @returns null when the text is no time
 */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m(?!s))?(?:\d{1,9}s)?(?:\d{1,9}ms)?$/.test(text) || text === '')
    return null;
  let sum = 0;
  for (const [, number = '', unit = ''] of text.matchAll(/(\d+)(ms|[dhms])/g)) {
    sum += Number(number) * (timeFactors[unit] as number);
  }
  return sum;
}

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** What `parseMoment` takes, for the sentence that refuses something else. */
export const momentExamples = 'a duration such as 15m or a time such as 2026-01-31T14:00:00Z';

/**
 * The moment that a duration back from now (`15m`) or a time of RFC 3339 names, seconds optional.
 * @param nowMs and the result: milliseconds since the epoch
 * @returns null when the text is neither
 */
export function parseMoment(text: string, nowMs: number): number | null {
  const back = parseDuration(text);
  if (back !== null) return nowMs - back;
  const at = moment.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** A time as replies and lines give it: RFC 3339, in UTC, with milliseconds. @param ms since the epoch */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

/** Whether it is a time that `rfc3339` can write. */
export function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

/** Milliseconds as replies and lines give them: less than a hundredth is below what a timer here can mean. */
export function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** Binary units, as memory is counted. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
